import type { ChangeKind, ChangeRow } from './engine-port.ts';

/** A script with its input files and what Flink answered. */
export interface ScriptCase {
  readonly name: string;
  /** Line of the name, from 1. */
  readonly line: number;
  readonly files: readonly InputFile[];
  /** Statements; `${dir}` stands for the folder of the files. */
  readonly sql: string;
  /** One for each statement that answers, in order; an error is the last. */
  readonly expected: readonly Expectation[];
  /** Empty when there is none. */
  readonly note: string;
}

export interface InputFile {
  /** Within the folder of the case. */
  readonly path: string;
  readonly text: string;
}

export type Expectation =
  | { readonly kind: 'answer'; readonly grade: Grade; readonly header: string; readonly rows: readonly ChangeRow[] }
  | { readonly kind: 'error'; readonly text: string };

/** How an answer compares: README of the corpus. */
export type Grade = 'ordered' | 'bag' | 'materialized' | 'plan';

interface Section {
  readonly kind: string;
  readonly argument: string;
  readonly line: number;
  readonly lines: string[];
}

/** Reads a `.case` file. @throws Error with file and line when it is not one */
export function parseCaseFile(path: string, text: string): ScriptCase[] {
  const cases: { name: string; line: number; sections: Section[] }[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    const line = index + 1;
    const head = /^=== (.*)$/.exec(content);
    const part = /^--- (sql|file|answer|error|note)\b\s*(.*)$/.exec(content);
    const current = cases.at(-1);
    if (head) {
      cases.push({ name: (head[1] ?? '').trim(), line, sections: [] });
    } else if (current === undefined) {
    } else if (part) {
      current.sections.push({ kind: part[1] ?? '', argument: (part[2] ?? '').trim(), line, lines: [] });
    } else if (current.sections.length > 0) {
      current.sections.at(-1)?.lines.push(content);
    } else if (content.trim() !== '') {
      throw new Error(`${path}:${line}: text before the first section of "${current.name}"`);
    }
  }
  return cases.map(({ name, line, sections }) => {
    const of = (kind: string) => sections.filter((section) => section.kind === kind);
    const expected = sections.flatMap((section) => expectation(path, section));
    const sql = of('sql').map(body).join('\n');
    if (sql.trim() === '') throw new Error(`${path}:${line}: "${name}" has no SQL`);
    if (expected.length === 0) throw new Error(`${path}:${line}: "${name}" has no answer`);
    const files = of('file').map((section) => ({ path: section.argument, text: `${body(section)}\n` }));
    return { name, line, files, sql, expected, note: of('note').map(body).join('\n') };
  });
}

function expectation(path: string, section: Section): Expectation[] {
  if (section.kind === 'error') return [{ kind: 'error', text: body(section) }];
  if (section.kind !== 'answer') return [];
  const grade = section.argument;
  if (grade !== 'ordered' && grade !== 'bag' && grade !== 'materialized' && grade !== 'plan') {
    throw new Error(`${path}:${section.line}: an answer is ordered, bag, materialized or plan, not "${grade}"`);
  }
  const [header = '', ...rows] = section.lines;
  if (!header.startsWith('| ')) throw new Error(`${path}:${section.line + 1}: "| name TYPE, ..." is expected`);
  return [
    {
      kind: 'answer',
      grade,
      header: header.slice(2),
      rows: rows.flatMap((row, index) => (row === '' ? [] : [parseRow(path, section.line + 2 + index, row)])),
    },
  ];
}

function parseRow(path: string, line: number, row: string): ChangeRow {
  const match = /^(\+I|-U|\+U|-D) (\[.*\])$/s.exec(row);
  if (!match) throw new Error(`${path}:${line}: "+I [...]" is expected`);
  return [match[1] as ChangeKind, JSON.parse(match[2] ?? '') as (string | null)[]];
}

/** Blank lines at the end of a section separate it from the next; they are not of it. */
function body(section: Section): string {
  return section.lines.join('\n').replace(/\n+$/, '');
}
