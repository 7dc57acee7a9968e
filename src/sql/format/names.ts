import type { Identifier, Property, QualifiedName, Text } from '../ast.ts';

/** `a`, or `` `a b` `` where it was in back-ticks. */
export function formatIdentifier({ name, isQuoted }: Identifier): string {
  return isQuoted ? `\`${name.replaceAll('`', '``')}\`` : name;
}

export function formatNames(names: readonly Identifier[]): string {
  return `(${names.map(formatIdentifier).join(', ')})`;
}

export function formatName({ parts }: QualifiedName): string {
  return parts.map(formatIdentifier).join('.');
}

/** `'it''s'` */
export function formatString(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

export function formatText({ value }: Text): string {
  return formatString(value);
}

export function formatProperty({ key, value }: Property): string {
  return `${formatText(key)} = ${formatText(value)}`;
}

/** ` WITH (...)`; nothing without options. */
export function formatWith(options: readonly Property[]): string {
  return options.length === 0 ? '' : ` WITH (${options.map(formatProperty).join(', ')})`;
}

/** The text behind a word, or nothing. */
export function optional(lead: string, text: string | null): string {
  return text === null ? '' : `${lead}${text}`;
}

/** ` WORD` if it holds, else nothing. */
export function flag(holds: boolean | null, words: string): string {
  return holds === true ? ` ${words}` : '';
}
