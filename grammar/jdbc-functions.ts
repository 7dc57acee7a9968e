import type { Span } from '../src/diagnostics/source-text.ts';
import type { Argument, Expression } from './ast/expressions.ts';
import type { QualifiedName } from './ast/node.ts';
import type { BasicTypeName, TypeName } from './ast/types.ts';
import { emptyCall } from './rules/values.ts';

/** Those that are called here as they are in JDBC. */
const sameName = new Set(
  `ABS ACOS ASIN ATAN ATAN2 COS COT DAYOFMONTH DAYOFWEEK DAYOFYEAR DEGREES EXP HOUR LOG10 MINUTE MOD
  MONTH PI POWER QUARTER RADIANS SECOND SIGN SIN SQRT TAN WEEK YEAR`.split(/\s+/),
);

const otherName: ReadonlyMap<string, string> = new Map([
  ['LCASE', 'LOWER'],
  ['UCASE', 'UPPER'],
  ['LENGTH', 'CHAR_LENGTH'],
  ['LOG', 'LN'],
  ['IFNULL', 'COALESCE'],
]);

/**
 * What `{fn NAME(...)}` stands for: the functions of JDBC that Flink runs, by their names in upper case. What is none
 * of them is a call of a function whose name is `{fn NAME}`, which there is not.
 */
export function jdbcFunction(name: QualifiedName, items: readonly Argument[], span: Span): Expression {
  const word = name.parts.map((part) => part.name).join('.');
  const values = items.every((item) => item.name === null) ? items.map(({ value }) => value) : [];
  const ownSyntax = withOwnSyntax(`${word}/${values.length}`, values as unknown as Values, span);
  if (ownSyntax !== null) return ownSyntax;
  const called = sameName.has(word) ? word : otherName.get(word);
  const part = { ...name.parts[0]!, name: called ?? `{fn ${word}}`, isQuoted: called === undefined };
  return { ...emptyCall, span, name: { ...name, parts: [part] }, arguments: items };
}

/** The type of `SQL_INTEGER` or `SQL_INTERVAL_DAY`; null for a word that names none. */
export function jdbcType(word: string, span: Span): TypeName | null {
  const name = types.get(word.toUpperCase().slice('SQL_'.length));
  return name === undefined ? null : { kind: 'basicType', span, isNullable: null, name, parameters: [] };
}

const types: ReadonlyMap<string, BasicTypeName> = new Map([
  ...typesOfTheirName('CHAR', 'VARCHAR', 'BINARY', 'VARBINARY', 'DATE', 'TIME', 'TIMESTAMP', 'DECIMAL', 'BOOLEAN'),
  ...typesOfTheirName('TINYINT', 'SMALLINT', 'BIGINT', 'REAL', 'FLOAT', 'DOUBLE'),
  ['INTEGER', 'INT'],
  ['NUMERIC', 'DECIMAL'],
  ...typesOfTheirName('INTERVAL YEAR', 'INTERVAL MONTH', 'INTERVAL DAY', 'INTERVAL HOUR', 'INTERVAL MINUTE'),
  ...typesOfTheirName('INTERVAL SECOND'),
]);

function typesOfTheirName(...names: readonly BasicTypeName[]): readonly (readonly [string, BasicTypeName])[] {
  return names.map((name) => [name.replaceAll(' ', '_'), name]);
}

/** So many as the call says that there are. */
type Values = readonly [Expression, Expression, Expression, Expression];

function withOwnSyntax(call: string, [first, second, third, fourth]: Values, span: Span): Expression | null {
  switch (call) {
    case 'FLOOR/1':
      return { kind: 'floorCeil', span, name: 'FLOOR', value: first, unit: null };
    case 'CEILING/1':
      return { kind: 'floorCeil', span, name: 'CEIL', value: first, unit: null };
    case 'LTRIM/1':
      return { kind: 'trim', span, side: 'LEADING', characters: null, value: first };
    case 'RTRIM/1':
      return { kind: 'trim', span, side: 'TRAILING', characters: null, value: first };
    case 'CONCAT/2':
      return { kind: 'binary', span, operator: '||', left: first, right: second };
    case 'LOCATE/2':
      return { kind: 'position', span, needle: first, haystack: second, from: null };
    case 'LOCATE/3':
      return { kind: 'position', span, needle: first, haystack: second, from: third };
    case 'INSERT/4':
      return { kind: 'overlay', span, value: first, placing: fourth, from: second, length: third };
    default:
      return null;
  }
}
