/** A text of SQL in both dialects. */
export interface Sql {
  readonly flink: string;
  readonly duckdb: string;
}

type Part = Sql | string | number;

/** The same text in both, but for the parts that are not: `sql`SELECT ${value} FROM t``. */
export function sql(texts: TemplateStringsArray, ...parts: readonly Part[]): Sql {
  return { flink: woven(texts, parts, 'flink'), duckdb: woven(texts, parts, 'duckdb') };
}

function woven(texts: readonly string[], parts: readonly Part[], dialect: keyof Sql): string {
  return texts.map((text, at) => `${text}${at < parts.length ? textOf(parts[at] ?? '', dialect) : ''}`).join('');
}

function textOf(part: Part, dialect: keyof Sql): string {
  return typeof part === 'object' ? part[dialect] : String(part);
}

export function joined(parts: readonly Part[], separator = ', '): Sql {
  const text = (dialect: keyof Sql): string => parts.map((part) => textOf(part, dialect)).join(separator);
  return { flink: text('flink'), duckdb: text('duckdb') };
}

/** `keyword condition`, or nothing. */
export function clause(keyword: string, condition: Sql | null): Sql {
  return condition === null ? sql`` : sql` ${keyword} ${condition}`;
}
