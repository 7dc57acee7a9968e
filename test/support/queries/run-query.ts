import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SourceText } from '../../../src/diagnostics/source-text.ts';
import { Engine } from '../../../src/engine.ts';
import type { JobSummary } from '../../../src/runtime/job.ts';
import { rowTexts } from '../../../src/session/result-text.ts';
import type { AnswerHeader } from '../../../src/session/statement-event.ts';

export interface QueryAnswer {
  /** The texts of the rows as they came. */
  readonly rows: string[][];
  /** What remains when the changes are applied, each row as often as it is there. */
  readonly remaining: string[][];
  readonly summary: JobSummary;
}

/**
 * Runs a query of a folder below `queries` behind its setup, as a user would. `placed` gives the setup with paths that
 * hold wherever the test runs. @throws Error when a statement is refused
 */
export async function runQuery(folder: string, name: string, placed: (setup: string) => string): Promise<QueryAnswer> {
  const setup = placed(readFileSync(join(folder, 'setup.sql'), 'utf8'));
  const query = readFileSync(join(folder, `${name}.sql`), 'utf8');
  const engine = new Engine();
  let header: AnswerHeader | undefined;
  let summary: JobSummary | undefined;
  const rows: string[][] = [];
  const counts = new Map<string, number>();
  for await (const event of engine.run(new SourceText(`${name}.sql`, `${setup}\n${query}`))) {
    if (event.kind === 'refused') throw new Error(event.diagnostics.map(({ message }) => message).join('\n'));
    if (event.kind === 'answer') header = event.header;
    if (event.kind === 'summary') summary = event.summary;
    if (event.kind !== 'rows' || header === undefined) continue;
    const textsOf = rowTexts(header);
    for (const row of event.rows) {
      const texts = textsOf(row).map((text) => text ?? 'NULL');
      rows.push(texts);
      const key = JSON.stringify(texts);
      counts.set(key, (counts.get(key) ?? 0) + (row.kind === '+I' || row.kind === '+U' ? 1 : -1));
    }
  }
  engine.close();
  if (summary === undefined) throw new Error(`${name}.sql ran no job`);
  if ([...counts.values()].some((count) => count < 0)) throw new Error(`${name}.sql took a row back that never came`);
  const remaining = [...counts].flatMap(([key, count]) =>
    Array.from({ length: count }, () => JSON.parse(key) as string[]),
  );
  return { rows, remaining, summary };
}

/** Rows as texts, in an order that does not hang on that of their coming. */
export function sorted(rows: readonly (readonly string[])[]): string[] {
  return rows.map((row) => row.join(' | ')).sort();
}
