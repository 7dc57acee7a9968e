import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { headerOf } from '../conformance/compare.ts';
import type { Answer, EnginePort, Refusal, Result } from '../conformance/engine-port.ts';
import { within } from '../conformance/within.ts';
import { type Cell, settingsOf } from './matrix.ts';
import { remainingOfTexts, remainingTexts, rowText } from './row-text.ts';
import type { Step, Transcript } from './transcript.ts';

/** What a step answered otherwise. */
export interface Mismatch {
  /** Of the step, in its file. */
  readonly line: number;
  readonly what: string;
  readonly expected: readonly string[];
  readonly got: readonly string[];
}

/** A transcript's runs take milliseconds; one that takes this long does not end. */
const timeoutMs = 20_000;

type Query = Extract<Step, { kind: 'query' }>;

/**
 * Runs a transcript in one cell of the matrix: once for its queries, and once for each expected error, since an
 * error ends a script. Without `comparesChanges` only the rows that remain are compared. @returns every step that answers otherwise
 */
export async function runTranscript(
  port: EnginePort,
  transcript: Transcript,
  cell: Cell,
  { comparesChanges = true }: { readonly comparesChanges?: boolean } = {},
): Promise<Mismatch[]> {
  const dir = await mkdtemp(join(tmpdir(), 'tidemark-slt-'));
  try {
    await writeFeeds(transcript.steps, cell, dir);
    const context = { port, path: transcript.path, dir, settings: settingsOf(cell) };
    const main = await runQueries(context, transcript, cell, comparesChanges);
    const errors: Mismatch[] = [];
    for (const [index, step] of transcript.steps.entries()) {
      if (step.kind === 'error') errors.push(...(await runError(context, transcript.steps.slice(0, index), step)));
    }
    return [...main, ...errors];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

interface Context {
  readonly port: EnginePort;
  readonly path: string;
  readonly dir: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** The results of the queries, in order, or the mismatch that hides them. */
export async function queryResults(
  { port, path, dir, settings }: Context,
  steps: readonly Step[],
): Promise<{ results: Result[]; refused: Mismatch | null }> {
  const run = steps.filter((step) => step.kind === 'statement' || step.kind === 'query');
  const { script, lineOf } = scriptOf(run, dir);
  const results: Result[] = [];
  for (const answer of await collect(port, script, { scriptName: path, settings })) {
    if ('error' in answer) {
      const at = run.findLast((step) => lineOf(step) <= (answer.error.line ?? 0)) ?? run[results.length];
      const got = [`${answer.error.code} ${answer.error.message}`];
      return { results, refused: { line: at?.line ?? 1, what: 'is refused', expected: [], got } };
    }
    results.push(answer);
  }
  return { results, refused: null };
}

async function runQueries(
  context: Context,
  { steps, pins }: Transcript,
  cell: Cell,
  comparesChanges: boolean,
): Promise<Mismatch[]> {
  const keepsOrder = comparesChanges && (cell.shards === 1 || pins.shards !== null);
  const queries = steps.filter((step) => step.kind === 'query');
  const { results, refused } = await queryResults(context, steps);
  const mismatches = queries.flatMap((query, index) => {
    const result = results[index];
    return result === undefined ? [] : compareQuery(query, result, { ...cell, keepsOrder });
  });
  if (refused !== null) return [...mismatches, refused];
  if (results.length !== queries.length) {
    const what = `${results.length} statements answer, and not the ${queries.length} queries`;
    return [...mismatches, { line: steps[0]?.line ?? 1, what, expected: [], got: [] }];
  }
  return mismatches;
}

function compareQuery(
  query: Query,
  result: Result,
  { batchSize, keepsOrder }: Cell & { readonly keepsOrder: boolean },
): Mismatch[] {
  if (query.header !== null && query.header !== headerOf(result)) {
    return [{ line: query.line, what: 'other columns', expected: [query.header], got: [headerOf(result)] }];
  }
  // Batches may skip updates that they overtake, and rows spread by the runner are read in another order; rows that
  // are only added come in one order whatever the batches.
  const isAppend = query.rows.every((row) => row.startsWith('+I '));
  const isExact = query.order !== 'materialized' && keepsOrder && (batchSize === 1 || isAppend);
  const changes = isExact ? result.rows.map(rowText) : remainingTexts(result.rows);
  const told = isExact ? [...query.rows] : remainingOfTexts(query.rows);
  const isSorted = isExact && query.order === 'sorted';
  const [expected, got] = isSorted ? [told.sort(), changes.sort()] : [told, changes];
  if (expected.length === got.length && expected.every((row, index) => row === got[index])) return [];
  return [{ line: query.line, what: isExact ? 'other rows' : 'other rows remain', expected, got }];
}

async function runError(
  { port, path, dir, settings }: Context,
  before: readonly Step[],
  step: Extract<Step, { kind: 'error' }>,
): Promise<Mismatch[]> {
  // What was inserted before is there already.
  const setup = before
    .filter((other) => other.kind === 'statement')
    .filter(({ sql }) => !/^\s*(insert|execute|begin)\b/i.test(sql));
  const { script, lineOf } = scriptOf<{ readonly sql: string }>([...setup, step], dir);
  const last = (await collect(port, script, { scriptName: path, settings })).at(-1);
  const expected = [step.text === null ? step.code : `${step.code} ${step.text}`];
  if (last === undefined || !('error' in last)) {
    return [{ line: step.line, what: 'is not refused', expected, got: [] }];
  }
  const got = [errorText(last.error, lineOf(step), dir, step.text !== null)];
  if (expected[0] === got[0]) return [];
  return [{ line: step.line, what: 'is refused otherwise', expected, got }];
}

function errorText(error: Refusal, firstLine: number, dir: string, isWhole: boolean): string {
  if (!isWhole) return error.code;
  const place = error.line === null ? '' : `${error.line - firstLine + 1}:${error.column} `;
  return `${error.code} ${place}${error.message.replaceAll(dir, '${dir}')}`;
}

/** The statements as one script, and the line of it on which each begins, from 1. */
function scriptOf<S extends { readonly sql: string }>(
  steps: readonly S[],
  dir: string,
): { script: string; lineOf: (step: S) => number } {
  const starts = new Map<S, number>();
  let script = '';
  let line = 1;
  for (const step of steps) {
    starts.set(step, line);
    const text = `${step.sql.replaceAll('${dir}', dir).replace(/;\s*$/, '')};\n`;
    script += text;
    line += text.split('\n').length - 1;
  }
  return { script, lineOf: (step) => starts.get(step) ?? 1 };
}

async function collect(
  port: EnginePort,
  script: string,
  options: { scriptName: string; settings: Readonly<Record<string, string>> },
): Promise<Answer[]> {
  const answers = async () => {
    const all: Answer[] = [];
    for await (const answer of port.run(script, options)) all.push(answer);
    return all;
  };
  return within(timeoutMs, answers());
}

/**
 * Writes each table's rows to `${dir}/TABLE/`, one file a shard. Rows without a shard are dealt out in turn, so each
 * shard has its rows in the order of the transcript; a table with shards of its own keeps them.
 */
export async function writeFeeds(steps: readonly Step[], { shards }: Cell, dir: string): Promise<void> {
  const feeds = steps.filter((step) => step.kind === 'feed');
  for (const [table, ofTable] of Map.groupBy(feeds, (feed) => feed.table)) {
    const files: string[][] = [];
    let dealt = 0;
    for (const { shard, rows } of ofTable) {
      for (const row of rows) {
        const index = shard ?? dealt++ % shards;
        files[index] = [...(files[index] ?? []), row];
      }
    }
    await mkdir(join(dir, table), { recursive: true });
    for (const [index, rows = []] of files.entries()) {
      await writeFile(join(dir, table, `${index}`), rows.map((row) => `${row}\n`).join(''));
    }
  }
}
