import { DOUBLE, INT, type SqlType, withNullable } from '../types/sql-type.ts';
import { commonArgumentType, isCharacter, isInteger, isNumeric, isTimestamp } from './coercion.ts';
import type { Parameter, ParameterContext } from './scalar-function.ts';

/**
 * Makers of parameters, one a family of types. A parameter takes the argument's own type unless it says otherwise;
 * text is never read as a number or a time, as in Flink. A bare NULL is refused unless stated.
 */
type Options = Pick<Parameter, 'optional' | 'variadic' | 'literal'>;

/** Any parameter: `parameter('x', 'NUMERIC', isNumeric)`. */
export function parameter(
  name: string,
  text: string,
  accepts: (type: SqlType, context: ParameterContext) => SqlType | boolean | null,
  options: Options = {},
): Parameter {
  return {
    name,
    text,
    ...options,
    accepts: (type, context) => {
      const answer = accepts(type, context);
      if (answer === true) return type;
      return answer === false ? null : answer;
    },
  };
}

export const numeric = (name: string, options?: Options) => parameter(name, 'NUMERIC', isNumeric, options);
/** Any number, cast to DOUBLE. */
export const double = (name: string, options?: Options) =>
  parameter(name, 'NUMERIC', (type) => (isNumeric(type) ? DOUBLE(type.nullable) : null), options);
/** TINYINT, SMALLINT and INT, cast to INT; a BIGINT is refused. */
export const int = (name: string, options?: Options) =>
  parameter(name, 'INT', (type) => (isInteger(type) && type.kind !== 'BIGINT' ? INT(type.nullable) : null), options);
export const boolean = (name: string, options?: Options) =>
  parameter(name, 'BOOLEAN', (type) => type.kind === 'BOOLEAN', options);
/** CHAR and VARCHAR. */
export const character = (name: string, options?: Options) => parameter(name, 'STRING', isCharacter, options);
/** TIMESTAMP and TIMESTAMP_LTZ. */
export const timestamp = (name: string, options?: Options) => parameter(name, 'TIMESTAMP', isTimestamp, options);
/** Anything but a bare NULL. */
export const any = (name: string, options?: Options) => parameter(name, 'ANY', (type) => type.kind !== 'NULL', options);
/** The type that all arguments have in common; a bare NULL among them is NULL of that type. */
export const common = (name: string, options?: Options) =>
  parameter(
    name,
    'COMMON',
    (type, { args }) => {
      const shared = commonArgumentType(args);
      return shared === null || shared.kind === 'NULL' ? null : withNullable(shared, type.nullable);
    },
    options,
  );
