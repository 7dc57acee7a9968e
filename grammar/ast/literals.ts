import type { Expression } from './expressions.ts';
import type { Node } from './node.ts';

export type Literal =
  | NumberLiteral
  | StringLiteral
  | BinaryLiteral
  | BooleanLiteral
  | NullLiteral
  | DateTimeLiteral
  | IntervalLiteral;

/** Unsigned: a sign before it is a unary operator. */
export interface NumberLiteral extends Node {
  readonly kind: 'numberLiteral';
  /** `1`, `1.5` or `5.`, `1E3`, `DECIMAL '1.5'`. */
  readonly form: 'integer' | 'decimal' | 'approximate' | 'decimalText';
  /** As written, without quotes. */
  readonly text: string;
}

/** `'it''s'`, `U&'\263A'`, `E'a\n'`, `_UTF8'a'`, `N'a'`, and such pieces continued on further lines. */
export interface StringLiteral extends Node {
  readonly kind: 'stringLiteral';
  /** With all escapes resolved and all pieces joined. */
  readonly value: string;
  /** The character set before the string, in upper case: `UTF8`; `N` for a national string; else null. */
  readonly charset: string | null;
}

/** `X'48656C'`: an even number of hexadecimal digits. */
export interface BinaryLiteral extends Node {
  readonly kind: 'binaryLiteral';
  /** In lower case. */
  readonly hex: string;
}

/** TRUE, FALSE, UNKNOWN (null). */
export interface BooleanLiteral extends Node {
  readonly kind: 'booleanLiteral';
  readonly value: boolean | null;
}

export interface NullLiteral extends Node {
  readonly kind: 'nullLiteral';
}

/** `DATE '2024-02-29'`, `{d '2024-02-29'}`; the text is checked by the binder. */
export interface DateTimeLiteral extends Node {
  readonly kind: 'dateTimeLiteral';
  readonly type: 'DATE' | 'TIME' | 'TIMESTAMP' | 'DATETIME' | 'TIMESTAMP WITH LOCAL TIME ZONE';
  readonly text: string;
}

/** `INTERVAL -'1 02:03' DAY(3) TO MINUTE` */
export interface IntervalLiteral extends Node {
  readonly kind: 'intervalLiteral';
  /** A minus between INTERVAL and the string; a sign inside the string is part of `text`. */
  readonly isNegative: boolean;
  readonly text: string;
  readonly qualifier: IntervalQualifier;
}

/** `INTERVAL n DAY`, `INTERVAL (a + b) HOUR`. */
export interface IntervalExpression extends Node {
  readonly kind: 'intervalExpression';
  readonly isNegative: boolean;
  readonly value: Expression;
  readonly qualifier: IntervalQualifier;
}

/** `DAY(3) TO SECOND(6)` */
export interface IntervalQualifier extends Node {
  readonly kind: 'intervalQualifier';
  readonly from: IntervalUnit;
  /** Digits of the leading field, null where not written. */
  readonly precision: number | null;
  readonly to: IntervalUnit | null;
  /** Digits of the fraction of a second, null where not written. */
  readonly fractionPrecision: number | null;
}

export type IntervalUnit = 'YEAR' | 'QUARTER' | 'MONTH' | 'WEEK' | 'DAY' | 'HOUR' | 'MINUTE' | 'SECOND';
