import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Session } from '../../src/catalog/session.ts';
import type { Table } from '../../src/catalog/table.ts';
import { keptName } from '../../src/connectors/kept/kept-name.ts';
import { decodeKept, encodeKept, type KeptRecord } from '../../src/connectors/kept/kept-record.ts';
import { KeptRows } from '../../src/connectors/kept/kept-rows.ts';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { StreamStore } from '../../src/streams/stream-store.ts';

const dayMs = 86_400_000;
let folder = '';
let nowMs = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-kept-rows-'));
  nowMs = Date.now();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function table(options = ''): Table {
  const engine = new Engine();
  const columns = 'ts TIMESTAMP(3), x STRING, WATERMARK FOR ts AS ts';
  const text = `CREATE TABLE t (${columns}) WITH ('connector' = 'filesystem', 'path' = 'd', 'format' = 'json'${options})`;
  engine.declare(new SourceText('t.sql', text));
  const session: Session = engine.session;
  const found = session.find({ catalog: 'default_catalog', database: 'default_database', name: 't' });
  if (found?.kind !== 'table') throw new Error('no table');
  return found.table;
}

function record(offset: number, bytes = 1000): KeptRecord {
  return {
    atMs: nowMs,
    job: 'job',
    operator: 'window-aggregate-1',
    shard: 'a',
    offset: `${offset}`,
    part: '0',
    run: null,
    late: { watermarkMs: 5, timeMs: 3 },
    raw: new Uint8Array(bytes).fill(65 + (offset % 26)),
    isWhole: false,
    row: 0,
    values: {},
    shown: null,
  };
}

async function offsets(kept: KeptRows, of: Table): Promise<number[]> {
  return (await kept.records(of, 'late', nowMs)).map(({ offset }) => Number(offset));
}

test('a record is read as it was written, with values of every kind', () => {
  const values = {
    whole: 2n ** 90n,
    bytes: Uint8Array.of(0, 10, 255),
    text: 'a\n"b"',
    none: null,
    float: Number.NaN,
    zero: -0,
    yes: true,
  };
  const given = { ...record(1), values, raw: Uint8Array.of(10, 0, 10) };
  expect(decodeKept(encodeKept(given))).toEqual(given);
  expect(decodeKept(encodeKept({ ...given, raw: null }))).toEqual({ ...given, raw: null });
});

test.for(['on disk', 'in memory'])(
  '%s what was kept since a checkpoint is gone when a job goes on from it',
  async (place) => {
    const of = table();
    const kept = new KeptRows(place === 'on disk' ? folder : null);
    const log = kept.log(of, 'late', () => nowMs);
    for (const epoch of [0, 1, 2, 3]) log.add({ ...record(epoch), since: { state: 'sums', epoch } });
    log.add({ ...record(10), since: { state: 'others', epoch: 9 } });
    log.add(record(11));
    await kept.release(of, 'late');
    await kept.goBack(of, 'late', { goesOnFrom: { state: 'sums', epoch: 2 } }, () => nowMs);
    expect(await offsets(kept, of)).toEqual([0, 1, 10, 11]);
    // What comes again is kept again.
    const again = kept.log(of, 'late', () => nowMs);
    again.add({ ...record(3), since: { state: 'sums', epoch: 2 } });
    await kept.release(of, 'late');
    expect(await offsets(kept, of)).toEqual([0, 1, 10, 11, 3]);
  },
);

test('nothing is made for a table of which nothing was kept', async () => {
  const kept = new KeptRows(folder);
  await kept.goBack(table(), 'late', { goesOnFrom: { state: 'sums', epoch: 2 } }, () => nowMs);
  expect(readdirSync(folder)).toEqual([]);
});

test.for(['on disk', 'in memory'])('%s no more is kept than the table says, the newest of it', async (place) => {
  const of = table(", 'tidemark.late.max-size' = '100 kb'");
  const kept = new KeptRows(place === 'on disk' ? folder : null);
  const log = kept.log(of, 'late', () => nowMs);
  for (let offset = 0; offset < 240; offset++) {
    log.add(record(offset));
    if (offset % 20 === 19) await log.flush();
  }
  await kept.release(of, 'late');
  const left = await offsets(kept, of);
  expect(left).toEqual(Array.from({ length: left.length }, (_, at) => 240 - left.length + at));
  // A record has some 250 bytes beside its row. On disk up to a quarter of the size goes at a time.
  expect(left.length).toBeLessThanOrEqual(90);
  expect(left.length).toBeGreaterThan(40);
});

test.for(['on disk', 'in memory'])('%s a row is kept as long as the table says', async (place) => {
  const of = table(", 'tidemark.late.max-age' = '2 d'");
  const kept = new KeptRows(place === 'on disk' ? folder : null);
  const log = kept.log(of, 'late', () => nowMs);
  log.add(record(1));
  nowMs += dayMs;
  log.add(record(2));
  await kept.release(of, 'late');
  expect(await offsets(kept, of)).toEqual([1, 2]);
  nowMs += dayMs + 1;
  expect(await offsets(kept, of)).toEqual([2]);
});

test('a row that a job drops again at its offset is there once, another job has its own', async () => {
  const of = table();
  const kept = new KeptRows(folder);
  const log = kept.log(of, 'late', () => nowMs);
  log.add(record(1));
  log.add({ ...record(1), late: { watermarkMs: 6, timeMs: 3 } });
  log.add({ ...record(1), job: 'another' });
  log.add({ ...record(1), run: '1' });
  log.add({ ...record(1), run: '2' });
  await kept.release(of, 'late');
  const records = await kept.records(of, 'late', nowMs);
  expect(records.map(({ job, run, late }) => [job, run, late?.watermarkMs])).toEqual([
    ['job', null, 6],
    ['another', null, 5],
    ['job', '1', 5],
    ['job', '2', 5],
  ]);
});

test('what another process keeps of the same table is left to it, and read', async () => {
  const of = table();
  const other = new KeptRows(folder);
  const first = other.log(of, 'late', () => nowMs);
  first.add(record(1));
  await other.release(of, 'late');
  // The other process writes its stream on.
  const store = new StreamStore(join(folder, '.kept'));
  await store.stream(`${keptName(of, 'late')}.1`).startWriting();
  const kept = new KeptRows(folder);
  const log = kept.log(of, 'late', () => nowMs);
  log.add(record(2));
  await kept.release(of, 'late');
  await store.close();
  expect(await offsets(kept, of)).toEqual([1, 2]);
  expect(store.listStreams()).toHaveLength(2);
});

test('where the folder takes nothing, rows stay in memory, and it is said why', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const of = table();
  const kept = new KeptRows(file);
  const log = kept.log(of, 'late', () => nowMs);
  log.add(record(1));
  await log.flush();
  expect(log.problem).toContain('.kept');
  await kept.release(of, 'late');
  expect(await offsets(kept, of)).toEqual([1]);
});

test('of a row longer than a record of a stream the beginning is kept', async () => {
  const of = table();
  const kept = new KeptRows(folder);
  kept.log(of, 'late', () => nowMs).add(record(1, 3_000_000));
  await kept.release(of, 'late');
  const [only] = await kept.records(of, 'late', nowMs);
  expect(only?.raw?.length).toBe(700 * 1024);
});

test('tables of one name over other data have rows of their own', () => {
  const of = table();
  const elsewhere = { ...of, options: new Map([...of.options].filter(([name]) => name !== 'path')) };
  expect(keptName(of, 'late')).not.toBe(keptName(elsewhere, 'late'));
  expect(keptName(of, 'late')).toBe(keptName(table(", 'tidemark.late.max-age' = '1 d'"), 'late'));
});
