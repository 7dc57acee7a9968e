import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { Memory } from '../../src/memory/memory.ts';

/**
 * Joins of time against their definitions over all pairs of rows, whatever the batches. Rows come out of order by up to
 * four seconds; where the watermark's delay is less than it takes, some are late. What those meet is compared among the
 * sizes of batches alone.
 */

const memory = Memory.create();
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-timed-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Row {
  readonly id: number;
  readonly key: string | null;
  /** Seconds. */
  readonly at: number;
}

const row = fc.record({
  key: fc.constantFrom('a', 'b', 'a key that does not fit into eight bytes', null),
  step: fc.nat(3),
  disorder: fc.nat(4),
});
const rows = fc.array(row, { maxLength: 60 }).map((steps): readonly Row[] => {
  let now = 10;
  return steps.map(({ key, step, disorder }, id) => {
    now += step;
    return { id, key, at: now - disorder };
  });
});
const inputs = fc.record({
  left: rows,
  right: rows,
  type: fc.constantFrom('INNER', 'LEFT', 'RIGHT', 'FULL'),
  delay: fc.constantFrom(5, 4, 2, 0),
  shards: fc.constantFrom(1, 1, 2),
});
type Inputs = typeof inputs extends fc.Arbitrary<infer T> ? T : never;

const numRuns = Math.ceil(Number(process.env.TIDEMARK_FUZZ_RUNS ?? 800) / 20);

function time(at: number): string {
  return new Date(Date.UTC(2024, 0, 1) + at * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

/** The answers of a query over `l` and `r`, sorted, as `left id|right id`. */
async function answers(given: Inputs, query: string, batchSize: number): Promise<readonly string[]> {
  const tables = [given.left, given.right].map((list, side) => {
    const name = side === 0 ? 'l' : 'r';
    const path = join(folder, name);
    mkdirSync(path, { recursive: true });
    for (const shard of [0, 1]) {
      const lines = list
        .filter(({ id }) => id % given.shards === shard)
        .map(({ id, key, at }) => `${JSON.stringify({ id, k: key, ts: time(at) })}\n`);
      writeFileSync(join(path, `${shard}.json`), lines.join(''));
    }
    return `CREATE TABLE ${name} (id INT, k STRING, ts TIMESTAMP(3),
      WATERMARK FOR ts AS ts - INTERVAL '${given.delay}' SECOND)
      WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = 'json');`;
  });
  const engine = new Engine({ memory, settings: { 'tidemark.batch-size': String(batchSize) } });
  const found: string[] = [];
  for await (const each of engine.run(new SourceText('q.sql', `${tables.join('\n')}\n${query}`))) {
    if (each.kind === 'refused') throw new Error(each.diagnostics.map(({ message }) => message).join('\n'));
    if (each.kind !== 'rows') continue;
    for (const { kind, values } of each.rows) {
      expect(kind).toBe('+I');
      found.push(values.map(String).join('|'));
    }
  }
  return found.sort();
}

/** The pairs that meet, and what met nothing of a side that is padded. */
function joined(given: Inputs, meet: (left: Row, right: Row) => boolean): readonly string[] {
  const { left, right, type } = given;
  const pairs = left.flatMap((l) => right.filter((r) => meet(l, r)).map((r) => [l, r] as const));
  const unmet = (side: readonly Row[], at: 0 | 1): readonly Row[] =>
    side.filter((each) => !pairs.some((pair) => pair[at] === each));
  return [
    ...pairs.map(([l, r]) => `${l.id}|${r.id}`),
    ...(type === 'LEFT' || type === 'FULL' ? unmet(left, 0).map(({ id }) => `${id}|null`) : []),
    ...(type === 'RIGHT' || type === 'FULL' ? unmet(right, 1).map(({ id }) => `null|${id}`) : []),
  ].sort();
}

/** Every size of batches gives the same; with a delay from `exactFrom` on no row is late, and the order in one shard is that of the definition. */
async function check(given: Inputs, exactFrom: number, query: string, expected: readonly string[]): Promise<void> {
  const one = await answers(given, query, 1);
  if (given.delay >= exactFrom && given.shards === 1) expect(one).toEqual(expected);
  expect(await answers(given, query, 3)).toEqual(one);
  expect(await answers(given, query, 8192)).toEqual(one);
}

/** A row as far behind as the watermark is late; in a window that has not ended it still counts. */
const exact = { rows: 5, windows: 4 } as const;

test('an interval join is all pairs that are near enough, and what is near nothing', async () => {
  const bounds = fc.record({ lower: fc.integer({ min: -4, max: 4 }), width: fc.integer({ min: -1, max: 5 }) });
  await fc.assert(
    fc.asyncProperty(inputs, bounds, fc.boolean(), async (given, { lower, width }, hasKey) => {
      const upper = lower + width;
      const interval = (seconds: number): string =>
        `r.ts ${seconds < 0 ? '-' : '+'} INTERVAL '${Math.abs(seconds)}' SECOND`;
      const query = `SELECT l.id, r.id FROM l ${given.type} JOIN r
        ON ${hasKey ? 'l.k = r.k AND ' : ''}l.ts >= ${interval(lower)} AND l.ts <= ${interval(upper)}
        AND (l.id + r.id) % 5 <> 0`;
      const expected = joined(given, (l, r) => {
        const isNear = l.at - r.at >= lower && l.at - r.at <= upper;
        return isNear && (!hasKey || (l.key !== null && l.key === r.key)) && (l.id + r.id) % 5 !== 0;
      });
      await check(given, exact.rows, query, expected);
    }),
    { numRuns },
  );
});

test('a join of windows is all pairs of one window, and what is alone in its', async () => {
  await fc.assert(
    fc.asyncProperty(inputs, fc.constantFrom(2, 5, 7), async (given, size) => {
      const window = (table: string): string =>
        `TUMBLE(TABLE ${table}, DESCRIPTOR(ts), INTERVAL '${size}' SECOND) ${table}`;
      const query = `SELECT l.id, r.id FROM ${window('l')} ${given.type} JOIN ${window('r')}
        ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end`;
      // Windows of seven seconds do not begin with the minute.
      const epoch = Date.UTC(2024, 0, 1) / 1000;
      const windowOf = ({ at }: Row): number => Math.floor((epoch + at) / size);
      const expected = joined(given, (l, r) => l.key !== null && l.key === r.key && windowOf(l) === windowOf(r));
      await check(given, exact.windows, query, expected);
    }),
    { numRuns },
  );
});

test('a temporal join is each left row with the last row of its key at its time', async () => {
  await fc.assert(
    fc.asyncProperty(inputs, async (given) => {
      // The last row of a key is kept, so versions are rows that are later than all before.
      const versions = given.right.filter(
        ({ key, at }, index) => !given.right.slice(0, index).some((other) => other.key === key && other.at > at),
      );
      const type = given.type === 'INNER' || given.type === 'RIGHT' ? 'INNER' : 'LEFT';
      const query = `CREATE VIEW v AS SELECT id, k, ts FROM (
          SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM r) WHERE n = 1;
        SELECT l.id, v.id FROM l ${type} JOIN v FOR SYSTEM_TIME AS OF l.ts ON l.k = v.k`;
      const expected = joined({ ...given, type }, (l, r) => {
        if (l.key === null || l.key !== r.key || !versions.includes(r) || r.at > l.at) return false;
        return versions.every(
          (other) => other.key !== l.key || other.at > l.at || versions.indexOf(other) <= versions.indexOf(r),
        );
      });
      await check(given, exact.rows, query, expected);
    }),
    { numRuns },
  );
});
