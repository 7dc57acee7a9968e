import type { Grade } from './case-file.ts';
import { asBag, asLines, asRemaining } from './changelog.ts';
import type { Refusal, Result } from './engine-port.ts';

/** Where two texts part: what was expected and what came, line by line, and how. */
export interface Difference {
  /** One line. */
  readonly what: string;
  readonly expected: readonly string[];
  readonly got: readonly string[];
}

/** What of an answer's rows must be equal; `remaining` is all that larger batches promise. */
export type RowOrder = 'exact' | 'bag' | 'remaining' | 'kinds';

/** How a grade compares when the engine takes one row at a time, and when it takes batches. */
export function rowOrder(grade: Grade, oneByOne: boolean): RowOrder {
  if (grade === 'plan') return 'kinds';
  if (!oneByOne || grade === 'materialized') return 'remaining';
  return grade === 'ordered' ? 'exact' : 'bag';
}

/** Null when the result is as expected. */
export function compareResult(
  expected: { readonly header: string; readonly rows: Result['rows'] },
  got: Result,
  order: RowOrder,
): Difference | null {
  // The text of a plan is each engine's own.
  if (order === 'kinds') return null;
  const header = headerOf(got);
  if (header !== expected.header) {
    return { what: 'other columns', expected: [expected.header], got: [header] };
  }
  const lines = { exact: asLines, bag: asBag, remaining: asRemaining }[order];
  const [expectedLines, gotLines] = [lines(expected.rows), lines(got.rows)];
  if (same(expectedLines, gotLines)) return null;
  const what = {
    exact: 'other rows, or another order',
    bag: 'other rows',
    remaining: 'other rows remain',
  }[order];
  return { what, expected: expectedLines, got: gotLines };
}

/** `a INT, b STRING NOT NULL` */
export function headerOf(result: Result): string {
  return result.columns.map(({ name, type }) => `${name} ${type}`).join(', ');
}

/** Faults of a refusal that Flink also makes; null when it is as it should be. */
export function compareRefusal(expected: string, got: Refusal): Difference | null {
  const difference = (what: string): Difference => ({ what, expected: [expected], got: [showRefusal(got)] });
  if (got.stage !== 'runtime' && !((got.line ?? 0) >= 1 && (got.column ?? 0) >= 1)) {
    return difference('refused without a place');
  }
  const className = /^\w+/.exec(expected)?.[0] ?? '';
  if (refusedWhilePlanning.has(className) && got.stage === 'runtime') {
    return difference('refused at a row, and not before one is read');
  }
  if (refusedAtRow.has(className) && got.stage !== 'runtime') {
    return difference('refused before a row is read, and not at the row');
  }
  return null;
}

/** `B003 2:8 unknown column "usr_id"` */
export function showRefusal({ code, line, column, message }: Refusal): string {
  return `${code} ${line === null ? '' : `${line}:${column} `}${message}`;
}

/** Exceptions that Flink makes only before a job runs; of the others the class does not tell. */
const refusedWhilePlanning = new Set([
  'CannotPlanException',
  'CatalogException',
  'DatabaseNotExistException',
  'FunctionNotExistException',
  'ParseException',
  'SqlValidateException',
  'SqlValidatorException',
  'TableAlreadyExistException',
  'TokenMgrError',
]);

/** Exceptions that Flink makes only of a row. */
const refusedAtRow = new Set([
  'CsvReadException',
  'EnforcerException',
  'JsonEOFException',
  'JsonMappingException',
  'JsonParseException',
]);

function same(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((line, index) => line === right[index]);
}
