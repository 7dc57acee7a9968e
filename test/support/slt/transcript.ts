/** A transcript: statements, rows that arrive, and what is answered. The format is in `test/README.md`. */
export interface Transcript {
  readonly path: string;
  readonly steps: readonly Step[];
  /** What the head of the file holds fixed; the rest of the matrix is run. */
  readonly pins: Pins;
}

export interface Pins {
  /** Number of shards that rows are spread over; null for each of the matrix. */
  readonly shards: number | null;
  readonly zone: string | null;
  readonly batchSize: number | null;
}

export type Step =
  | { readonly kind: 'statement'; readonly line: number; readonly sql: string }
  | {
      readonly kind: 'error';
      readonly line: number;
      readonly sql: string;
      /** `B003` */
      readonly code: string;
      /** `1:8 unknown column "x"`, place in the statement and message; null when only the code matters. */
      readonly text: string | null;
    }
  | {
      readonly kind: 'query';
      readonly line: number;
      readonly sql: string;
      readonly order: QueryOrder;
      /** `a INT, b STRING`; null when the columns are not told. */
      readonly header: string | null;
      readonly rows: readonly string[];
      /** Lines of the file that hold header and rows: `[start, end)`, from 0. */
      readonly answerLines: { readonly start: number; readonly end: number };
    }
  | {
      readonly kind: 'feed';
      readonly line: number;
      readonly table: string;
      /** Null when the runner spreads the rows. */
      readonly shard: number | null;
      readonly rows: readonly string[];
    };

/**
 * `ordered`: the changes in their order. `sorted`: the changes in any order.
 * `materialized`: the rows that remain when the changes are applied.
 */
export type QueryOrder = 'ordered' | 'sorted' | 'materialized';

/** @throws Error with file and line when the text is not a transcript */
export function parseTranscript(path: string, text: string): Transcript {
  const lines = text.split('\n');
  const pins = { shards: null as number | null, zone: null as string | null, batchSize: null as number | null };
  const steps: Step[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? '';
    if (line.startsWith('#')) readPin(line, pins);
    if (line.trim() === '' || line.startsWith('#')) {
      at++;
      continue;
    }
    let end = at + 1;
    while (end < lines.length && (lines[end] ?? '').trim() !== '') end++;
    steps.push(parseStep(path, at, lines.slice(at, end)));
    at = end;
  }
  check(path, steps, pins);
  return { path, steps, pins };
}

function readPin(line: string, pins: { -readonly [K in keyof Pins]: Pins[K] }): void {
  const [, key, value = ''] = /^# (shards|zone|batch-size): (\S+)\s*$/.exec(line) ?? [];
  if (key === 'shards') pins.shards = Number(value);
  if (key === 'zone') pins.zone = value;
  if (key === 'batch-size') pins.batchSize = Number(value);
}

/** @param start index of the step's first line in the file, from 0 */
function parseStep(path: string, start: number, lines: readonly string[]): Step {
  const line = start + 1;
  const fail = (what: string): never => {
    throw new Error(`${path}:${line}: ${what}`);
  };
  const [head = '', ...body] = lines;
  const words = head.trim().split(/\s+/);
  const separator = body.indexOf('----');
  const sql = (separator < 0 ? body : body.slice(0, separator)).join('\n');
  const told = separator < 0 ? null : body.slice(separator + 1);

  if (words[0] === 'feed') {
    const [, table, shardWord, shard] = words;
    if (table === undefined || (shardWord !== undefined && (shardWord !== 'shard' || !/^\d+$/.test(shard ?? '')))) {
      return fail('"feed TABLE" or "feed TABLE shard N" is expected');
    }
    const rows = body.map((row) => (row.startsWith('{') ? withoutComment(row) : row));
    return { kind: 'feed', line, table, shard: shard === undefined ? null : Number(shard), rows };
  }
  if (sql.trim() === '') return fail('a step without SQL');
  const [verb, mode, code] = words;
  if ((verb === 'statement' || verb === 'query') && mode === 'error') {
    if (!/^[A-Z]\d{3}$/.test(code ?? '')) return fail('"error CODE" is expected, such as "error B003"');
    return { kind: 'error', line, sql, code: code ?? '', text: told === null ? null : told.join('\n') };
  }
  if (verb === 'statement' && mode === 'ok') {
    return told === null ? { kind: 'statement', line, sql } : fail('a statement answers nothing; a query does');
  }
  if (verb === 'query' && (mode === 'ordered' || mode === 'sorted' || mode === 'materialized')) {
    if (told === null) return fail('a query without "----" and its answer');
    const answerStart = start + 1 + separator + 1;
    const header = told[0]?.startsWith('| ') ? told[0].slice(2) : null;
    const rows = (header === null ? told : told.slice(1)).map((row) => normalizeRow(withoutComment(row)));
    const answerLines = { start: answerStart, end: start + lines.length };
    return { kind: 'query', line, sql, order: mode, header, rows, answerLines };
  }
  return fail('statement ok, statement error CODE, query ordered|sorted|materialized, or feed TABLE is expected');
}

function check(path: string, steps: readonly Step[], pins: Pins): void {
  const reads = steps.findIndex(
    (step) => step.kind === 'query' || (step.kind === 'statement' && /^\s*(insert|execute|begin)\b/i.test(step.sql)),
  );
  const lateFeed = steps.slice(Math.max(reads, 0)).find((step) => reads >= 0 && step.kind === 'feed');
  if (lateFeed) throw new Error(`${path}:${lateFeed.line}: rows come before the first query that reads`);
  const sharded = steps.find((step) => step.kind === 'feed' && step.shard !== null && step.shard >= (pins.shards ?? 0));
  if (sharded) throw new Error(`${path}:${sharded.line}: "# shards: N" at the head says how many shards there are`);
  if (!steps.some((step) => step.kind === 'query' || step.kind === 'error')) {
    throw new Error(`${path}: expects nothing`);
  }
}

/** A comment stands after two blanks or more: `{"a": 1}  -- late`. */
function withoutComment(row: string): string {
  return row.replace(/\s{2,}-- .*$/, '');
}

/** Columns may be aligned by blanks. */
function normalizeRow(row: string): string {
  return row.trim().replace(/("(?:[^"\\]|\\.)*")|\s*\|\s*/g, (_, quoted?: string) => quoted ?? ' | ');
}
