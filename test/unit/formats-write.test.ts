import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { Arena } from '../../src/memory/arena.ts';
import { writeBatch } from '../../src/memory/batch-writer.ts';
import type { CellValue } from '../../src/memory/cell-value.ts';
import { encodeNested, type NestedValue } from '../../src/memory/nested.ts';
import * as t from '../../src/types/sql-type.ts';
import { memory } from '../support/formats/decode.ts';
import { readAll, sinkOf, sourceOf, type TestTable, table } from '../support/formats/tables.ts';

const root = mkdtempSync(join(tmpdir(), 'tidemark-write-'));
let folder = root;
let count = 0;
beforeEach(() => {
  folder = join(root, String(count++));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const arena = new Arena(memory, 64 * 1024);

interface Written extends Omit<TestTable, 'options'> {
  readonly format: string;
  readonly options?: Record<string, string>;
  readonly rows: readonly (readonly NestedValue[])[];
  readonly kinds?: readonly number[];
}

function declared({ format, options = {}, ...rest }: Written) {
  return table({ ...rest, options: { connector: 'filesystem', path: folder, format, ...options } });
}

async function write(its: Written): Promise<string[]> {
  const made = declared(its);
  const { sink } = sinkOf(made);
  const schema = Object.entries(its.columns).map(([name, type]) => ({ name, type }));
  await sink.open();
  arena.reset();
  const cells = its.rows.map((row) =>
    row.map((value, column): CellValue => {
      const type = schema[column]?.type;
      return Array.isArray(value) && type !== undefined ? encodeNested(type, value) : (value as CellValue);
    }),
  );
  await sink.write(writeBatch(memory, arena, schema, cells, its.kinds === undefined ? {} : { kinds: its.kinds }));
  await sink.finish();
  return files();
}

/** The lines of all files, with their folders where there are some. */
function files(): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const inner = entry.parentPath.slice(folder.length + 1);
    const lines = readFileSync(join(entry.parentPath, entry.name), 'utf8').replace(/\n$/, '').split('\n');
    found.push(...lines.map((line) => (inner === '' ? line : `${inner}: ${line}`)));
  }
  return found.sort();
}

const at = BigInt(Date.UTC(2024, 1, 29, 1, 2, 3, 400));
const scalars = {
  a: t.TINYINT(),
  b: t.SMALLINT(),
  c: t.INT(),
  d: t.BIGINT(),
  e: t.FLOAT(),
  f: t.DOUBLE(),
  g: t.DECIMAL(10, 4),
  h: t.BOOLEAN(),
  i: t.STRING(),
  j: t.CHAR(4),
  k: t.DATE(),
  l: t.TIME(0),
  m: t.TIMESTAMP(3),
  n: t.TIMESTAMP_LTZ(3),
  o: t.BYTES(),
};
const scalarRow = [
  -1n,
  2n,
  3n,
  4n,
  1.5,
  2.25,
  125_000n,
  true,
  'text',
  'ab  ',
  19782n,
  3_723_000n,
  at,
  1700000000123n,
  Uint8Array.from([0, 255, 65]),
];

describe('json', () => {
  test('every scalar type is written', async () => {
    expect(await write({ format: 'json', columns: scalars, rows: [scalarRow] })).toEqual([
      '{"a":-1,"b":2,"c":3,"d":4,"e":1.5,"f":2.25,"g":12.5,"h":true,"i":"text","j":"ab  ","k":"2024-02-29","l":"01:02:03","m":"2024-02-29 01:02:03.4","n":"2023-11-14 22:13:20.123Z","o":"AP9B"}',
    ]);
  });

  test('NULLs are written, or left out of rows', async () => {
    const columns = {
      a: t.INT(),
      b: t.STRING(),
      c: t.ROW([
        { name: 'x', type: t.INT() },
        { name: 'y', type: t.INT() },
      ]),
      d: t.ARRAY(t.INT()),
      m: t.MAP(t.STRING(), t.INT()),
    };
    const rows = [
      [null, 'x', [null, 5], [null, 2], [['k', null]]],
      [null, null, null, null, null],
    ];
    expect(await write({ format: 'json', columns, rows })).toEqual([
      '{"a":null,"b":"x","c":{"x":null,"y":5},"d":[null,2],"m":{"k":null}}',
      '{"a":null,"b":null,"c":null,"d":null,"m":null}',
    ]);
    folder += 'x';
    const options = { 'json.encode.ignore-null-fields': 'true' };
    expect(await write({ format: 'json', columns, rows, options })).toEqual([
      '{"b":"x","c":{"y":5},"d":[null,2],"m":{"k":null}}',
      '{}',
    ]);
  });

  test('decimals are written with an exponent when that is shorter, or plainly', async () => {
    const columns = { a: t.DECIMAL(38, 10), b: t.DECIMAL(10, 8), c: t.DECIMAL(20, 0) };
    const rows = [
      [1n, 1n, 10n ** 19n],
      [100n * 10n ** 10n, 10n ** 8n, 100n],
      [0n, 0n, 0n],
      [15n * 10n ** 9n, 15n * 10n ** 7n, -7n],
    ];
    expect(await write({ format: 'json', columns, rows })).toEqual(
      [
        '{"a":1E-10,"b":1E-8,"c":1E+19}',
        '{"a":1E+2,"b":1,"c":1E+2}',
        '{"a":0,"b":0,"c":0}',
        '{"a":1.5,"b":1.5,"c":-7}',
      ].sort(),
    );
    folder += 'x';
    const options = { 'json.encode.decimal-as-plain-number': 'true' };
    expect((await write({ format: 'json', columns, rows, options }))[0]).toBe(
      '{"a":0.0000000000,"b":0.00000000,"c":0}',
    );
  });

  test('numbers, texts and times are written as Java writes them', async () => {
    const columns = { a: t.DOUBLE(), b: t.FLOAT(), s: t.STRING(), m: t.TIMESTAMP(9) };
    const text = 'q " b \\ slash / tab \t line \n bell \u0007 é 😀 \u007f';
    const rows = [
      [123456789.125, 16777216, text, 1_704_067_200_000_000_000n],
      [1.23e-5, 0.1, '', 1_704_067_200_123_456_789n],
      [-0, Number.NaN, 'x', 1n],
      [1e7, Number.NEGATIVE_INFINITY, 'y', -1n],
    ];
    expect(await write({ format: 'json', columns, rows })).toEqual(
      [
        '{"a":1.23456789125E8,"b":1.6777216E7,"s":"q \\" b \\\\ slash / tab \\t line \\n bell \\u0007 é \\uD83D\\uDE00 \u007f","m":"2024-01-01 00:00:00"}',
        '{"a":1.23E-5,"b":0.1,"s":"","m":"2024-01-01 00:00:00.123456789"}',
        '{"a":-0.0,"b":"NaN","s":"x","m":"1970-01-01 00:00:00.000000001"}',
        '{"a":1.0E7,"b":"-Infinity","s":"y","m":"1969-12-31 23:59:59.999999999"}',
      ].sort(),
    );
    folder += 'x';
    const options = { 'json.timestamp-format.standard': 'ISO-8601' };
    const times = { a: t.TIMESTAMP(3), b: t.TIMESTAMP_LTZ(3), c: t.TIMESTAMP(0) };
    expect(
      await write({ format: 'json', columns: times, rows: [[at, 1_700_000_000_000n, at - 400n]], options }),
    ).toEqual(['{"a":"2024-02-29T01:02:03.4","b":"2023-11-14T22:13:20Z","c":"2024-02-29T01:02:03"}']);
  });

  test('nested values and maps with a NULL key', async () => {
    const columns = {
      'q"uote': t.ROW([{ name: 'a', type: t.ROW([{ name: 'b', type: t.STRING() }]) }]),
      arr: t.ARRAY(t.ROW([{ name: 'x', type: t.INT() }])),
      m: t.MAP(t.STRING(), t.ARRAY(t.BIGINT())),
      s: t.MULTISET(t.STRING()),
    };
    const row = [[['deep']], [[1], [2]], [['k', [1n, 2n]]], [['a', 2]]];
    expect(await write({ format: 'json', columns, rows: [row, [null, [], [], []]] })).toEqual([
      '{"q\\"uote":null,"arr":[],"m":{},"s":{}}',
      '{"q\\"uote":{"a":{"b":"deep"}},"arr":[{"x":1},{"x":2}],"m":{"k":[1,2]},"s":{"a":2}}',
    ]);
    const map = { m: t.MAP(t.STRING(), t.INT()) };
    const rows = [
      [
        [
          [null, 1],
          ['b', 2],
        ],
      ],
    ];
    folder += 'x';
    await expect(write({ format: 'json', columns: map, rows })).rejects.toThrow('a map with a NULL key');
    folder += 'y';
    expect(await write({ format: 'json', columns: map, rows, options: { 'json.map-null-key.mode': 'DROP' } })).toEqual([
      '{"m":{"b":2}}',
    ]);
    folder += 'z';
    const literal = { 'json.map-null-key.mode': 'LITERAL', 'json.map-null-key.literal': 'none' };
    expect(await write({ format: 'json', columns: map, rows, options: literal })).toEqual(['{"m":{"none":1,"b":2}}']);
  });

  test('what is written is read again', async () => {
    const its = { format: 'json', columns: scalars, rows: [scalarRow, scalarRow.map(() => null)] };
    await write(its);
    const [shard] = await readAll(sourceOf(declared(its)));
    const plain = scalarRow.map((value, index) => ([0, 1, 2, 10, 11].includes(index) ? Number(value) : value));
    expect(shard?.rows).toEqual([plain, scalarRow.map(() => null)]);
  });
});

describe('csv', () => {
  test('every scalar type is written', async () => {
    expect(await write({ format: 'csv', columns: scalars, rows: [scalarRow] })).toEqual([
      '-1,2,3,4,1.5,2.25,12.5,true,text,"ab  ",2024-02-29,01:02:03,"2024-02-29 01:02:03.4","2023-11-14 22:13:20.123Z",AP9B',
    ]);
  });

  test('quotes are written where Flink writes them', async () => {
    const texts = [
      'plain',
      'a,b',
      'say "hi"',
      'with space',
      '',
      ' lead',
      'semi;colon',
      '#first',
      "it's",
      '12',
      'back\\slash',
      'é',
      'a-b_c.d',
      'tab\there',
    ];
    const lines = [
      'plain',
      '"a,b"',
      '"say ""hi"""',
      '"with space"',
      '',
      '" lead"',
      'semi;colon',
      '"#first"',
      '"it\'s"',
      '12',
      '"back\\slash"',
      'é',
      'a-b_c.d',
      '"tab\there"',
    ];
    expect(await write({ format: 'csv', columns: { a: t.STRING() }, rows: texts.map((text) => [text]) })).toEqual(
      lines.sort(),
    );
  });

  test('delimiter, quote, escape and NULL are options', async () => {
    const columns = { a: t.STRING(), b: t.STRING() };
    const lines = async (options: Record<string, string>, ...rows: (string | null)[][]) => {
      folder += 'x';
      return write({ format: 'csv', columns, rows, options });
    };
    expect(await lines({ 'csv.field-delimiter': ';' }, ['a;b', 'c,d'])).toEqual(['"a;b";"c,d"']);
    expect(await lines({ 'csv.disable-quote-character': 'true' }, ['a,b', 'say "hi"'])).toEqual(['a,b,say "hi"']);
    expect(await lines({ 'csv.quote-character': "'" }, ['a,b', "it's"])).toEqual(["'a,b','it''s'"]);
    expect(await lines({ 'csv.escape-character': '\\' }, ['say "hi"', 'back\\slash'])).toEqual([
      '"say ""hi""","back\\\\slash"',
    ]);
    expect(await lines({ 'csv.null-literal': 'n/a' }, [null, 'x'])).toEqual(['n/a,x']);
    expect(await lines({}, [null, null])).toEqual([',']);
  });

  test('arrays and rows are joined', async () => {
    const columns = {
      a: t.ARRAY(t.INT()),
      b: t.ARRAY(t.STRING()),
      r: t.ROW([
        { name: 'x', type: t.INT() },
        { name: 'y', type: t.STRING() },
      ]),
    };
    expect(
      await write({
        format: 'csv',
        columns,
        rows: [
          [
            [1, 2, null],
            ['x', 'y z', ''],
            [5, 'q'],
          ],
        ],
      }),
    ).toEqual(['1;2;,"x;y z;",5;q']);
  });
});

test('raw writes the bytes of the one column, and refuses NULL', async () => {
  expect(await write({ format: 'raw', columns: { s: t.STRING() }, rows: [['one'], ['with "quotes"'], ['é']] })).toEqual(
    ['one', 'with "quotes"', 'é'],
  );
  folder += 'x';
  expect(await write({ format: 'raw', columns: { i: t.INT() }, rows: [[1094861636n]] })).toEqual(['ABCD']);
  folder += 'y';
  await expect(write({ format: 'raw', columns: { s: t.STRING() }, rows: [[null]] })).rejects.toThrow(
    'raw cannot write NULL',
  );
});

test.each([
  [
    'debezium-json',
    '{"before":null,"after":{"k":"a","n":1},"op":"c"}',
    '{"before":{"k":"a","n":1},"after":null,"op":"d"}',
  ],
  ['canal-json', '{"data":[{"k":"a","n":1}],"type":"INSERT"}', '{"data":[{"k":"a","n":1}],"type":"DELETE"}'],
  ['maxwell-json', '{"data":{"k":"a","n":1},"type":"insert"}', '{"data":{"k":"a","n":1},"type":"delete"}'],
  [
    'ogg-json',
    '{"before":null,"after":{"k":"a","n":1},"op_type":"I"}',
    '{"before":{"k":"a","n":1},"after":null,"op_type":"D"}',
  ],
])('%s is written as deletions and insertions', async (format, insert, deletion) => {
  const row = ['a', 1n];
  const its = { format, columns: { k: t.STRING(), n: t.BIGINT() }, rows: [row, row, row, row], kinds: [0, 1, 2, 3] };
  expect(await write(its)).toEqual([insert, deletion, insert, deletion].sort());
  const [shard] = await readAll(sourceOf(declared(its)), { kinds: true });
  expect(shard?.rows.map(([kind]) => kind)).toEqual(['+I', '-D', '+I', '-D']);
});

describe('the sink', () => {
  test('partition values name the folders and leave the records', async () => {
    const columns = { a: t.INT(), p: t.STRING(), q: t.DATE() };
    const rows = [
      [1n, 'a/b c', 19723n],
      [2n, 'a/b c', 19723n],
      [3n, null, 19723n],
    ];
    expect(await write({ format: 'json', columns, rows, partitionedBy: ['p', 'q'] })).toEqual([
      'p=__DEFAULT_PARTITION__/q=19723: {"a":3}',
      'p=a%2Fb c/q=19723: {"a":1}',
      'p=a%2Fb c/q=19723: {"a":2}',
    ]);
    const its = { format: 'json', columns, rows, partitionedBy: ['p', 'q'] };
    const shards = await readAll(sourceOf(declared(its)));
    expect(shards.flatMap((shard) => shard.rows)).toEqual([
      [3, null, 19723],
      [1, 'a/b c', 19723],
      [2, 'a/b c', 19723],
    ]);
  });

  test('no file is seen before it is complete, and none is left by a job that failed', async () => {
    const columns = { a: t.INT() };
    const made = declared({ format: 'json', columns, rows: [] });
    const { sink } = sinkOf(made);
    await sink.open();
    const batch = writeBatch(memory, arena, [{ name: 'a', type: t.INT() }], [[1n]]);
    await sink.write(batch);
    expect(readdirSync(folder).every((name) => name.startsWith('.'))).toBe(true);
    await sink.abort();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a part file that is full is followed by another', async () => {
    const columns = { a: t.INT() };
    const { sink } = sinkOf(
      declared({ format: 'json', columns, rows: [], options: { 'sink.rolling-policy.file-size': '8 b' } }),
    );
    await sink.open();
    for (const value of [1n, 2n, 3n])
      await sink.write(writeBatch(memory, arena, [{ name: 'a', type: t.INT() }], [[value]]));
    await sink.finish();
    expect(files()).toEqual(['{"a":1}', '{"a":2}', '{"a":3}']);
    expect(readdirSync(folder).filter((name) => name.startsWith('part-'))).toHaveLength(3);
  });

  test('and one that is too old, by the time of the job', async () => {
    let nowMs = 0;
    const options = { 'sink.rolling-policy.rollover-interval': '1 min' };
    const { sink } = sinkOf(declared({ format: 'json', columns: { a: t.INT() }, rows: [], options }), {
      nowMs: () => nowMs,
    });
    await sink.open();
    for (const value of [1n, 2n, 3n]) {
      await sink.write(writeBatch(memory, arena, [{ name: 'a', type: t.INT() }], [[value]]));
      nowMs += 30_000;
    }
    await sink.finish();
    expect(readdirSync(folder).filter((name) => name.startsWith('part-'))).toHaveLength(2);
  });
});

test('print shows every change, with its identifier', async () => {
  const columns = {
    a: t.INT(),
    s: t.STRING(),
    d: t.DOUBLE(),
    m: t.TIMESTAMP(3),
    l: t.TIMESTAMP_LTZ(3),
    r: t.ARRAY(t.INT()),
    b: t.BYTES(),
  };
  const schema = Object.entries(columns).map(([name, type]) => ({ name, type }));
  const print = sinkOf(table({ columns, options: { connector: 'print', 'print-identifier': 'id' } }));
  const cells: CellValue[] = [
    1n,
    'x',
    1,
    at,
    at - 3_400n,
    encodeNested(t.ARRAY(t.INT()), [1, null]),
    Uint8Array.from([1, 255]),
  ];
  await print.sink.write(writeBatch(memory, arena, schema, [cells, cells.map(() => null)], { kinds: [0, 1] }));
  expect(print.standardOutput()).toBe(
    'id> +I[1, x, 1.0, 2024-02-29T01:02:03.400, 2024-02-29T01:02:00Z, [1, null], [1, -1]]\nid> -U[null, null, null, null, null, null, null]\n',
  );
});
