import { typeOf } from '../../catalog/type-of.ts';
import { DiagnosticError, fail, unsupported } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import { commonType, isCharacter, isDatetime, isInteger, isInterval, isNumeric } from '../../functions/coercion.ts';
import type { FunctionLookup } from '../../functions/lookup.ts';
import { operatorWords } from '../../functions/registry.ts';
import type {
  BinaryExpression,
  Case,
  Cast,
  FloorCeil,
  FunctionCall,
  InList,
  IsTest,
  JsonValue,
  JsonValueBehavior,
  Like,
  Literal,
  QualifiedName,
  QuantifiedComparison,
  Expression as Syntax,
} from '../../sql/ast.ts';
import { columnTypeText } from '../../types/column.ts';
import { NULL_TYPE, type SqlType, STRING, typeText, withNullable } from '../../types/sql-type.ts';
import { unreachable } from '../../types/unreachable.ts';
import type { Expression } from '../expression.ts';
import { call, callOf, caseCall, castTo, explicitCast, isAggregateName, truth, unknownFunction } from './calls.ts';
import { unitInterval } from './interval-literals.ts';
import { bindLiteral, intervalLiteral, nullLiteral, stringLiteral } from './literals.ts';
import { argumentsInOrder } from './named-arguments.ts';
import { comparison } from './row-comparison.ts';
import { fieldOf, resolveColumn, type Scope } from './scope.ts';

/** What the names and calls of an expression mean where it stands. */
export interface ExpressionContext {
  readonly scope: Scope;
  readonly functions: FunctionLookup;
  /**
   * Asked first for every node: what stands for it (a group key, an aggregate's result), or null. A clause in which
   * aggregates may not stand gives none.
   */
  readonly intercept?: (node: Syntax) => Expression | null;
  /** What a subquery is for a row; in a context without, subqueries are refused. */
  readonly subquery?: ((node: Syntax, context: ExpressionContext) => Expression) | undefined;
}

/** Names to columns, calls to overloads, literals to typed constants. @throws DiagnosticError B and W codes, with the place */
export function bindExpression(node: Syntax, context: ExpressionContext): Expression {
  const stand = context.intercept?.(node) ?? null;
  if (stand !== null) return stand;
  const bind = (child: Syntax): Expression => bindExpression(child, context);
  const { span } = node;
  switch (node.kind) {
    case 'numberLiteral':
    case 'stringLiteral':
    case 'binaryLiteral':
    case 'booleanLiteral':
    case 'nullLiteral':
    case 'dateTimeLiteral':
    case 'intervalLiteral':
      return bindLiteral(node as Literal);
    case 'intervalExpression':
      return call('*', [intervalLiteral(unitInterval(node.qualifier.from), span), bind(node.value)], span);
    case 'columnReference':
      if (isBarePi(node.name, context.scope)) return call('PI', [], span);
      return resolveColumn(context.scope, node.name);
    case 'unary':
      if (node.operator === 'NOT') return call('NOT', [truth(bind(node.operand), 'NOT')], span);
      if (node.operator === '+') return bind(node.operand);
      if (node.operand.kind === 'numberLiteral') return { ...bindLiteral(node.operand, true), span };
      return call('-', [bind(node.operand)], span);
    case 'binary':
      return bindBinary(node, bind);
    case 'between': {
      const [value, low, high] = [bind(node.value), bind(node.low), bind(node.high)];
      const within = (a: Expression, b: Expression): Expression =>
        call('AND', [call('>=', [value, a], span), call('<=', [value, b], span)], span);
      const test = node.isSymmetric ? call('OR', [within(low, high), within(high, low)], span) : within(low, high);
      return node.isNegated ? call('NOT', [test], span) : test;
    }
    case 'inList':
      return bindInList(node, bind);
    case 'quantifiedComparison':
      if (isList(node.range)) return bindQuantified(node, node.range, bind);
      return context.subquery?.(node, context) ?? notYet('W003', span, 'a subquery here');
    case 'like':
      return bindLike(node, bind);
    case 'isTest':
      return bindIsTest(node, bind);
    case 'isJson': {
      const test = call(`IS JSON ${node.form}`, [bind(node.value)], span);
      return node.isNegated ? call('NOT', [test], span) : test;
    }
    case 'case':
      return bindCase(node, bind);
    case 'cast':
      if (node.format !== null) return notYet('W003', node.format.span, 'CAST ... FORMAT');
      return bindCast(node, bind);
    case 'functionCall':
      return bindCall(node, bind, context);
    case 'extract':
      return call('EXTRACT', [stringLiteral(node.unit.name, node.unit.span), bind(node.value)], span);
    case 'floorCeil':
      return bindFloor(node, bind);
    case 'position':
      return call('POSITION', [node.needle, node.haystack, ...(node.from === null ? [] : [node.from])].map(bind), span);
    case 'trim': {
      const characters = node.characters === null ? stringLiteral(' ', span) : bind(node.characters);
      return call('TRIM', [stringLiteral(node.side ?? 'BOTH', span), characters, bind(node.value)], span);
    }
    case 'substring':
      return call('SUBSTRING', [node.value, node.from, ...(node.length === null ? [] : [node.length])].map(bind), span);
    case 'overlay': {
      const length = node.length === null ? [] : [node.length];
      return call('OVERLAY', [node.value, node.placing, node.from, ...length].map(bind), span);
    }
    case 'timestampArithmetic':
      return call(node.name, [stringLiteral(node.unit.name, node.unit.span), ...node.arguments.map(bind)], span);
    case 'minusDate':
      return call('MINUS_DATE', [bind(node.left), bind(node.right), stringLiteral(node.qualifier.from, span)], span);
    case 'jsonExists':
      return call('JSON_EXISTS', [bind(node.input), bind(node.path), stringLiteral(node.onError ?? '', span)], span);
    case 'jsonValue':
      return bindJsonValue(node, bind);
    case 'jsonQuery': {
      const clauses = [node.wrapper, node.onEmpty, node.onError].map((clause) => stringLiteral(clause ?? '', span));
      const returning = node.returning === null ? [] : [nullLiteral(typeOf(node.returning), span)];
      return call('JSON_QUERY', [bind(node.input), bind(node.path), ...clauses, ...returning], span);
    }
    case 'jsonObject': {
      const members = node.members.flatMap(({ key, value }) => [bind(key), bindJsonItem(value, bind)]);
      return call('JSON_OBJECT', [stringLiteral(node.nullClause ?? '', span), ...members], span);
    }
    case 'jsonArray':
      return call(
        'JSON_ARRAY',
        [stringLiteral(node.nullClause ?? '', span), ...node.items.map((item) => bindJsonItem(item, bind))],
        span,
      );
    case 'rowConstructor':
      return call('ROW', node.fields.map(bind), span);
    case 'collectionConstructor':
      return call(node.collection, node.items.map(bind), span);
    case 'elementAccess':
      return call('ITEM', [bind(node.value), bind(node.index)], span);
    case 'fieldAccess':
      return fieldOf(bind(node.value), node.field, { anyCase: true });
    case 'star':
    case 'fieldStar':
      return fail('B011', span, 'a star may only stand in the SELECT list and in COUNT(*)');
    case 'subquery':
    case 'inQuery':
    case 'exists':
      return context.subquery?.(node, context) ?? notYet('W003', span, 'a subquery here');
    case 'collectionQuery':
    case 'cursor':
      return notYet('W003', span, 'a subquery of this kind');
    case 'jsonAggregate':
      return notYet('W004', span, node.name);
    case 'convert':
      return notYet('W004', span, node.name);
    case 'formatJson':
    case 'matchNavigation':
    case 'period':
    case 'methodCall':
    case 'parameter':
    case 'defaultValue':
    case 'nextValue':
      return notYet('W003', span, 'this expression');
    case 'tableArgument':
    case 'modelArgument':
    case 'descriptor':
      return fail('B011', span, 'this may only be an argument of a table function');
    default:
      return unreachable(node);
  }
}

/** PI is the only function of Flink's own that is called without parentheses, where no column has its name. */
function isBarePi({ parts }: QualifiedName, { schema }: Scope): boolean {
  const [only] = parts;
  return parts.length === 1 && only?.name.toUpperCase() === 'PI' && !schema.some(({ name }) => name === only.name);
}

/** @throws DiagnosticError always: legal, and not executed yet */
export function notYet(code: 'W001' | 'W002' | 'W003' | 'W004' | 'W005', span: Span, feature: string): never {
  throw new DiagnosticError([unsupported(code, span, feature)]);
}

/** Whether a query was refused since it is not executed yet. */
export function isNotYet(error: unknown): boolean {
  return error instanceof DiagnosticError && error.diagnostics.every(({ code }) => code === 'W003');
}

type Bind = (child: Syntax) => Expression;

function bindBinary(node: BinaryExpression, bind: Bind): Expression {
  const { operator, span } = node;
  switch (operator) {
    case 'AND':
    case 'OR':
      return bindLogic(node, operator, bind);
    case 'OVERLAPS': {
      const ends = (side: Syntax): readonly Expression[] => {
        if (side.kind === 'rowConstructor' && side.fields.length === 2) return side.fields.map(bind);
        return side.kind === 'period'
          ? [bind(side.from), bind(side.to)]
          : fail('B005', side.span, 'OVERLAPS takes two periods, (start, end)');
      };
      return call('OVERLAPS', [...ends(node.left), ...ends(node.right)], span);
    }
    default:
      return comparison(operator, bind(node.left), bind(node.right), span);
  }
}

/** `a AND b AND c ...` may be long: the chain is walked, not descended. */
function bindLogic(node: BinaryExpression, operator: 'AND' | 'OR', bind: Bind): Expression {
  const parts: { readonly node: Syntax; readonly span: Span }[] = [];
  let left: Syntax = node;
  while (left.kind === 'binary' && left.operator === operator) {
    parts.push({ node: left.right, span: left.span });
    left = left.left;
  }
  return parts.reduceRight<Expression>(
    (value, part) => call(operator, [value, truth(bind(part.node), operator)], part.span),
    truth(bind(left), operator),
  );
}

function bindInList(node: InList, bind: Bind): Expression {
  const { span } = node;
  const value = bind(node.value);
  const items = node.items.map(bind);
  checkItems(items);
  const test = items
    .map((item) => isIn(value, item, span))
    .reduce((any: Expression, next: Expression) => call('OR', [any, next], span));
  return node.isNegated ? call('NOT', [test], span) : test;
}

/** The items of an IN list have one type. */
function checkItems(items: readonly Expression[]): void {
  const typed = items.filter((item) => item.type.kind !== 'NULL');
  const [first] = typed;
  const other = typed.find((_, at) => commonType(typed.slice(0, at + 1).map(({ type }) => type)) === null);
  if (first === undefined || other === undefined) return;
  const notes = [first, other].map((item) => ({ message: typeText(item.type), span: item.span }));
  fail('B006', other.span, 'the items of IN have no common type', { notes, help: 'cast them to one type' });
}

/** Beside a text the items of an IN list are texts, and a text beside any other value is read as one of its kind. */
function isIn(value: Expression, item: Expression, span: Span): Expression {
  const [isText, isItemText] = [isCharacter(value.type), isCharacter(item.type)];
  if (isText === isItemText || item.type.kind === 'NULL' || value.type.kind === 'NULL')
    return comparison('=', value, item, span);
  const [other, type] = isText ? [item.type, STRING()] : [value.type, withNullable(value.type, true)];
  if (!hasPlainText(other) || (!isText && isInterval(other))) {
    const notes = [value, item].map((side) => ({ message: typeText(side.type), span: side.span }));
    fail('B006', span, 'the items of IN are not of the kind of the value', { notes, help: 'cast them' });
  }
  return call('=', [value, castTo(item, type)], span);
}

function hasPlainText(type: SqlType): boolean {
  return isNumeric(type) || isDatetime(type) || isInterval(type) || type.kind === 'BOOLEAN';
}

/** `a > ALL (b, c)`, `a = SOME (b, c)`: over a list, ANDs and ORs of comparisons. */
function bindQuantified(node: QuantifiedComparison, items: readonly Syntax[], bind: Bind): Expression {
  const { operator, quantifier, span } = node;
  const value = bind(node.value);
  return items
    .map((item) => {
      const other = bind(item);
      if (operator === 'NOT LIKE') return call('NOT', [call('LIKE', [value, other], span)], span);
      return operator === '=' && quantifier === 'SOME'
        ? isIn(value, other, span)
        : call(operator, [value, other], span);
    })
    .reduce((all: Expression, next: Expression) => call(quantifier === 'ALL' ? 'AND' : 'OR', [all, next], span));
}

function isList(range: QuantifiedComparison['range']): range is readonly Syntax[] {
  return Array.isArray(range);
}

/** A CAST as written. A whole number becomes an interval of one unit only. */
function bindCast(node: Cast, bind: Bind): Expression {
  const input = bind(node.value);
  const { type, span } = node;
  if (isInteger(input.type) && type.kind === 'basicType' && / TO /.test(type.name)) {
    fail('B009', span, `${typeText(withNullable(input.type, true))} cannot be cast to ${type.name}`, {
      help: "cast it to an interval of one unit, or multiply an interval: n * INTERVAL '1' SECOND",
    });
  }
  return explicitCast(input, typeOf(type), node.form !== 'CAST', span);
}

function bindLike(node: Like, bind: Bind): Expression {
  const { span } = node;
  const escapes = node.escape === null ? [] : [bind(node.escape)];
  if (node.operator === 'RLIKE') {
    fail('B002', span, 'RLIKE is no operator of Flink', { help: 'write REGEXP(text, pattern)' });
  }
  const test = call(node.operator, [bind(node.value), bind(node.pattern), ...escapes], span);
  return node.isNegated ? call('NOT', [test], span) : test;
}

function bindIsTest(node: IsTest, bind: Bind): Expression {
  const { test, span } = node;
  if (test === 'A SET' || test === 'EMPTY') return notYet('W003', span, `IS ${test}`);
  const value = test === 'NULL' ? bind(node.value) : truth(bind(node.value), `IS ${test}`);
  return call(`IS ${node.isNegated ? 'NOT ' : ''}${test}`, [value], span);
}

function bindCase(node: Case, bind: Bind): Expression {
  const { span } = node;
  const operand = node.operand === null ? null : bind(node.operand);
  const args = node.branches.flatMap(({ when, then }) => {
    const tests = when.map((test) => (operand === null ? bind(test) : call('=', [operand, bind(test)], test.span)));
    return [tests.reduce((any: Expression, next: Expression) => call('OR', [any, next], span)), bind(then)];
  });
  const otherwise = node.otherwise === null ? nullLiteral(NULL_TYPE, span) : bind(node.otherwise);
  return caseCall([...args, otherwise], span);
}

function bindFloor(node: FloorCeil, bind: Bind): Expression {
  const unit = node.unit === null ? [] : [stringLiteral(node.unit.name, node.unit.span)];
  return call(node.name, [bind(node.value), ...unit], node.span);
}

/** A value of JSON_OBJECT or JSON_ARRAY, the only place where JSON(text) may stand. */
function bindJsonItem(node: Syntax, bind: Bind): Expression {
  if (node.kind !== 'functionCall' || node.name.parts.at(-1)?.name.toUpperCase() !== 'JSON') return bind(node);
  return call(
    'JSON',
    (node.arguments ?? []).map(({ value }) => bind(value)),
    node.span,
  );
}

function bindJsonValue(node: JsonValue, bind: Bind): Expression {
  const { span } = node;
  const clause = (behavior: JsonValueBehavior | null): readonly Expression[] => {
    if (behavior === null || typeof behavior === 'string') {
      return [stringLiteral(behavior ?? '', span), nullLiteral(NULL_TYPE, span)];
    }
    return [stringLiteral('DEFAULT', span), bind(behavior.value)];
  };
  const returning = node.returning === null ? [] : [nullLiteral(typeOf(node.returning), span)];
  return call(
    'JSON_VALUE',
    [bind(node.input), bind(node.path), ...clause(node.onEmpty), ...clause(node.onError), ...returning],
    span,
  );
}

/** @throws DiagnosticError B021 for an argument of CURRENT_WATERMARK that is no event time */
function checkEventTime(argument: Expression | undefined, { scope }: ExpressionContext): void {
  if (argument === undefined) return;
  const column = argument.kind === 'column' ? scope.schema[argument.index] : undefined;
  if (column?.timeAttribute === 'rowtime') return;
  fail('B021', argument.span, 'CURRENT_WATERMARK takes an event time: a column with a watermark', {
    help: column === undefined ? undefined : `"${column.name}" is ${columnTypeText(column)}`,
  });
}

function bindCall(node: FunctionCall, bind: Bind, context: ExpressionContext): Expression {
  const { span } = node;
  const name = node.name.parts.map((part) => part.name).join('.');
  const upper = name.toUpperCase();
  if (node.over !== null) {
    fail('B011', span, 'a window function may not stand here', {
      help: 'filter by it in QUALIFY, or compute it in a subquery',
    });
  }
  if (isAggregateName(upper, context.functions)) {
    fail('B011', span, `${upper} is an aggregate function, which may not stand here`, {
      help: 'aggregates stand in the SELECT list, in HAVING and in QUALIFY',
    });
  }
  if (node.quantifier !== null || node.filter !== null || node.orderBy.length > 0) {
    fail('B005', span, `${upper} is no aggregate function: DISTINCT, FILTER and ORDER BY do not apply`);
  }
  if (upper === 'ARRAY' || upper === 'MAP') {
    fail('B002', span, `there is no function ${upper}`, { help: `${upper}[...] makes one` });
  }
  if (operatorWords.has(upper)) fail('B002', span, `${upper} is no function`);
  if (upper === 'JSON') {
    fail('B011', span, 'JSON may only stand where JSON_OBJECT or JSON_ARRAY take a value', {
      help: "write JSON_OBJECT('key' VALUE JSON(text))",
    });
  }
  const entry = context.functions.scalar(name) ?? unknownFunction(name, span, context.functions);
  const isProgram = entry.category === 'program';
  const named = node.arguments?.find((argument) => argument.name !== null);
  if (named !== undefined && !isProgram) return notYet('W003', named.span, 'a named argument');
  const given = isProgram ? argumentsInOrder(entry, node.arguments ?? [], span) : (node.arguments ?? []);
  const args = given.map(({ value }) => bind(value));
  if (upper === 'CURRENT_WATERMARK') checkEventTime(args[0], context);
  const bound = callOf(entry, args, span);
  // Its entry may be another's alias; the name tells that the column is a time attribute.
  return upper === 'PROCTIME' ? { ...bound, name: upper } : bound;
}
