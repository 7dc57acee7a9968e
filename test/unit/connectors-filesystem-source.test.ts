import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { BIGINT, INT, STRING, TIMESTAMP_LTZ } from '../../src/types/sql-type.ts';
import { readAll, sourceOf, table } from '../support/formats/tables.ts';

const root = mkdtempSync(join(tmpdir(), 'tidemark-files-'));
let folder = root;
let count = 0;
beforeEach(() => {
  folder = join(root, String(count++));
  mkdirSync(folder);
});
afterAll(() => rmSync(root, { recursive: true }));

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

function jsonTable(more: Record<string, string> = {}, path = folder) {
  return table({
    columns: { a: INT(), b: STRING() },
    options: { connector: 'filesystem', path, format: 'json', ...more },
  });
}

async function problem(work: () => Promise<unknown>): Promise<DiagnosticError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof DiagnosticError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test('each file of a folder is a shard, in the order of names; hidden ones are left out', async () => {
  write({
    'b.json': '{"a":2}\n',
    'a.json': '{"a":1}\n',
    '.hidden.json': '{"a":9}\n',
    '_part.json': '{"a":9}\n',
    'x/c.json': '{"a":3}',
    '_tmp/d.json': '{"a":9}\n',
    'empty.json': '',
  });
  const shards = await readAll(sourceOf(jsonTable()));
  expect(shards.map(({ rows }) => rows.map(([a]) => a))).toEqual([[1], [2], [], [3]]);
  expect(shards[0]?.name).toBe(join(folder, 'a.json'));
});

test('a file longer than a chunk, with records over the chunk ends, is read whole at any batch size', async () => {
  const lines = Array.from({ length: 30_000 }, (_, a) => JSON.stringify({ a, b: 'x'.repeat(a % 120) }));
  write({ 'in.json': lines.join('\n') });
  for (const rowsMax of [8192, 1000]) {
    const [shard] = await readAll(sourceOf(jsonTable(), { rowsMax }));
    expect(shard?.rows).toHaveLength(30_000);
    shard?.rows.forEach(([a, b], index) => {
      if (a !== index || (b as string).length !== index % 120)
        throw new Error(`row ${index}: ${String(a)} ${String(b)}`);
    });
    const place = shard?.places[20_000];
    expect(place?.line).toBe(20_001);
    expect(place?.text).toBe(lines[20_000]);
    expect(place?.offset).toBe(Buffer.byteLength(lines.slice(0, 20_000).join('\n')) + 1);
  }
  const [shard] = await readAll(sourceOf(jsonTable(), { rowsMax: 1 }));
  expect(shard?.rows).toHaveLength(30_000);
});

test('a record longer than the chunk makes the buffer grow', async () => {
  write({ 'in.json': `{"a":1,"b":"${'y'.repeat(5_000_000)}"}\n{"a":2,"b":"z"}\n` });
  const [shard] = await readAll(sourceOf(jsonTable()));
  expect(shard?.rows.map(([a, b]) => [a, (b as string).length])).toEqual([
    [1, 5_000_000],
    [2, 1],
  ]);
});

test('a malformed row fails with file, line, record, field and the place of the column', async () => {
  write({ 'in.json': '{"a":1,"b":"x"}\n{"b":"x","a":"n/a"}\n' });
  const { diagnostics } = await problem(() => readAll(sourceOf(jsonTable())));
  const [found] = diagnostics;
  expect(found?.code).toBe('F012');
  expect(found?.message).toBe('could not read "a" as INT: "n/a"');
  const { source, start, end } = found?.span ?? { source: null, start: 0, end: 0 };
  expect(source?.name).toBe(join(folder, 'in.json'));
  expect(source?.position(start).line).toBe(2);
  expect(source?.text.slice(start, end)).toBe('"n/a"');
  expect(found?.notes.map(({ message }) => message)).toEqual([
    'the record starts at byte 16',
    'column a INT, declared at test.sql:1:17',
  ]);
  expect(found?.help).toContain("'json.ignore-parse-errors' = 'true'");
});

test('a malformed record is counted when errors are ignored', async () => {
  write({ 'in.json': '{"a":1}\noops\n{"a":2}\n' });
  const source = sourceOf(jsonTable({ 'json.ignore-parse-errors': 'true' }));
  await source.open();
  const [reader] = await source.shards();
  for (let result = await reader?.read(); result?.kind === 'batch'; result = await reader?.read());
  expect(reader?.progress).toEqual({ bytesRead: 21, bytesTotal: 21, rows: 2, malformedRecords: 1 });
  await source.close();
});

test('a missing path is refused at its place', async () => {
  const { diagnostics } = await problem(() => readAll(sourceOf(jsonTable({}, join(folder, 'none')))));
  expect(diagnostics[0]?.code).toBe('F013');
  expect(diagnostics[0]?.message).toContain('there is no file or folder');
  expect(diagnostics[0]?.span).not.toBeNull();
});

test('metadata columns and partitions are the same for all rows of a file', async () => {
  write({ 'day=2024-01-01/k=5/a.json': '{"a":1}\n{"a":2}\n', 'day=__DEFAULT_PARTITION__/k=6/b.json': '{"a":3}\n' });
  const path = join(folder, 'day=2024-01-01/k=5/a.json');
  utimesSync(path, 1_700_000_000, 1_700_000_000);
  const declared = table({
    columns: { a: INT(), day: STRING(), k: INT() },
    options: { connector: 'filesystem', path: folder, format: 'json' },
    partitionedBy: ['day', 'k'],
    metadata: {
      p: ['file.path', STRING(false)],
      n: ['file.name', STRING(false)],
      s: ['file.size', BIGINT(false)],
      m: ['file.modification-time', TIMESTAMP_LTZ(3, false)],
    },
  });
  const [first, second] = await readAll(sourceOf(declared));
  const alike = [path, 'a.json', 16n, 1_700_000_000_000n];
  expect(first?.rows).toEqual([
    [1, '2024-01-01', 5, ...alike],
    [2, '2024-01-01', 5, ...alike],
  ]);
  expect(second?.rows[0]?.slice(0, 4)).toEqual([3, null, 6, join(folder, 'day=__DEFAULT_PARTITION__/k=6/b.json')]);
});

test('a pattern chooses files by their whole path', async () => {
  write({ 'a.json': '{"a":1}\n', 'b.txt': '{"a":2}\n' });
  const shards = await readAll(sourceOf(jsonTable({ 'source.path.regex-pattern': '.*\\.json' })));
  expect(shards.map(({ rows }) => rows.length)).toEqual([1]);
});

test('a folder that is looked at again gets shards for its new files', async () => {
  write({ 'a.json': '{"a":1}\n' });
  let now = 0;
  const source = sourceOf(jsonTable({ 'source.monitor-interval': '5 s' }), { nowMs: () => now });
  expect(source.bounded).toBe(false);
  await source.open();
  expect(await source.shards()).toHaveLength(1);
  write({ 'b.json': '{"a":2}\n' });
  now = 4_999;
  expect(await source.shards()).toHaveLength(1);
  now = 5_000;
  const shards = await source.shards();
  expect(shards).toHaveLength(2);
  expect((await shards[1]?.read())?.kind).toBe('batch');
  await source.close();
});

test.each([
  [{ pathh: 'x' }, 'O001'],
  [{ format: 'jsonn' }, 'O006'],
  [{ connector: 'filesytem' }, 'O006'],
  [{ 'csv.field-delimiter': ';' }, 'O001'],
  [{ 'json.ignore-parse-errors': 'yes' }, 'O003'],
  [{ 'json.timestamp-format.standard': 'RFC' }, 'O003'],
  [{ 'json.ignore-parse-errors': 'true', 'json.fail-on-missing-field': 'true' }, 'O005'],
])('%o is refused', async (options, code) => {
  const { diagnostics } = await problem(async () => sourceOf(jsonTable(options)));
  expect(diagnostics.map((each) => each.code)).toEqual([code]);
  expect(diagnostics[0]?.span).not.toBeNull();
});

test('an unknown option of the format is let pass', () => {
  expect(() => sourceOf(jsonTable({ 'json.ignore-errors': 'true' }))).not.toThrow();
});
