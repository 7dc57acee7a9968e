import type { Argument, Expression } from './expressions.ts';
import type { IntervalLiteral } from './literals.ts';
import type { Identifier, Node, QualifiedName, Text } from './node.ts';

/** `WITH ... body ORDER BY ... LIMIT ... OFFSET ...` */
export interface Query extends Node {
  readonly kind: 'query';
  readonly with: WithClause | null;
  readonly body: QueryBody;
  readonly orderBy: readonly OrderItem[];
  /** `OFFSET n ROWS` */
  readonly offset: Expression | null;
  readonly limit: Limit | null;
}

/** LIMIT n, LIMIT ALL, FETCH FIRST n ROWS ONLY. */
export interface Limit extends Node {
  readonly kind: 'limit';
  readonly form: 'LIMIT' | 'FETCH';
  /** Null for ALL, and for FETCH NEXT ROW. */
  readonly count: Expression | null;
}

export type QueryBody = Select | SetOperation | Values | ExplicitTable | ParenthesizedQuery;

export interface WithClause extends Node {
  readonly kind: 'with';
  readonly isRecursive: boolean;
  readonly items: readonly WithItem[];
}

/** `name (a, b) AS (query)` */
export interface WithItem extends Node {
  readonly kind: 'withItem';
  readonly name: Identifier;
  readonly columns: readonly Identifier[] | null;
  readonly query: Query;
}

/** UNION and EXCEPT bind alike, from the left; INTERSECT binds tighter. */
export interface SetOperation extends Node {
  readonly kind: 'setOperation';
  readonly operator: 'UNION' | 'INTERSECT' | 'EXCEPT';
  /** Without a word it is DISTINCT. */
  readonly quantifier: 'ALL' | 'DISTINCT';
  readonly left: QueryBody;
  readonly right: QueryBody;
}

/** A query in brackets as an operand; it may have its own WITH, ORDER BY and LIMIT. */
export interface ParenthesizedQuery extends Node {
  readonly kind: 'parenthesizedQuery';
  readonly query: Query;
}

/** `VALUES (1, 'a'), ROW(2, 'b'), 3` */
export interface Values extends Node {
  readonly kind: 'values';
  readonly rows: readonly ValuesRow[];
}

export interface ValuesRow extends Node {
  readonly kind: 'valuesRow';
  readonly fields: readonly Expression[];
}

/** `TABLE t` */
export interface ExplicitTable extends Node {
  readonly kind: 'explicitTable';
  readonly name: QualifiedName;
}

export interface Select extends Node {
  readonly kind: 'select';
  readonly hints: readonly Hint[];
  readonly isStream: boolean;
  readonly quantifier: 'ALL' | 'DISTINCT' | null;
  readonly items: readonly SelectItem[];
  readonly from: TableExpression | null;
  readonly where: Expression | null;
  readonly groupBy: GroupBy | null;
  readonly having: Expression | null;
  readonly qualify: Expression | null;
  readonly windows: readonly NamedWindow[];
}

/** An expression, perhaps a star, with its alias. */
export interface SelectItem extends Node {
  readonly kind: 'selectItem';
  readonly value: Expression;
  readonly alias: Identifier | null;
}

export interface GroupBy extends Node {
  readonly kind: 'groupBy';
  readonly quantifier: 'ALL' | 'DISTINCT' | null;
  readonly items: readonly GroupingItem[];
}

export type GroupingItem = Expression | EmptyGrouping | GroupingSets;

/** `()` */
export interface EmptyGrouping extends Node {
  readonly kind: 'emptyGrouping';
}

/** `GROUPING SETS (a, (a, b), ())`, `ROLLUP (a, b)`, `CUBE (a, b)`; `(a, b)` is a row constructor. */
export interface GroupingSets extends Node {
  readonly kind: 'groupingSets';
  readonly form: 'GROUPING SETS' | 'ROLLUP' | 'CUBE';
  readonly items: readonly GroupingItem[];
}

export interface OrderItem extends Node {
  readonly kind: 'orderItem';
  readonly value: Expression;
  /** Null where nothing is written, which means ASC. */
  readonly direction: 'ASC' | 'DESC' | null;
  readonly nulls: 'FIRST' | 'LAST' | null;
}

/** `WINDOW w AS (...)` */
export interface NamedWindow extends Node {
  readonly kind: 'namedWindow';
  readonly name: Identifier;
  readonly window: WindowSpecification;
}

/** `(base PARTITION BY a ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)` */
export interface WindowSpecification extends Node {
  readonly kind: 'windowSpecification';
  /** The named window that this one refines. */
  readonly base: Identifier | null;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
  readonly frame: WindowFrame | null;
  /** ALLOW PARTIAL, DISALLOW PARTIAL. */
  readonly isPartialAllowed: boolean | null;
}

export interface WindowFrame extends Node {
  readonly kind: 'windowFrame';
  readonly unit: 'ROWS' | 'RANGE';
  readonly start: FrameBound;
  /** Null where only the start is written: up to the current row. */
  readonly end: FrameBound | null;
}

export interface FrameBound extends Node {
  readonly kind: 'frameBound';
  readonly bound: 'CURRENT ROW' | 'PRECEDING' | 'FOLLOWING';
  /** Null for CURRENT ROW and for UNBOUNDED. */
  readonly distance: Expression | null;
}

/** `/*+ STATE_TTL('t' = '1d'), BROADCAST(t) *\/` */
export interface Hint extends Node {
  readonly kind: 'hint';
  readonly name: Identifier;
  readonly options: readonly HintOption[];
}

export type HintOption = HintProperty | Identifier | Text | HintNumber;

/** `'k' = 'v'`, or `k = 'v'`. */
export interface HintProperty extends Node {
  readonly kind: 'hintProperty';
  readonly key: Identifier | Text;
  readonly value: Text;
}

export interface HintNumber extends Node {
  readonly kind: 'hintNumber';
  /** As written, with its sign. */
  readonly text: string;
}

// -- FROM --------------------------------------------------------------------------------------------------

export type TableExpression =
  | TableReference
  | DerivedTable
  | TableFunction
  | Unnest
  | MatchRecognize
  | Pivot
  | Unpivot
  | TableSample
  | Join
  | ParenthesizedJoin;

/** `AS t (a, b)` */
export interface TableAlias extends Node {
  readonly kind: 'tableAlias';
  readonly name: Identifier;
  readonly columns: readonly Identifier[] | null;
}

/** `t /*+ OPTIONS('k' = 'v') *\/ FOR SYSTEM_TIME AS OF o.ts AS x` */
export interface TableReference extends Node {
  readonly kind: 'tableReference';
  readonly name: QualifiedName;
  readonly hints: readonly Hint[];
  /** FOR SYSTEM_TIME AS OF */
  readonly asOf: Expression | null;
  readonly alias: TableAlias | null;
}

/** `(SELECT ...) AS t`, `LATERAL (SELECT ...)`, `(VALUES ...)`, `(TABLE t)`. */
export interface DerivedTable extends Node {
  readonly kind: 'derivedTable';
  readonly isLateral: boolean;
  readonly query: Query;
  readonly alias: TableAlias | null;
}

/** `TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR)`, with `TABLE(...)` and LATERAL around it or not. */
export interface TableFunction extends Node {
  readonly kind: 'tableFunction';
  readonly isLateral: boolean;
  /** Written inside `TABLE(...)`. */
  readonly isWrapped: boolean;
  readonly isSpecific: boolean;
  readonly name: QualifiedName;
  readonly arguments: readonly Argument[];
  readonly alias: TableAlias | null;
}

/** `UNNEST(a, b) WITH ORDINALITY AS t (x, i)` */
export interface Unnest extends Node {
  readonly kind: 'unnest';
  readonly isLateral: boolean;
  readonly values: readonly Expression[];
  readonly withOrdinality: boolean;
  readonly alias: TableAlias | null;
}

/** Comma and CROSS JOIN have no condition; others may lack one too, which is for the binder to refuse. */
export interface Join extends Node {
  readonly kind: 'join';
  readonly type: 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS' | 'COMMA';
  readonly isNatural: boolean;
  readonly left: TableExpression;
  readonly right: TableExpression;
  readonly condition: JoinOn | JoinUsing | null;
}

export interface JoinOn extends Node {
  readonly kind: 'joinOn';
  readonly condition: Expression;
}

export interface JoinUsing extends Node {
  readonly kind: 'joinUsing';
  readonly columns: readonly Identifier[];
}

/** `(a JOIN b ON ...)` in a FROM list. */
export interface ParenthesizedJoin extends Node {
  readonly kind: 'parenthesizedJoin';
  readonly join: TableExpression;
  readonly alias: TableAlias | null;
}

/** `t TABLESAMPLE BERNOULLI (10) REPEATABLE (7)` */
export interface TableSample extends Node {
  readonly kind: 'tableSample';
  readonly table: TableExpression;
  readonly method: 'BERNOULLI' | 'SYSTEM' | 'SUBSTITUTE';
  readonly amount: Expression | null;
  readonly substitute: Text | null;
  readonly repeatable: Expression | null;
}

/** `t PIVOT (SUM(x) AS s FOR (a, b) IN ((1, 2) AS c))` */
export interface Pivot extends Node {
  readonly kind: 'pivot';
  readonly table: TableExpression;
  readonly aggregates: readonly PivotAggregate[];
  readonly axes: readonly Identifier[];
  readonly values: readonly PivotValue[];
  readonly alias: TableAlias | null;
}

export interface PivotAggregate extends Node {
  readonly kind: 'pivotAggregate';
  readonly call: Expression;
  readonly alias: Identifier | null;
}

export interface PivotValue extends Node {
  readonly kind: 'pivotValue';
  readonly row: readonly Expression[];
  readonly alias: Identifier | null;
}

/** `t UNPIVOT INCLUDE NULLS (m FOR (a, b) IN (c AS (1, 2)))` */
export interface Unpivot extends Node {
  readonly kind: 'unpivot';
  readonly table: TableExpression;
  readonly nulls: 'INCLUDE' | 'EXCLUDE' | null;
  readonly measures: readonly Identifier[];
  readonly axes: readonly Identifier[];
  readonly values: readonly UnpivotValue[];
  readonly alias: TableAlias | null;
}

export interface UnpivotValue extends Node {
  readonly kind: 'unpivotValue';
  readonly columns: readonly Identifier[];
  readonly row: readonly Expression[] | null;
}

// -- MATCH_RECOGNIZE ---------------------------------------------------------------------------------------

export interface MatchRecognize extends Node {
  readonly kind: 'matchRecognize';
  readonly table: TableExpression;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
  readonly measures: readonly Measure[];
  readonly rowsPerMatch: 'ONE' | 'ALL' | null;
  readonly afterMatch: AfterMatch | null;
  readonly pattern: Pattern;
  /** `^` and `$` at the ends of the pattern. */
  readonly isAnchoredAtStart: boolean;
  readonly isAnchoredAtEnd: boolean;
  readonly within: IntervalLiteral | null;
  readonly subsets: readonly PatternSubset[];
  readonly definitions: readonly PatternDefinition[];
  readonly alias: TableAlias | null;
}

export interface Measure extends Node {
  readonly kind: 'measure';
  readonly value: Expression;
  readonly name: Identifier;
}

export interface AfterMatch extends Node {
  readonly kind: 'afterMatch';
  readonly skip: 'TO NEXT ROW' | 'PAST LAST ROW' | 'TO FIRST' | 'TO LAST';
  /** For TO FIRST and TO LAST; `TO v` is TO LAST v. */
  readonly variable: Identifier | null;
}

export interface PatternDefinition extends Node {
  readonly kind: 'patternDefinition';
  readonly variable: Identifier;
  readonly condition: Expression;
}

export interface PatternSubset extends Node {
  readonly kind: 'patternSubset';
  readonly name: Identifier;
  readonly variables: readonly Expression[];
}

export type Pattern =
  | PatternVariable
  | PatternSequence
  | PatternAlternation
  | PatternQuantified
  | PatternGroup
  | PatternExclusion
  | PatternPermute;

export interface PatternVariable extends Node {
  readonly kind: 'patternVariable';
  readonly name: Identifier;
}

/** `a b c`: two items or more. */
export interface PatternSequence extends Node {
  readonly kind: 'patternSequence';
  readonly items: readonly Pattern[];
}

/** `a | b`: two items or more. */
export interface PatternAlternation extends Node {
  readonly kind: 'patternAlternation';
  readonly items: readonly Pattern[];
}

/** `a*`, `a+?`, `a{2,5}`: */
export interface PatternQuantified extends Node {
  readonly kind: 'patternQuantified';
  readonly item: Pattern;
  /** Null in `{,m}`. */
  readonly min: number | null;
  /** Null where there is no bound. */
  readonly max: number | null;
  readonly isReluctant: boolean;
}

/** `(a b)` */
export interface PatternGroup extends Node {
  readonly kind: 'patternGroup';
  readonly pattern: Pattern;
}

/** `{- a -}` */
export interface PatternExclusion extends Node {
  readonly kind: 'patternExclusion';
  readonly pattern: Pattern;
}

/** `PERMUTE(a, b)` */
export interface PatternPermute extends Node {
  readonly kind: 'patternPermute';
  readonly items: readonly Pattern[];
}
