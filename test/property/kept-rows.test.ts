import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { Memory } from '../../src/memory/memory.ts';
import { rowTexts } from '../../src/session/result-text.ts';
import type { AnswerHeader } from '../../src/session/statement-event.ts';

/**
 * What is kept is what was dropped: as many rows as the operators have counted, the same at every size of batches; and a
 * window over a table with what was kept of it has every row, whatever their order.
 */

const memory = Memory.create();
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-kept-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Row {
  readonly id: number;
  readonly key: string;
  /** Seconds. */
  readonly at: number;
  /** 0 and texts that are no number fail where they are computed with. */
  readonly n: number | string;
}

const step = fc.record({
  key: fc.constantFrom('a', 'b'),
  step: fc.nat(6),
  disorder: fc.nat(20),
  n: fc.constantFrom(1, 2, 5, 0, 'none'),
});
const rows = fc.array(step, { maxLength: 50 }).map((steps): readonly Row[] => {
  let now = 100;
  return steps.map(({ key, step: seconds, disorder, n }, id) => {
    now += seconds;
    return { id, key, at: now - disorder, n };
  });
});
const inputs = fc.record({
  rows,
  other: rows,
  delay: fc.constantFrom<number[]>(0, 2, 8),
  shards: fc.constantFrom(1, 1, 2),
});
type Inputs = typeof inputs extends fc.Arbitrary<infer T> ? T : never;

const numRuns = Math.max(2, Math.ceil(Number(process.env.TIDEMARK_FUZZ_RUNS ?? 400) / 200));

const windows = (call: string, keys = '') =>
  `SELECT window_start, COUNT(*) FROM TABLE(${call}) GROUP BY window_start, window_end${keys}`;
const ranked = (by: string) =>
  `SELECT * FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY ${by}) AS rn
     FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND))) WHERE rn <= 2`;

/** Every operator that drops late rows. */
const queries: Readonly<Record<string, string>> = {
  tumble: windows("TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)"),
  hop: windows("HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND)"),
  cumulate: windows("CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND)"),
  session: windows("SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '3' SECOND)", ', k'),
  'session rows':
    "SELECT id, window_start FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '3' SECOND))",
  'group window': "SELECT COUNT(*) FROM t GROUP BY TUMBLE(ts, INTERVAL '10' SECOND)",
  'window top-n': ranked('id DESC'),
  'window deduplication': ranked('ts').replace('<= 2', '= 1'),
  'first row': `SELECT id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM t) WHERE rn = 1`,
  over: 'SELECT id, COUNT(*) OVER (PARTITION BY k ORDER BY ts) FROM t',
  'over rows': 'SELECT id, COUNT(*) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM t',
  'over range':
    "SELECT id, COUNT(*) OVER (PARTITION BY k ORDER BY ts RANGE BETWEEN INTERVAL '5' SECOND PRECEDING AND CURRENT ROW) FROM t",
  sort: 'SELECT id FROM t ORDER BY ts',
  pattern: `SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.id AS a, B.id AS b
     AFTER MATCH SKIP PAST LAST ROW PATTERN (A B) DEFINE B AS B.id > A.id)`,
  'interval join': "SELECT t.id, u.id FROM t JOIN u ON t.k = u.k AND t.ts BETWEEN u.ts - INTERVAL '3' SECOND AND u.ts",
  'window join': `SELECT l.id, r.id FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) l
     JOIN TABLE(HOP(TABLE u, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) r
     ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end`,
  'window join with itself': `SELECT l.id FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) l
     JOIN TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) r
     ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end`,
  union: windows(
    `TUMBLE((SELECT ts, id FROM t WHERE k = 'a' UNION ALL SELECT ts, id FROM t WHERE k = 'b'), DESCRIPTOR(ts), INTERVAL '10' SECOND)`,
  ),
  'window of windows': `SELECT window_start, SUM(n) FROM TABLE(TUMBLE((SELECT window_time AS wt, k, COUNT(*) AS n
     FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '2' SECOND)) GROUP BY window_start, window_end, window_time, k),
     DESCRIPTOR(wt), INTERVAL '10' SECOND)) GROUP BY window_start, window_end`,
};

/** The same as SQL sees the time of `at` seconds. */
function time(at: number): string {
  return new Date(Date.UTC(2024, 0, 1) + at * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

function declared({ rows: left, other, delay, shards }: Inputs, options = ''): string {
  return [left, other]
    .map((list, side) => {
      const name = side === 0 ? 't' : 'u';
      const path = join(folder, name);
      rmSync(path, { recursive: true, force: true });
      mkdirSync(path);
      for (let shard = 0; shard < shards; shard++) {
        const lines = list
          .filter(({ id }) => id % shards === shard)
          .map(({ id, key, at, n }) => JSON.stringify({ id, k: key, ts: time(at), n }));
        writeFileSync(join(path, `${shard}.json`), lines.map((line) => `${line}\n`).join(''));
      }
      return `CREATE TABLE ${name} (id INT, k STRING, n STRING, ts TIMESTAMP(3),
        WATERMARK FOR ts AS ts - INTERVAL '${delay}' SECOND)
        WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = 'json'${options});`;
    })
    .join('\n');
}

/** Applies a change to the rows that are there. */
function change(rows: string[], kind: string, row: string): void {
  if (kind === '+I' || kind === '+U') rows.push(row);
  else rows.splice(rows.lastIndexOf(row), 1);
}

interface Answers {
  readonly answers: readonly (readonly string[])[];
  readonly lateRows: number;
  readonly kept: number;
}

async function run(script: string, batchSize: number): Promise<Answers> {
  const engine = new Engine({ memory, settings: { 'tidemark.batch-size': `${batchSize}` } });
  const answers: string[][] = [];
  let header: AnswerHeader | null = null;
  let lateRows = 0;
  let kept = 0;
  for await (const event of engine.run(new SourceText('kept.sql', script))) {
    if (event.kind === 'refused') throw new Error(event.diagnostics.map(({ message }) => message).join('\n'));
    if (event.kind === 'answer') {
      header = event.header;
      answers.push([]);
    }
    if (event.kind === 'rows' && header !== null) {
      const texts = rowTexts(header);
      for (const row of event.rows) change(answers.at(-1) ?? [], row.kind, texts(row).join('|'));
    }
    if (event.kind !== 'summary') continue;
    lateRows += event.summary.lateRows;
    kept += event.summary.kept.reduce((sum, { rows: count }) => sum + count, 0);
  }
  engine.close();
  return { answers, lateRows, kept };
}

test.each(Object.entries(queries))(
  'of a %s as many rows are kept as were late, the same at every batch size',
  async (_, query) => {
    const shown = (table: string) =>
      `SELECT id, k, ts, late_watermark, late_by_ms, late_operator, late_shard, late_offset, late_row FROM ${table}$late;`;
    await fc.assert(
      fc.asyncProperty(inputs, async (given) => {
        const script = `${declared(given)}\n${query};\n${shown('t')}\n${shown('u')}`;
        const [one, seven, all] = [await run(script, 1), await run(script, 7), await run(script, 8192)];
        for (const { answers, lateRows, kept } of [one, seven, all]) {
          expect(kept).toBe(lateRows);
          expect((answers[1]?.length ?? 0) + (answers[2]?.length ?? 0)).toBe(lateRows);
        }
        const rowsOf = ({ answers }: Answers) => answers.slice(1).map((list) => [...list].sort());
        expect(rowsOf(seven)).toEqual(rowsOf(one));
        expect(rowsOf(all)).toEqual(rowsOf(one));
      }),
      { numRuns },
    );
  },
);

test('a window over a table and its late rows has all rows', async () => {
  const counts = (table: string) =>
    `SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE ${table}, DESCRIPTOR(ts), INTERVAL '10' SECOND))
     GROUP BY window_start, window_end;`;
  await fc.assert(
    fc.asyncProperty(inputs, fc.constantFrom(1, 7, 8192), async (given, batchSize) => {
      const view = (name: string, first: string, second: string) =>
        `CREATE VIEW ${name} AS SELECT ts FROM ${first} UNION ALL SELECT ts FROM ${second};`;
      const script = `${declared(given)}\n${counts('t')}\n${view('v', 't', 't$late')}\n${view('w', 't$late', 't')}\n${counts('v')}\n${counts('w')}`;
      const { answers } = await run(script, batchSize);
      const expected = new Map<string, number>();
      for (const { at } of given.rows) {
        const start = `${time(Math.floor(at / 10) * 10)}.000`;
        expected.set(start, (expected.get(start) ?? 0) + 1);
      }
      const sorted = [...expected].map(([start, count]) => `${start}|${count}`).sort();
      expect([...(answers[1] ?? [])].sort()).toEqual(sorted);
      expect([...(answers[2] ?? [])].sort()).toEqual(sorted);
    }),
    { numRuns: numRuns * 4 },
  );
});

/** Rows whose `n` is 0 or no number fail; the others are counted as if those had not been there. */
const failing: Readonly<Record<string, string>> = {
  projection: 'SELECT id, 10 / CAST(n AS INT) FROM t',
  group: 'SELECT k, COUNT(*), SUM(10 / CAST(n AS INT)) FROM t GROUP BY k',
  window: windows("TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)").replace(
    'COUNT(*)',
    'COUNT(*), MAX(10 / CAST(n AS INT))',
  ),
  over: 'SELECT id, SUM(10 / CAST(n AS INT)) OVER (PARTITION BY k ORDER BY ts) FROM t',
  sort: 'SELECT id, 10 / CAST(n AS INT) AS q FROM t ORDER BY ts',
  join: 'SELECT t.id, u.id FROM (SELECT id, k, 10 / CAST(n AS INT) AS q FROM t) t JOIN u ON t.k = u.k AND q = u.id',
};

test.each(Object.entries(failing))('rows that fail in a %s are kept and leave no trace', async (_, query) => {
  await fc.assert(
    fc.asyncProperty(inputs, fc.constantFrom(1, 7, 8192), async (given, batchSize) => {
      // Those that fail count for the watermark, so that nothing but the failure tells the two apart.
      const isGood = ({ n }: Row) => n !== 0 && n !== 'none';
      const calm = { ...given, delay: 60 };
      const keep = ", 'tidemark.on-error' = 'keep'";
      const shown =
        "SELECT id, error_code, error_place FROM (SELECT JSON_VALUE(CAST(error_raw AS STRING), '$.id') AS id, error_code, error_place FROM t$errors);";
      const kept = await run(`${declared(calm, keep)}\n${query};\n${shown}`, batchSize);
      const good = await run(`${declared({ ...calm, rows: calm.rows.filter(isGood) }, keep)}\n${query};`, batchSize);
      expect([...(kept.answers[0] ?? [])].sort()).toEqual([...(good.answers[0] ?? [])].sort());
      const failed = kept.answers[1]?.map((line) => Number(line.split('|')[0])).sort((a, b) => a - b);
      expect(failed).toEqual(given.rows.filter((each) => !isGood(each)).map(({ id }) => id));
    }),
    { numRuns },
  );
});
