import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { DateTimeLiteral, Literal, NumberLiteral } from '../../sql/ast.ts';
import type { SqlType } from '../../types/sql-type.ts';
import {
  BIGINT,
  BOOLEAN,
  CHAR,
  DATE,
  DECIMAL,
  DOUBLE,
  INT,
  INTERVAL_DAY_TIME,
  INTERVAL_YEAR_MONTH,
  NULL_TYPE,
  TIME,
  TIMESTAMP,
  TIMESTAMP_LTZ,
} from '../../types/sql-type.ts';
import { parseDays, parseTimeMs, parseTimestamp } from '../../types/time-text.ts';
import type { Expression, LiteralExpression, LiteralValue } from '../expression.ts';
import { type IntervalValue, intervalValue } from './interval-literals.ts';

export function literal(value: LiteralValue, type: SqlType, span: Span): LiteralExpression {
  return { kind: 'literal', value, type, span };
}

/** The value of a constant whole number, also where it is computed (`1 + 1`); null for anything else. */
export function constantInteger(expression: Expression): number | null {
  if (expression.kind === 'literal') {
    const { value } = expression;
    const isWhole = ['TINYINT', 'SMALLINT', 'INT', 'BIGINT'].includes(expression.type.kind);
    return isWhole && (typeof value === 'number' || typeof value === 'bigint') ? Number(value) : null;
  }
  if (expression.kind === 'cast') return constantInteger(expression.input);
  if (expression.kind !== 'call') return null;
  const [left, right] = expression.args.map(constantInteger);
  if (left === null || left === undefined || right === null) return null;
  if (right === undefined) return expression.name === '-' ? -left : null;
  if (expression.name === '+') return left + right;
  if (expression.name === '-') return left - right;
  return expression.name === '*' ? left * right : null;
}

export function nullLiteral(type: SqlType, span: Span): LiteralExpression {
  return literal(null, type, span);
}

/** A string constant: CHAR as long as it is in UTF-16 units, as in Flink. */
export function stringLiteral(text: string, span: Span): LiteralExpression {
  return literal(text, CHAR(text.length, false), span);
}

/** A typed constant. `isNegative` for a minus before a number, which decides the type of the smallest ones. */
export function bindLiteral(node: Literal, isNegative = false): LiteralExpression {
  switch (node.kind) {
    case 'numberLiteral':
      return bindNumber(node, isNegative);
    case 'stringLiteral':
      return stringLiteral(node.value, node.span);
    case 'binaryLiteral': {
      const bytes = Uint8Array.from(node.hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
      return literal(bytes, { kind: 'BINARY', length: bytes.length, nullable: false }, node.span);
    }
    case 'booleanLiteral':
      return literal(node.value, BOOLEAN(node.value === null), node.span);
    case 'nullLiteral':
      return nullLiteral(NULL_TYPE, node.span);
    case 'dateTimeLiteral':
      return bindDateTime(node);
    case 'intervalLiteral':
      return intervalLiteral(intervalValue(node), node.span);
  }
}

export function intervalLiteral({ family, count }: IntervalValue, span: Span): LiteralExpression {
  return family === 'months'
    ? literal(Number(count), INTERVAL_YEAR_MONTH(false), span)
    : literal(count, INTERVAL_DAY_TIME(false), span);
}

const int32 = { min: -2_147_483_648n, max: 2_147_483_647n };
const int64 = { min: -9_223_372_036_854_775_808n, max: 9_223_372_036_854_775_807n };

function bindNumber(node: NumberLiteral, isNegative: boolean): LiteralExpression {
  const { text, span } = node;
  if (node.form === 'approximate') {
    const value = Number(text) * (isNegative ? -1 : 1);
    return Number.isFinite(value) ? literal(value, DOUBLE(false), span) : outOfRange(node);
  }
  const [, sign = '', whole = '', fraction = ''] = /^\s*([+-]?)(\d*)\.?(\d*)\s*$/.exec(text) ?? outOfRange(node);
  const magnitude = BigInt(`${whole}${fraction}` || '0');
  const value = (sign === '-') !== isNegative ? -magnitude : magnitude;
  if (value < int64.min || value > int64.max) outOfRange(node);
  // `5.` is a whole number to Flink.
  if (fraction === '' && node.form !== 'decimalText') {
    return value >= int32.min && value <= int32.max
      ? literal(Number(value), INT(false), span)
      : literal(value, BIGINT(false), span);
  }
  const precision = Math.max(1, whole.length + fraction.length);
  return literal(value, DECIMAL(Math.min(38, precision), fraction.length, false), span);
}

function outOfRange(node: NumberLiteral): never {
  const help =
    node.form === 'approximate'
      ? 'a DOUBLE goes up to 1.8E308'
      : "a number that is written out holds 19 digits; write CAST('...' AS DECIMAL(38, s)) for more";
  fail('B008', node.span, `the number ${node.text} is out of range`, { help });
}

function bindDateTime(node: DateTimeLiteral): LiteralExpression {
  const { text, span } = node;
  switch (node.type) {
    case 'DATE': {
      const days = parseDays(text);
      return days === null ? malformed(node, 'yyyy-MM-dd') : literal(days, DATE(false), span);
    }
    case 'TIME': {
      const ms = parseTimeMs(text);
      return ms === null ? malformed(node, 'HH:mm:ss') : literal(ms, TIME(0, false), span);
    }
    case 'TIMESTAMP': {
      const parsed = parseTimestamp(text);
      if (parsed === null) malformed(node, 'yyyy-MM-dd HH:mm:ss[.fff]');
      return literal(parsed.value, TIMESTAMP(parsed.precision, false), span);
    }
    case 'TIMESTAMP WITH LOCAL TIME ZONE': {
      const parsed = parseTimestamp(text);
      if (parsed === null) malformed(node, 'yyyy-MM-dd HH:mm:ss[.fff]');
      // Flink reads it in UTC, whatever the session's zone.
      return literal(parsed.value, TIMESTAMP_LTZ(parsed.precision, false), span);
    }
    case 'DATETIME':
      fail('B008', span, 'DATETIME is not a type of Flink', { help: `write TIMESTAMP '${text}'` });
  }
}

function malformed(node: DateTimeLiteral, format: string): never {
  const help = `expected a day and time that exist, as ${format}`;
  fail('B008', node.span, `'${node.text}' is no ${node.type}`, { help });
}
