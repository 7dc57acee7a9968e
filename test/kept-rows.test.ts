import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SourceText } from '../src/diagnostics/source-text.ts';
import { Engine, type EngineOptions } from '../src/engine.ts';
import { Tidemark } from '../src/library/tidemark.ts';
import type { JobSummary } from '../src/runtime/job.ts';
import { rowTexts } from '../src/session/result-text.ts';
import type { AnswerHeader } from '../src/session/statement-event.ts';
import { StreamStore } from '../src/streams/stream-store.ts';

/** What transcripts cannot show of the rows that are kept: other sources, sessions that end, and the ends of what is said. */

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-kept-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(script: string, options: EngineOptions = {}) {
  const engine = new Engine({ streamsFolder: folder, ...options });
  const answers: string[][] = [];
  const summaries: JobSummary[] = [];
  let header: AnswerHeader | null = null;
  for await (const event of engine.run(new SourceText('kept.sql', script))) {
    if (event.kind === 'refused') throw new Error(event.diagnostics.map(({ message }) => message).join('\n'));
    if (event.kind === 'summary') summaries.push(event.summary);
    if (event.kind === 'answer') {
      header = event.header;
      answers.push([]);
    }
    if (event.kind !== 'rows' || header === null) continue;
    const texts = rowTexts(header);
    for (const row of event.rows) answers.at(-1)?.push(texts(row).join(' | '));
  }
  engine.close();
  return { answers, summaries };
}

function write(name: string, text: string): void {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), text);
}

const files = (columns: string, format: string, options = '') =>
  `CREATE TABLE t (${columns}, WATERMARK FOR ts AS ts)
   WITH ('connector' = 'filesystem', 'path' = '${folder}/d', 'format' = '${format}'${options});`;

const counts = `SELECT COUNT(*) FROM TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND) GROUP BY window_start, window_end;`;

test('a session that begins later has the rows of one that has ended, where there is a folder', async () => {
  write('d/a.json', '{"ts":"2024-01-01 00:00:20","x":1}\n{"ts":"2024-01-01 00:00:01","x":2}\n');
  const declared = files('ts TIMESTAMP(3), x INT', 'json');
  const { summaries } = await run(declared + counts, { keptRowsFolder: folder });
  expect(summaries[0]).toMatchObject({
    lateRows: 1,
    kept: [{ table: 't$late', kind: 'late', rows: 1, isDurable: true, problem: null }],
  });
  const later = `${declared} SELECT x, late_shard, late_offset FROM t$late;`;
  expect((await run(later, { keptRowsFolder: folder })).answers).toEqual([[`2 | ${folder}/d/a.json | 35`]]);
  expect((await run(later)).answers).toEqual([[]]);
});

test('with more late rows in a batch than are noted at a time, all are kept', async () => {
  const line = (second: string, x: number) => `{"ts":"2024-01-01 00:${second}","x":${x}}\n`;
  const late = Array.from({ length: 1000 }, (_, x) => line('00:01', x));
  write('d/a.json', line('10:00', -1) + late.join(''));
  const script = `${files('ts TIMESTAMP(3), x INT', 'json')} ${counts} SELECT COUNT(*), SUM(x) FROM t$late;`;
  expect((await run(script)).answers[1]?.at(-1)).toBe('1000 | 499500');
});

test('a row that is late in several windows is there for each, also where a list of late rows ends within', async () => {
  const line = (second: string, x: number) => `{"ts":"2024-01-01 00:${second}","x":${x}}\n`;
  const late = Array.from({ length: 500 }, (_, x) => line('00:08', x));
  write('d/a.json', line('10:00', -1) + late.join(''));
  const hop = "TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '3' SECOND, INTERVAL '9' SECOND))";
  const join = `SELECT l.x FROM ${hop} l JOIN ${hop} r ON l.x = r.x AND l.window_start = r.window_start AND l.window_end = r.window_end;`;
  const script = `${files('ts TIMESTAMP(3), x INT', 'json')} ${join} SELECT COUNT(*), COUNT(DISTINCT x) FROM t$late;`;
  const { answers, summaries } = await run(script);
  expect(summaries[0]?.lateRows).toBe(3000);
  expect(answers[1]?.at(-1)).toBe('3000 | 500');
});

test('rows of csv that have line feeds within, and values that the folder says', async () => {
  write('d/day=1/a.csv', '2024-01-01 00:00:20,a\n2024-01-01 00:00:01,"b\n ""c"" "\n2024-01-01 00:00:02,d');
  const script = `CREATE TABLE t (ts TIMESTAMP(3), x STRING, \`day\` INT, f STRING METADATA FROM 'file.name', WATERMARK FOR ts AS ts)
    PARTITIONED BY (\`day\`) WITH ('connector' = 'filesystem', 'path' = '${folder}/d', 'format' = 'csv');
    ${counts} SELECT ts, x, \`day\`, f FROM t$late;`;
  expect((await run(script)).answers[1]).toEqual([
    '2024-01-01 00:00:01.000 | b\n "c"  | 1 | a.csv',
    '2024-01-01 00:00:02.000 | d | 1 | a.csv',
  ]);
});

test('rows of an embedded stream have their sequence numbers, and what the stream knows of them', async () => {
  const store = new StreamStore(folder);
  const stream = await store.createStream('s', 1);
  const texts = [
    '{"ts":"2024-01-01 00:00:20","x":1}',
    '{\n"ts":"2024-01-01 00:00:01",\n"x":2}',
    'none',
    '{"ts":"2024-01-01 00:00:02","x":3}',
  ];
  const put = await stream.putRecords(texts.map((text) => ({ data: Buffer.from(text), partitionKey: 'k' })));
  await store.close();
  const numbers = put.records.map((record) => ('errorCode' in record ? '' : record.sequenceNumber));
  const script = `CREATE TABLE t (ts TIMESTAMP(3), x INT, n STRING METADATA FROM 'sequence-number' VIRTUAL, WATERMARK FOR ts AS ts)
    WITH ('connector' = 'kinesis', 'stream.arn' = 'arn:aws:kinesis:local:000000000000:stream/s', 'format' = 'json', 'source.init.position' = 'TRIM_HORIZON',
      'source.end.position' = 'LATEST', 'tidemark.on-error' = 'keep');
    ${counts}
    SELECT x, n, late_shard, late_offset FROM t$late;
    SELECT error_code, CAST(error_raw AS STRING), error_offset FROM t$errors;`;
  const { answers } = await run(script);
  expect(answers[1]).toEqual([
    `2 | ${numbers[1]} | shardId-000000000000 | ${numbers[1]}`,
    `3 | ${numbers[3]} | shardId-000000000000 | ${numbers[3]}`,
  ]);
  expect(answers[2]).toEqual([`F010 | none | ${numbers[2]}`]);
});

test('rows of a program are kept whole, also what the query does not read; those that are none with their JSON', async () => {
  const tide = await Tidemark.open();
  const rows = [
    { ts: new Date('2024-01-01T00:00:20Z'), x: 1n, note: 'first' },
    { ts: new Date('2024-01-01T00:00:01Z'), x: 2n ** 60n, note: 'late' },
    { ts: new Date('2024-01-01T00:00:21Z'), x: 'no number', note: 'wrong' },
    { ts: new Date('2024-01-01T00:00:02Z'), x: 3n, note: null },
  ];
  tide.table('t', rows as never, {
    columns: { ts: 'TIMESTAMP(3)', x: 'BIGINT', note: 'STRING' },
    watermark: { column: 'ts' },
    onError: 'keep',
  });
  const query = tide.query(
    "SELECT SUM(x) AS s FROM TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND) GROUP BY window_start, window_end",
  );
  const sums = [];
  for await (const { row } of query) sums.push(row.s);
  expect(sums).toEqual([1n]);
  const late = [];
  for await (const { row } of tide.query('SELECT ts, x, note, late_by_ms, late_shard, late_offset FROM t$late'))
    late.push(row);
  expect(late).toEqual([
    { ts: rows[1]?.ts, x: 2n ** 60n, note: 'late', late_by_ms: 19_000n, late_shard: 't', late_offset: '1' },
    { ts: rows[3]?.ts, x: 3n, note: null, late_by_ms: 18_000n, late_shard: 't', late_offset: '3' },
  ]);
  const wrong = [];
  for await (const { row } of tide.query(
    'SELECT error_code, CAST(error_raw AS STRING) AS given, error_offset FROM t$errors',
  ))
    wrong.push(row);
  const given = JSON.stringify(rows[2]);
  expect(wrong).toEqual([{ error_code: 'F012', given, error_offset: '2' }]);
  await tide.close();
});

test('a row that the table cannot read any more is shown as it was read', async () => {
  write('d/a.json', '{"ts":"2024-01-01 00:00:20","x":1}\n{"ts":"2024-01-01 00:00:01","x":"two"}\n');
  await run(files('ts TIMESTAMP(3), x STRING', 'json') + counts, { keptRowsFolder: folder });
  const script = `${files('ts TIMESTAMP(3), x INT', 'json')} SELECT ts, x, late_row FROM t$late;`;
  const { answers } = await run(script, { keptRowsFolder: folder });
  expect(answers).toEqual([[' |  | {"ts":"2024-01-01 00:00:01","x":"two"}']]);
});

test('a table may say that late rows are only counted', async () => {
  write('d/a.json', '{"ts":"2024-01-01 00:00:20"}\n{"ts":"2024-01-01 00:00:01"}\n');
  const declared = files('ts TIMESTAMP(3)', 'json', ", 'tidemark.late.rows' = 'drop'");
  const { answers, summaries } = await run(`${declared} ${counts} SELECT * FROM t$late;`, { keptRowsFolder: folder });
  expect(summaries[0]).toMatchObject({ lateRows: 1, kept: [] });
  expect(answers[1]).toEqual([]);
});
