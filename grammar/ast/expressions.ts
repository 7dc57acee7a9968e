import type { IntervalExpression, IntervalQualifier, Literal } from './literals.ts';
import type { Identifier, Node, QualifiedName } from './node.ts';
import type { OrderItem, Query, WindowSpecification } from './query.ts';
import type { TypeName } from './types.ts';

export type Expression =
  | Literal
  | IntervalExpression
  | ColumnReference
  | Star
  | Parameter
  | UnaryExpression
  | BinaryExpression
  | Between
  | InList
  | InQuery
  | Like
  | IsTest
  | IsJson
  | QuantifiedComparison
  | Exists
  | Subquery
  | Cursor
  | Case
  | Cast
  | FunctionCall
  | Extract
  | FloorCeil
  | Position
  | Trim
  | Substring
  | Overlay
  | Convert
  | TimestampArithmetic
  | MinusDate
  | JsonExists
  | JsonValue
  | JsonQuery
  | JsonObject
  | JsonArray
  | JsonAggregate
  | RowConstructor
  | CollectionConstructor
  | CollectionQuery
  | Period
  | ElementAccess
  | FieldAccess
  | FieldStar
  | MethodCall
  | FormatJson
  | MatchNavigation
  | TableArgument
  | ModelArgument
  | Descriptor
  | DefaultValue
  | NextValue;

/** `a`, `t.a`, `db.t.a`, `t.row_column.field`: what the parts are is for the binder. */
export interface ColumnReference extends Node {
  readonly kind: 'columnReference';
  readonly name: QualifiedName;
}

/** `*`, `t.*`, `t.r.*`: in a SELECT list and as the argument of COUNT. */
export interface Star extends Node {
  readonly kind: 'star';
  readonly qualifier: QualifiedName | null;
}

/** `?`, or `:name`. */
export interface Parameter extends Node {
  readonly kind: 'parameter';
  readonly name: string | null;
}

export interface UnaryExpression extends Node {
  readonly kind: 'unary';
  readonly operator: '+' | '-' | 'NOT';
  readonly operand: Expression;
}

export interface BinaryExpression extends Node {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}

export type BinaryOperator =
  | 'OR'
  | 'AND'
  | ComparisonOperator
  | 'IS DISTINCT FROM'
  | 'IS NOT DISTINCT FROM'
  | 'MEMBER OF'
  | 'SUBMULTISET OF'
  | 'NOT SUBMULTISET OF'
  | 'CONTAINS'
  | 'OVERLAPS'
  | 'EQUALS'
  | 'PRECEDES'
  | 'SUCCEEDS'
  | 'IMMEDIATELY PRECEDES'
  | 'IMMEDIATELY SUCCEEDS'
  | '||'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | 'MULTISET UNION'
  | 'MULTISET UNION DISTINCT'
  | 'MULTISET INTERSECT'
  | 'MULTISET INTERSECT DISTINCT'
  | 'MULTISET EXCEPT'
  | 'MULTISET EXCEPT DISTINCT';

export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';

export interface Between extends Node {
  readonly kind: 'between';
  readonly isNegated: boolean;
  readonly isSymmetric: boolean;
  readonly value: Expression;
  readonly low: Expression;
  readonly high: Expression;
}

/** `a IN (1, 2)` */
export interface InList extends Node {
  readonly kind: 'inList';
  readonly isNegated: boolean;
  readonly value: Expression;
  readonly items: readonly Expression[];
}

/** `a IN (SELECT ...)` */
export interface InQuery extends Node {
  readonly kind: 'inQuery';
  readonly isNegated: boolean;
  readonly value: Expression;
  readonly query: Query;
}

export interface Like extends Node {
  readonly kind: 'like';
  readonly operator: 'LIKE' | 'ILIKE' | 'RLIKE' | 'SIMILAR TO';
  readonly isNegated: boolean;
  readonly value: Expression;
  readonly pattern: Expression;
  readonly escape: Expression | null;
}

/** `a IS NOT NULL` */
export interface IsTest extends Node {
  readonly kind: 'isTest';
  readonly isNegated: boolean;
  readonly value: Expression;
  readonly test: 'NULL' | 'TRUE' | 'FALSE' | 'UNKNOWN' | 'A SET' | 'EMPTY';
}

/** `a IS NOT JSON OBJECT` */
export interface IsJson extends Node {
  readonly kind: 'isJson';
  readonly isNegated: boolean;
  readonly value: Expression;
  readonly form: 'VALUE' | 'SCALAR' | 'ARRAY' | 'OBJECT';
}

/** `a > ALL (SELECT ...)`, `a LIKE SOME ('x', 'y')`. SOME is ANY. */
export interface QuantifiedComparison extends Node {
  readonly kind: 'quantifiedComparison';
  readonly operator: ComparisonOperator | 'LIKE' | 'NOT LIKE';
  readonly quantifier: 'SOME' | 'ALL';
  readonly value: Expression;
  /** A query, or the items of a list. */
  readonly range: Query | readonly Expression[];
}

export interface Exists extends Node {
  readonly kind: 'exists';
  readonly test: 'EXISTS' | 'UNIQUE';
  readonly query: Query;
}

/** A query in brackets where a value is wanted. */
export interface Subquery extends Node {
  readonly kind: 'subquery';
  readonly query: Query;
}

/** `CURSOR(SELECT ...)`, an old form of a table argument. */
export interface Cursor extends Node {
  readonly kind: 'cursor';
  readonly query: Query;
}

export interface Case extends Node {
  readonly kind: 'case';
  /** `CASE operand WHEN ...`; null in the searched form. */
  readonly operand: Expression | null;
  readonly branches: readonly CaseBranch[];
  readonly otherwise: Expression | null;
}

export interface CaseBranch extends Node {
  readonly kind: 'caseBranch';
  /** Several in `CASE a WHEN 1, 2 THEN ...`. */
  readonly when: readonly Expression[];
  readonly then: Expression;
}

export interface Cast extends Node {
  readonly kind: 'cast';
  readonly form: 'CAST' | 'TRY_CAST' | 'SAFE_CAST';
  readonly value: Expression;
  /** An interval qualifier in `CAST(a AS INTERVAL DAY)` is a basic type. */
  readonly type: TypeName;
  /** `FORMAT 'yyyy'` */
  readonly format: Expression | null;
}

/** `f(DISTINCT a, b ORDER BY c) WITHIN GROUP (...) FILTER (WHERE ...) OVER (...)` */
export interface FunctionCall extends Node {
  readonly kind: 'functionCall';
  /** As written; the lookup ignores case. */
  readonly name: QualifiedName;
  /** Null for `CURRENT_DATE` and the like, written without brackets. */
  readonly arguments: readonly Argument[] | null;
  readonly quantifier: 'ALL' | 'DISTINCT' | null;
  /** ORDER BY inside the brackets. */
  readonly orderBy: readonly OrderItem[];
  readonly separator: Expression | null;
  readonly nullTreatment: 'RESPECT NULLS' | 'IGNORE NULLS' | null;
  readonly withinGroup: readonly OrderItem[] | null;
  readonly withinDistinct: readonly Expression[] | null;
  readonly filter: Expression | null;
  readonly over: Identifier | WindowSpecification | null;
}

/** A positional argument, or `name => value`. */
export interface Argument extends Node {
  readonly kind: 'argument';
  readonly name: Identifier | null;
  readonly value: Expression;
}

/** A unit of time in a function: `YEAR`, `DOW`, `SQL_TSI_DAY`; in upper case. */
export interface TimeUnit extends Node {
  readonly kind: 'timeUnit';
  readonly name: string;
}

/** `EXTRACT(YEAR FROM a)` */
export interface Extract extends Node {
  readonly kind: 'extract';
  readonly unit: TimeUnit;
  readonly value: Expression;
}

/** `FLOOR(a)`, `FLOOR(a TO DAY)`, `CEIL(...)`; two arguments: `FLOOR(a, b)`. */
export interface FloorCeil extends Node {
  readonly kind: 'floorCeil';
  readonly name: 'FLOOR' | 'CEIL';
  readonly value: Expression;
  readonly unit: TimeUnit | null;
}

/** `POSITION(a IN b FROM c)` */
export interface Position extends Node {
  readonly kind: 'position';
  readonly needle: Expression;
  readonly haystack: Expression;
  readonly from: Expression | null;
}

/** `TRIM(LEADING 'x' FROM a)` */
export interface Trim extends Node {
  readonly kind: 'trim';
  readonly side: 'BOTH' | 'LEADING' | 'TRAILING' | null;
  readonly characters: Expression | null;
  readonly value: Expression;
}

/** `SUBSTRING(a FROM b FOR c)` and `SUBSTRING(a, b, c)`, which are the same. */
export interface Substring extends Node {
  readonly kind: 'substring';
  readonly value: Expression;
  readonly from: Expression;
  readonly length: Expression | null;
}

/** `OVERLAY(a PLACING b FROM c FOR d)` */
export interface Overlay extends Node {
  readonly kind: 'overlay';
  readonly value: Expression;
  readonly placing: Expression;
  readonly from: Expression;
  readonly length: Expression | null;
}

/** `CONVERT(a USING utf8)`, `TRANSLATE(a USING utf8)`. */
export interface Convert extends Node {
  readonly kind: 'convert';
  readonly name: 'CONVERT' | 'TRANSLATE';
  readonly value: Expression;
  readonly charset: QualifiedName;
}

/** `TIMESTAMPADD(DAY, 1, a)`, `TIMESTAMPDIFF(HOUR, a, b)`: the first argument is a unit. */
export interface TimestampArithmetic extends Node {
  readonly kind: 'timestampArithmetic';
  readonly name: 'TIMESTAMPADD' | 'TIMESTAMPDIFF';
  readonly unit: TimeUnit;
  readonly arguments: readonly [Expression, Expression];
}

/** `(a - b) DAY TO SECOND` */
export interface MinusDate extends Node {
  readonly kind: 'minusDate';
  readonly left: Expression;
  readonly right: Expression;
  readonly qualifier: IntervalQualifier;
}

/** `a FORMAT JSON ENCODING UTF8`: the input of a JSON function is JSON already. */
export interface FormatJson extends Node {
  readonly kind: 'formatJson';
  readonly value: Expression;
  readonly encoding: 'UTF8' | 'UTF16' | 'UTF32' | null;
}

/** `PASSING a AS b` */
export interface JsonPassing extends Node {
  readonly kind: 'jsonPassing';
  readonly value: Expression;
  readonly name: Identifier;
}

/** `JSON_EXISTS(a, 'path' TRUE ON ERROR)` */
export interface JsonExists extends Node {
  readonly kind: 'jsonExists';
  readonly input: Expression;
  readonly path: Expression;
  readonly passing: readonly JsonPassing[];
  readonly onError: 'TRUE' | 'FALSE' | 'UNKNOWN' | 'ERROR' | null;
}

/** `JSON_VALUE(a, 'path' RETURNING INT DEFAULT 0 ON EMPTY ERROR ON ERROR)` */
export interface JsonValue extends Node {
  readonly kind: 'jsonValue';
  readonly input: Expression;
  readonly path: Expression;
  readonly passing: readonly JsonPassing[];
  readonly returning: TypeName | null;
  readonly onEmpty: JsonValueBehavior | null;
  readonly onError: JsonValueBehavior | null;
}

export type JsonValueBehavior = 'ERROR' | 'NULL' | JsonDefault;

export interface JsonDefault extends Node {
  readonly kind: 'jsonDefault';
  readonly value: Expression;
}

/** `JSON_QUERY(a, 'path' RETURNING ARRAY<STRING> WITH CONDITIONAL WRAPPER EMPTY ARRAY ON EMPTY)` */
export interface JsonQuery extends Node {
  readonly kind: 'jsonQuery';
  readonly input: Expression;
  readonly path: Expression;
  readonly passing: readonly JsonPassing[];
  readonly returning: TypeName | null;
  readonly wrapper: 'WITHOUT' | 'CONDITIONAL' | 'UNCONDITIONAL' | null;
  readonly onEmpty: JsonQueryBehavior | null;
  readonly onError: JsonQueryBehavior | null;
}

export type JsonQueryBehavior = 'ERROR' | 'NULL' | 'EMPTY ARRAY' | 'EMPTY OBJECT';

export type JsonNullClause = 'NULL ON NULL' | 'ABSENT ON NULL';

/** `JSON_OBJECT(KEY 'a' VALUE 1, 'b': 2 NULL ON NULL)` */
export interface JsonObject extends Node {
  readonly kind: 'jsonObject';
  readonly members: readonly JsonMember[];
  readonly nullClause: JsonNullClause | null;
}

export interface JsonMember extends Node {
  readonly kind: 'jsonMember';
  readonly key: Expression;
  readonly value: Expression;
}

export interface JsonArray extends Node {
  readonly kind: 'jsonArray';
  readonly items: readonly Expression[];
  readonly nullClause: JsonNullClause | null;
}

/** `JSON_OBJECTAGG(KEY k VALUE v)`, `JSON_ARRAYAGG(v)`. */
export interface JsonAggregate extends Node {
  readonly kind: 'jsonAggregate';
  readonly name: 'JSON_OBJECTAGG' | 'JSON_ARRAYAGG';
  /** Null for JSON_ARRAYAGG. */
  readonly key: Expression | null;
  readonly value: Expression;
  /** ORDER BY inside JSON_ARRAYAGG. */
  readonly orderBy: readonly OrderItem[];
  readonly nullClause: JsonNullClause | null;
  readonly withinGroup: readonly OrderItem[] | null;
  readonly filter: Expression | null;
  readonly over: Identifier | WindowSpecification | null;
}

/** `ROW(a, b)`, and `(a, b)` with two fields or more. */
export interface RowConstructor extends Node {
  readonly kind: 'rowConstructor';
  readonly isExplicit: boolean;
  readonly fields: readonly Expression[];
}

/** `ARRAY[1, 2]`, `MAP['a', 1]` (keys and values in turn), `MULTISET[1, 1]`. */
export interface CollectionConstructor extends Node {
  readonly kind: 'collectionConstructor';
  readonly collection: 'ARRAY' | 'MAP' | 'MULTISET';
  readonly items: readonly Expression[];
}

/** `ARRAY(SELECT ...)`, `MAP(SELECT ...)`, `MULTISET(SELECT ...)`. */
export interface CollectionQuery extends Node {
  readonly kind: 'collectionQuery';
  readonly collection: 'ARRAY' | 'MAP' | 'MULTISET';
  readonly query: Query;
}

/** `PERIOD (a, b)` */
export interface Period extends Node {
  readonly kind: 'period';
  readonly from: Expression;
  readonly to: Expression;
}

/** `a[1]`, `m['k']` */
export interface ElementAccess extends Node {
  readonly kind: 'elementAccess';
  readonly value: Expression;
  readonly index: Expression;
}

/** `(r).x`, `f(a).x`, `a[1].x`; `t.r.x` is a column reference. */
export interface FieldAccess extends Node {
  readonly kind: 'fieldAccess';
  readonly value: Expression;
  readonly field: Identifier;
}

/** `(r).*` */
export interface FieldStar extends Node {
  readonly kind: 'fieldStar';
  readonly value: Expression;
}

/** `a.f(b)`: Flink parses it and finds no such method. */
export interface MethodCall extends Node {
  readonly kind: 'methodCall';
  readonly value: Expression;
  readonly name: Identifier;
  readonly quantifier: 'ALL' | 'DISTINCT' | null;
  readonly arguments: readonly Argument[];
}

/** `PREV(a.x, 1)`, `FIRST(a.x)`, `RUNNING LAST(a.x)` in MATCH_RECOGNIZE. */
export interface MatchNavigation extends Node {
  readonly kind: 'matchNavigation';
  readonly semantics: 'RUNNING' | 'FINAL';
  readonly value: Expression;
}

/** `TABLE t PARTITION BY k ORDER BY ts`, an argument of a table function. */
export interface TableArgument extends Node {
  readonly kind: 'tableArgument';
  /** A table by its name, or a query in brackets. */
  readonly table: QualifiedName | Query;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
}

/** `MODEL m` */
export interface ModelArgument extends Node {
  readonly kind: 'modelArgument';
  readonly name: QualifiedName;
}

/** `DESCRIPTOR(ts)` */
export interface Descriptor extends Node {
  readonly kind: 'descriptor';
  readonly columns: readonly DescriptorColumn[];
}

/** A column of a descriptor, with a type where `DESCRIPTOR(a INT)` is written. */
export interface DescriptorColumn extends Node {
  readonly kind: 'descriptorColumn';
  readonly name: QualifiedName;
  readonly type: TypeName | null;
}

/** `DEFAULT` as an argument. */
export interface DefaultValue extends Node {
  readonly kind: 'defaultValue';
}

/** `NEXT VALUE FOR s`, `CURRENT VALUE FOR s`. */
export interface NextValue extends Node {
  readonly kind: 'nextValue';
  readonly which: 'NEXT' | 'CURRENT';
  readonly sequence: QualifiedName;
}
