import { unreachable } from '../../types/unreachable.ts';
import type {
  Argument,
  BinaryOperator,
  Expression,
  FunctionCall,
  IntervalQualifier,
  MethodCall,
  Query,
} from '../ast.ts';
import { clausesOf, formatOrderItems } from './clauses.ts';
import { formatJsonCall } from './json.ts';
import { layout } from './layout.ts';
import { flag, formatIdentifier, formatName, formatString, optional } from './names.ts';
import { recursion } from './recursion.ts';
import { formatType } from './types.ts';

/** The text of an expression, with the brackets that it needs. */
export function formatExpression(expression: Expression): string {
  return format(expression, 0);
}

export function formatExpressions(expressions: readonly Expression[]): string {
  return expressions.map(formatExpression).join(', ');
}

const precedences: Readonly<Record<BinaryOperator, number>> = {
  'MULTISET UNION': 14,
  'MULTISET UNION DISTINCT': 14,
  'MULTISET EXCEPT': 14,
  'MULTISET EXCEPT DISTINCT': 14,
  'MULTISET INTERSECT': 18,
  'MULTISET INTERSECT DISTINCT': 18,
  OR: 22,
  AND: 24,
  '=': 30,
  '<>': 30,
  '<': 30,
  '<=': 30,
  '>': 30,
  '>=': 30,
  'IS DISTINCT FROM': 30,
  'IS NOT DISTINCT FROM': 30,
  'MEMBER OF': 30,
  'SUBMULTISET OF': 30,
  'NOT SUBMULTISET OF': 30,
  CONTAINS: 30,
  OVERLAPS: 30,
  EQUALS: 30,
  PRECEDES: 30,
  SUCCEEDS: 30,
  'IMMEDIATELY PRECEDES': 30,
  'IMMEDIATELY SUCCEEDS': 30,
  '+': 40,
  '-': 40,
  '*': 60,
  '/': 60,
  '%': 60,
  '||': 60,
};

/** Higher binds tighter; what is no operator is an atom. The numbers are those of the grammar's `OperatorStack`. */
function precedenceOf(expression: Expression): number {
  switch (expression.kind) {
    case 'binary':
      return precedences[expression.operator];
    case 'unary':
      return expression.operator === 'NOT' ? 26 : 80;
    case 'isTest':
    case 'isJson':
    case 'formatJson':
      return 28;
    case 'between':
    case 'like':
    case 'inList':
    case 'inQuery':
    case 'quantifiedComparison':
      return 32;
    default:
      return 100;
  }
}

function format(expression: Expression, precedence: number): string {
  const text = unbracketed(expression);
  return precedenceOf(expression) < precedence ? `(${text})` : text;
}

function unbracketed(expression: Expression): string {
  switch (expression.kind) {
    case 'numberLiteral':
      return expression.form === 'decimalText'
        ? `DECIMAL '${expression.text}'`
        : layout.isLong
          ? expression.text.toUpperCase()
          : expression.text;
    case 'stringLiteral':
      return charsetPrefix(expression.charset) + formatString(expression.value);
    case 'binaryLiteral':
      return `X'${expression.hex}'`;
    case 'booleanLiteral':
      return expression.value === null ? 'UNKNOWN' : expression.value ? 'TRUE' : 'FALSE';
    case 'nullLiteral':
      return 'NULL';
    case 'dateTimeLiteral':
      return `${expression.type} ${formatString(expression.text)}`;
    case 'intervalLiteral':
      return `INTERVAL ${expression.isNegative ? '-' : ''}${formatString(expression.text)} ${formatQualifier(expression.qualifier)}`;
    case 'intervalExpression': {
      const { value } = expression;
      const isPlain = value.kind === 'numberLiteral' || value.kind === 'columnReference';
      const text = isPlain ? formatExpression(value) : `(${formatExpression(value)})`;
      return `INTERVAL ${expression.isNegative ? '-' : ''}${text} ${formatQualifier(expression.qualifier)}`;
    }
    case 'columnReference':
      return formatName(expression.name);
    case 'star':
      return expression.qualifier === null ? '*' : `${formatName(expression.qualifier)}.*`;
    case 'parameter':
      return expression.name === null ? '?' : `:${expression.name}`;
    case 'unary':
      return formatUnary(expression.operator, format(expression.operand, expression.operator === 'NOT' ? 26 : 80));
    case 'binary': {
      const precedence = precedences[expression.operator];
      return `${format(expression.left, precedence)} ${expression.operator} ${format(expression.right, precedence + 1)}`;
    }
    case 'between': {
      const words = `${expression.isNegated ? 'NOT ' : ''}BETWEEN ${expression.isSymmetric ? 'SYMMETRIC ' : layout.isLong ? 'ASYMMETRIC ' : ''}`;
      return `${format(expression.value, 32)} ${words}${format(expression.low, 33)} AND ${format(expression.high, 33)}`;
    }
    case 'inList':
      return `${format(expression.value, 32)}${flag(expression.isNegated, 'NOT')} IN (${formatExpressions(expression.items)})`;
    case 'inQuery':
      return `${format(expression.value, 32)}${flag(expression.isNegated, 'NOT')} IN (${recursion.query(expression.query)})`;
    case 'like': {
      const escaped = expression.escape === null ? null : format(expression.escape, 100);
      const words = `${flag(expression.isNegated, 'NOT')} ${expression.operator} `;
      return `${format(expression.value, 32)}${words}${format(expression.pattern, 33)}${optional(' ESCAPE ', escaped)}`;
    }
    case 'isTest':
      return `${format(expression.value, 28)} IS${flag(expression.isNegated, 'NOT')} ${expression.test}`;
    case 'isJson':
      return `${format(expression.value, 28)} IS${flag(expression.isNegated, 'NOT')} JSON ${expression.form}`;
    case 'quantifiedComparison':
      return `${format(expression.value, 32)} ${expression.operator} ${expression.quantifier} (${formatRange(expression.range)})`;
    case 'exists':
      return `${expression.test} (${recursion.query(expression.query)})`;
    case 'subquery':
      return `(${recursion.query(expression.query)})`;
    case 'cursor':
      return `CURSOR(${recursion.query(expression.query)})`;
    case 'case': {
      const branches = expression.branches.map(
        ({ when, then }) => ` WHEN ${formatExpressions(when)} THEN ${formatExpression(then)}`,
      );
      const operand = expression.operand === null ? '' : ` ${formatExpression(expression.operand)}`;
      const otherwise = expression.otherwise === null ? '' : ` ELSE ${formatExpression(expression.otherwise)}`;
      return `CASE${operand}${branches.join('')}${otherwise} END`;
    }
    case 'cast':
      return `${expression.form}(${formatExpression(expression.value)} AS ${formatType(expression.type)})`;
    case 'functionCall':
      return formatCall(expression);
    case 'extract':
      return `EXTRACT(${expression.unit.name} FROM ${formatExpression(expression.value)})`;
    case 'floorCeil':
      return `${expression.name}(${formatExpression(expression.value)}${optional(' TO ', expression.unit?.name ?? null)})`;
    case 'position':
      return `POSITION(${format(expression.needle, 100)} IN ${formatExpression(expression.haystack)}${behind(' FROM ', expression.from)})`;
    case 'trim': {
      const lead = [expression.side, expression.characters === null ? null : formatExpression(expression.characters)];
      const words = lead.filter((word) => word !== null).join(' ');
      return `TRIM(${words === '' ? '' : `${words} FROM `}${formatExpression(expression.value)})`;
    }
    case 'substring':
      if (layout.isLong) {
        const { value, from, length } = expression;
        return `SUBSTRING(${formatExpressions(length === null ? [value, from] : [value, from, length])})`;
      }
      return `SUBSTRING(${formatExpression(expression.value)} FROM ${formatExpression(expression.from)}${behind(' FOR ', expression.length)})`;
    case 'overlay': {
      const { value, placing, from, length } = expression;
      return `OVERLAY(${formatExpression(value)} PLACING ${formatExpression(placing)} FROM ${formatExpression(from)}${behind(' FOR ', length)})`;
    }
    case 'convert':
      return `${expression.name}(${formatExpression(expression.value)} USING ${formatName(expression.charset)})`;
    case 'timestampArithmetic':
      return `${expression.name}(${expression.unit.name}, ${formatExpressions(expression.arguments)})`;
    case 'minusDate':
      return `(${format(expression.left, 40)} - ${format(expression.right, 41)}) ${formatQualifier(expression.qualifier)}`;
    case 'jsonExists':
    case 'jsonValue':
    case 'jsonQuery':
    case 'jsonObject':
    case 'jsonArray':
    case 'jsonAggregate':
      return formatJsonCall(expression);
    case 'rowConstructor':
      return `${expression.isExplicit ? 'ROW' : ''}(${formatExpressions(expression.fields)})`;
    case 'collectionConstructor':
      return `${expression.collection}[${formatExpressions(expression.items)}]`;
    case 'collectionQuery':
      return `${expression.collection}(${recursion.query(expression.query)})`;
    case 'period':
      return `PERIOD (${formatExpression(expression.from)}, ${formatExpression(expression.to)})`;
    case 'elementAccess':
      return `${accessed(expression.value, true)}[${formatExpression(expression.index)}]`;
    case 'fieldAccess':
      return `${accessed(expression.value, false)}.${formatIdentifier(expression.field)}`;
    case 'fieldStar':
      return `${accessed(expression.value, false)}.*`;
    case 'methodCall':
      return `${accessed(expression.value, false)}.${formatMethod(expression)}`;
    case 'formatJson':
      return `${format(expression.value, 28)} FORMAT JSON${optional(' ENCODING ', expression.encoding)}`;
    case 'matchNavigation':
      return `${expression.semantics} ${formatExpression(expression.value)}`;
    case 'tableArgument': {
      const table =
        expression.table.kind === 'query'
          ? `(${recursion.query(expression.table)})`
          : `TABLE ${formatName(expression.table)}`;
      const partition =
        expression.partitionBy.length === 0 ? null : listed(expression.partitionBy.map(formatExpression));
      const order =
        expression.orderBy.length === 0
          ? null
          : listed([...expression.orderBy.map((item) => formatOrderItems([item]))]);
      return `${table}${optional(' PARTITION BY ', partition)}${optional(' ORDER BY ', order)}`;
    }
    case 'modelArgument':
      return `MODEL ${formatName(expression.name)}`;
    case 'descriptor': {
      const columns = expression.columns.map(
        ({ name, type }) => formatName(name) + optional(' ', type === null ? null : formatType(type)),
      );
      return `DESCRIPTOR(${columns.join(', ')})`;
    }
    case 'defaultValue':
      return 'DEFAULT';
    case 'nextValue':
      return `${expression.which} VALUE FOR ${formatName(expression.sequence)}`;
    default:
      return unreachable(expression);
  }
}

/** `- -1`: two signs side by side would begin a comment. */
function formatUnary(operator: string, operand: string): string {
  return operator === 'NOT' || layout.isLong || /^[+-]/.test(operand) ? `${operator} ${operand}` : operator + operand;
}

/** A value before `.x` or `[1]`. A name's dots would become part of the name. */
function accessed(value: Expression, isElement: boolean): string {
  const text = formatExpression(value);
  switch (value.kind) {
    case 'elementAccess':
    case 'fieldAccess':
    case 'methodCall':
    case 'rowConstructor':
    case 'collectionConstructor':
      return text;
    case 'columnReference':
      return isElement ? text : `(${text})`;
    case 'functionCall':
      return value.arguments === null || value.over !== null || value.filter !== null ? `(${text})` : text;
    default:
      return `(${text})`;
  }
}

function formatMethod(call: MethodCall): string {
  return `${formatIdentifier(call.name)}(${optional('', call.quantifier)}${call.quantifier === null ? '' : ' '}${formatArguments(call.arguments)})`;
}

function formatCall(call: FunctionCall): string {
  const name = formatName(call.name);
  if (call.arguments === null) return name;
  const quantifier = call.quantifier === null ? '' : `${call.quantifier} `;
  const order = call.orderBy.length === 0 ? '' : ` ORDER BY ${formatOrderItems(call.orderBy)}`;
  const separator = call.separator === null ? '' : ` SEPARATOR ${formatExpression(call.separator)}`;
  const list = `${quantifier}${formatArguments(call.arguments)}${order}${separator}`;
  return `${name}(${list})${optional(' ', call.nullTreatment)}${clausesOf(call)}`;
}

export function formatArguments(items: readonly Argument[]): string {
  return items
    .map(({ name, value }) => (name === null ? '' : `${formatIdentifier(name)} => `) + formatExpression(value))
    .join(', ');
}

function formatRange(range: Query | readonly Expression[]): string {
  return 'kind' in range ? recursion.query(range) : formatExpressions(range);
}

export function formatQualifier({ from, precision, to, fractionPrecision }: IntervalQualifier): string {
  if (to !== null) {
    const first = precision === null ? '' : `(${precision})`;
    return `${from}${first} TO ${to}${fractionPrecision === null ? '' : `(${fractionPrecision})`}`;
  }
  if (precision === null) return from;
  return `${from}(${precision}${fractionPrecision === null ? '' : `, ${fractionPrecision}`})`;
}

function charsetPrefix(charset: string | null): string {
  if (charset === null) return '';
  return charset === 'N' ? 'N' : `_${charset}`;
}

function behind(word: string, expression: Expression | null): string {
  return expression === null ? '' : word + formatExpression(expression);
}

/** One thing alone, several in brackets: a comma would begin the next argument. */
function listed(items: readonly string[]): string {
  return items.length === 1 ? (items[0] as string) : `(${items.join(', ')})`;
}
