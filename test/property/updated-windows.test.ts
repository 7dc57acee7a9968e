import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { Memory } from '../../src/memory/memory.ts';

/** Windows that are sent early and late against their definition, whatever the batches and the delays. */

const memory = Memory.create();
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-emit-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const epochMs = Date.UTC(2024, 0, 1);
const inputs = fc.record({
  steps: fc.array(
    fc.record({ key: fc.constantFrom('a', 'b', 'a longer key'), step: fc.nat(4), disorder: fc.nat(30), v: fc.nat(9) }),
    { maxLength: 60 },
  ),
  window: fc.constantFrom({ size: 10, slide: 10 }, { size: 10, slide: 5 }, { size: 10, slide: 4 }),
  early: fc.constantFrom(null, '0 s', '1 h'),
  late: fc.constantFrom(null, '0 s', '3 s'),
  lateness: fc.constantFrom(3, 7, 20),
});
type Inputs = typeof inputs extends fc.Arbitrary<infer T> ? T : never;

interface Row {
  readonly k: string;
  readonly at: number;
  readonly v: number;
}

function rowsOf({ steps }: Inputs): readonly Row[] {
  let now = 30;
  return steps.map(({ key, step, disorder, v }) => {
    now += step;
    return { k: key, at: now - (disorder < 8 ? disorder : 0), v };
  });
}

/** `key|start|sum|count` of each window with the rows that came while it was open. */
function expected({ window, late, lateness }: Inputs, rows: readonly Row[]): readonly string[] {
  const sums = new Map<string, { sum: number; count: number }>();
  const epoch = epochMs / 1000;
  let watermark = Number.NEGATIVE_INFINITY;
  for (const { k, at, v } of rows) {
    const newest = Math.floor((epoch + at) / window.slide) * window.slide - epoch;
    for (let start = newest; start > at - window.size; start -= window.slide) {
      const lastMs = (start + window.size + (late === null ? 0 : lateness)) * 1000 - 1;
      if (watermark * 1000 >= lastMs) continue;
      const group = sums.get(`${k}|${start}`) ?? { sum: 0, count: 0 };
      sums.set(`${k}|${start}`, { sum: group.sum + v, count: group.count + 1 });
    }
    watermark = Math.max(watermark, at);
  }
  return [...sums].map(([name, { sum, count }]) => `${name}|${sum}|${count}`).sort();
}

async function remaining(given: Inputs, rows: readonly Row[], batchSize: number): Promise<readonly string[]> {
  const path = join(folder, 'rows.json');
  const time = (at: number) => new Date(epochMs + at * 1000).toISOString().slice(0, 19).replace('T', ' ');
  writeFileSync(path, rows.map(({ at, k, v }) => `${JSON.stringify({ ts: time(at), k, v })}\n`).join(''));
  const { early, late, lateness, window } = given;
  const settings = {
    'tidemark.batch-size': String(batchSize),
    'table.exec.emit.allow-lateness': `${lateness} s`,
    ...(early === null
      ? {}
      : { 'table.exec.emit.early-fire.enabled': 'true', 'table.exec.emit.early-fire.delay': early }),
    ...(late === null ? {} : { 'table.exec.emit.late-fire.enabled': 'true', 'table.exec.emit.late-fire.delay': late }),
  };
  const hop = `ts, INTERVAL '${window.slide}' SECOND, INTERVAL '${window.size}' SECOND`;
  const sql = `CREATE TABLE t (ts TIMESTAMP(3), k STRING, v INT, WATERMARK FOR ts AS ts)
    WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = 'json');
    SELECT k, CAST(HOP_START(${hop}) AS STRING) AS s, SUM(v) AS v, COUNT(*) AS n FROM t GROUP BY k, HOP(${hop});`;
  const found = new Map<string, number>();
  for await (const each of new Engine({ memory, settings }).run(new SourceText('q.sql', sql))) {
    if (each.kind === 'refused') throw new Error(each.diagnostics.map(({ message }) => message).join('\n'));
    if (each.kind !== 'rows') continue;
    for (const { kind, values } of each.rows) {
      const [k, start, v, n] = values.map(String);
      const row = `${k}|${(Date.parse(`${start}Z`) - epochMs) / 1000}|${v}|${n}`;
      const count = (found.get(row) ?? 0) + (kind === '+I' || kind === '+U' ? 1 : -1);
      if (count === 0) found.delete(row);
      else found.set(row, count);
    }
  }
  expect([...found.values()].every((count) => count === 1)).toBe(true);
  return [...found.keys()].sort();
}

test('what remains is each window with the rows that came while it was open, for any batches and delays', async () => {
  await fc.assert(
    fc.asyncProperty(inputs, async (given) => {
      const rows = rowsOf(given);
      const wanted = expected(given, rows);
      for (const batchSize of [1, 3, 8192]) expect(await remaining(given, rows, batchSize)).toEqual(wanted);
    }),
    { numRuns: Math.ceil(Number(process.env.TIDEMARK_FUZZ_RUNS ?? 400) / 40) },
  );
});
