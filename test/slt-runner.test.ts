import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Answer, ChangeRow, EnginePort } from './support/conformance/engine-port.ts';
import { type Cell, cellsOf, nameOf, pairsOf } from './support/slt/matrix.ts';
import { rowText } from './support/slt/row-text.ts';
import { runTranscript } from './support/slt/run-transcript.ts';
import { parseTranscript } from './support/slt/transcript.ts';
import { updated } from './support/slt/update.ts';

const text = `# What this file is about.
# zone: UTC

statement ok
CREATE TABLE t (a INT) WITH ('path' = '\${dir}/t');

feed t
{"a": 1}
{"a": 2}    -- the second
{"a": 3}
{"a": 4}

query ordered
SELECT a, b
FROM t;
----
| a INT, b STRING
+I 1  | x          -- closes [0,30)
+I 22 | " | "
-U 1|x

statement error B003
SELECT c
----
2:1 unknown column

query materialized
SELECT 2
----
1 | NULL
2 | ""
`;

const cell: Cell = { batchSize: 1, shards: 1, optimizer: true, zone: 'UTC' };
const columns = [
  { name: 'a', type: 'INT' },
  { name: 'b', type: 'STRING' },
];
const good: ChangeRow[][] = [
  [
    ['+I', ['1', 'x']],
    ['+I', ['22', ' | ']],
    ['-U', ['1', 'x']],
  ],
  [
    ['+I', ['2', '']],
    ['+I', ['1', null]],
  ],
];

/** Answers the two queries with rows, and the wrong one with an error in its second line. */
function portOf(rows: ChangeRow[][], message = 'unknown column'): EnginePort & { readonly scripts: string[] } {
  const scripts: string[] = [];
  return {
    scripts,
    async *run(script) {
      scripts.push(script);
      const error = { code: 'B003', message, line: script.split('\n').indexOf('SELECT c;') + 2, column: 1 };
      if (script.includes('SELECT c')) yield { error: { ...error, stage: 'bind' } };
      else yield* rows.map((answer): Answer => ({ columns, rows: answer }));
    },
  };
}

test('steps, pins, comments and aligned rows are read', () => {
  const { steps, pins } = parseTranscript('x.slt', text);
  expect(pins).toEqual({ shards: null, zone: 'UTC', batchSize: null });
  expect(steps.map(({ kind, line }) => [kind, line])).toEqual([
    ['statement', 4],
    ['feed', 7],
    ['query', 13],
    ['error', 22],
    ['query', 27],
  ]);
  expect(steps[1]).toMatchObject({ table: 't', shard: null, rows: ['{"a": 1}', '{"a": 2}', '{"a": 3}', '{"a": 4}'] });
  expect(steps[2]).toMatchObject({
    order: 'ordered',
    header: 'a INT, b STRING',
    rows: ['+I 1 | x', '+I 22 | " | "', '-U 1 | x'],
  });
  expect(steps[3]).toMatchObject({ code: 'B003', text: '2:1 unknown column' });
});

test('a mistake is told with its line', () => {
  const fails = (body: string, message: string) => expect(() => parseTranscript('x.slt', body)).toThrow(message);
  fails('query\nSELECT 1\n----\n1', 'x.slt:1: statement ok');
  fails('query ordered\nSELECT 1', 'x.slt:1: a query without "----"');
  fails('query error wrong\nSELECT 1', 'x.slt:1: "error CODE" is expected');
  fails('statement ok\nINSERT INTO t VALUES (1)\n\nfeed t\n{}', 'x.slt:4: rows come before');
  fails('statement ok\nCREATE TABLE t (a INT)', 'x.slt: expects nothing');
  fails('feed t shard 1\n{}', 'x.slt:1: "# shards: N"');
});

test('the matrix is what the pins leave', () => {
  expect(cellsOf({ shards: null, zone: null, batchSize: null })).toHaveLength(24);
  const cells = cellsOf({ shards: 1, zone: 'UTC', batchSize: null });
  expect(cells.map(nameOf)).toEqual([
    'batch size 1, 1 shard, optimizer on, UTC',
    'batch size 1, 1 shard, optimizer off, UTC',
    'batch size 7, 1 shard, optimizer on, UTC',
    'batch size 7, 1 shard, optimizer off, UTC',
    'default batch size, 1 shard, optimizer on, UTC',
    'default batch size, 1 shard, optimizer off, UTC',
  ]);
});

test('a transcript that holds has no mismatch', async () => {
  const port = portOf(good);
  expect(await runTranscript(port, parseTranscript('x.slt', text), cell)).toEqual([]);
  const create = /^CREATE TABLE t \(a INT\) WITH \('path' = '.*\/t'\);$/;
  expect(port.scripts.map((script) => script.trim().split('\n'))).toEqual([
    [expect.stringMatching(create), 'SELECT a, b', 'FROM t;', 'SELECT 2;'],
    [expect.stringMatching(create), 'SELECT c;'],
  ]);
});

test('other rows, another order and another message are found', async () => {
  const transcript = parseTranscript('x.slt', text);
  const swapped = [[...(good[0] ?? [])].reverse(), good[1] ?? []];
  expect((await runTranscript(portOf(swapped), transcript, cell)).map(({ line, what }) => [line, what])).toEqual([
    [13, 'other rows'],
  ]);
  expect((await runTranscript(portOf(good, 'no'), transcript, cell)).map(({ got }) => got)).toEqual([['B003 2:1 no']]);
  expect((await runTranscript(portOf(good.slice(0, 1)), transcript, cell)).map(({ what }) => what)).toEqual([
    '1 statements answer, and not the 2 queries',
  ]);
  const wrong: ChangeRow[][] = [good[0] ?? [], [['+I', ['1', null]]]];
  expect((await runTranscript(portOf(wrong), transcript, cell))[0]).toMatchObject({
    line: 27,
    what: 'other rows remain',
    expected: ['1 | NULL', '2 | ""'],
    got: ['1 | NULL'],
  });
});

test('larger batches may skip updates that they overtake', async () => {
  const transcript = parseTranscript('x.slt', text);
  const skipped: ChangeRow[][] = [[['+I', ['22', ' | ']]], good[1] ?? []];
  expect(await runTranscript(portOf(skipped), transcript, { ...cell, batchSize: 7 })).toEqual([]);
  expect(await runTranscript(portOf(skipped), transcript, cell)).toHaveLength(1);
});

test('rows are dealt to the shards in turn, each in its order', async () => {
  const files: string[][] = [];
  const port: EnginePort = {
    async *run(script) {
      const dir = /'(\/[^']*\/t)'/.exec(script)?.[1] ?? '';
      files.push(
        readdirSync(dir)
          .sort()
          .map((name) => readFileSync(`${dir}/${name}`, 'utf8')),
      );
      yield* [];
    },
  };
  await runTranscript(port, parseTranscript('x.slt', text), { ...cell, shards: 3 });
  expect(files[0]).toEqual(['{"a": 1}\n{"a": 4}\n', '{"a": 2}\n', '{"a": 3}\n']);
});

test('a field that could be read otherwise is quoted', () => {
  expect(rowText(['+I', ['a b', null, 'NULL', '', ' x', 'a|b', 'a "b"', '1  -- 2']])).toBe(
    '+I a b | NULL | "NULL" | "" | " x" | "a|b" | "a \\"b\\"" | "1  -- 2"',
  );
});

test('an update writes what is answered, and keeps lines that say the same', async () => {
  const changed: ChangeRow[][] = [
    [
      ['+I', ['1', 'x']],
      ['+I', ['23', 'y']],
    ],
    good[1] ?? [],
  ];
  const after = await updated(portOf(changed), 'x.slt', text);
  expect(after).toContain('| a INT, b STRING\n+I 1  | x          -- closes [0,30)\n+I 23 | y\n\nstatement error');
  expect(await updated(portOf(good), 'x.slt', after)).toContain('+I 22 | " | "\n-U 1 | x\n');
});

test('any two choices that meet in a cell meet in one of those that are chosen', () => {
  const choices = (cell: Cell): string[] => Object.entries(cell).map(([name, value]) => `${name} ${value}`);
  const cells = cellsOf({ batchSize: null, shards: null, zone: null });
  const chosen = pairsOf(cells).map(choices);
  expect(chosen.length).toBeLessThan(cells.length);
  for (const all of cells.map(choices)) {
    for (const a of all) {
      for (const b of all) expect(chosen.some((some) => some.includes(a) && some.includes(b))).toBe(true);
    }
  }
  expect(pairsOf(cellsOf({ batchSize: 1, shards: 1, zone: 'UTC' }))).toHaveLength(2);
});
