import { describe, expect, test } from 'vitest';
import { DecodeFailure } from '../../src/formats/format.ts';
import { jsonFormat } from '../../src/formats/json/json-format.ts';
import * as t from '../../src/types/sql-type.ts';
import { decodeRows, decoderOf, memory, type Row } from '../support/formats/decode.ts';

interface Options {
  readonly options?: Record<string, string>;
  readonly rowsMax?: number;
}

function read(types: Record<string, t.SqlType>, text: string | Uint8Array, more: Options = {}): Row[] {
  const decoder = decoderOf({ format: jsonFormat, types, ...more });
  try {
    return decodeRows(decoder, text).rows;
  } finally {
    decoder.close();
  }
}

function failure(types: Record<string, t.SqlType>, text: string | Uint8Array, more: Options = {}): DecodeFailure {
  try {
    read(types, text, more);
  } catch (error) {
    if (error instanceof DecodeFailure) return error;
    throw error;
  }
  throw new Error('no failure');
}

const ignore = { options: { 'ignore-parse-errors': 'true' } };

/** Many records of one form, so that most are read by a learnt template; the odd one stands among them. */
function among(line: string, odd: string): string {
  return `${`${line}\n`.repeat(200)}${odd}\n${`${line}\n`.repeat(3)}`;
}

describe('values', () => {
  test('every type is read from its JSON form', () => {
    const types = {
      a: t.TINYINT(),
      b: t.SMALLINT(),
      c: t.INT(),
      d: t.BIGINT(),
      e: t.FLOAT(),
      f: t.DOUBLE(),
      g: t.DECIMAL(5, 2),
      h: t.BOOLEAN(),
      i: t.STRING(),
      j: t.DATE(),
      k: t.TIME(0),
      l: t.TIMESTAMP(3),
      m: t.TIMESTAMP_LTZ(3),
      n: t.BYTES(),
      o: t.TIMESTAMP(9),
    };
    const line =
      '{"a":1,"b":-300,"c":2147483647,"d":9223372036854775807,"e":1.5,"f":2.25,"g":12.34,"h":true,"i":"text",' +
      '"j":"2024-02-29","k":"23:59:59","l":"2024-02-29 12:00:00.123","m":"2024-02-29 12:00:00.123Z","n":"QUJD",' +
      '"o":"2024-02-29 12:00:00.123456789"}';
    const ms = BigInt(Date.UTC(2024, 1, 29, 12, 0, 0, 123));
    const row = [
      1,
      -300,
      2147483647,
      9223372036854775807n,
      1.5,
      2.25,
      1234n,
      true,
      'text',
      Date.UTC(2024, 1, 29) / 86_400_000,
      86_399_000,
      ms,
      ms,
      Uint8Array.from([65, 66, 67]),
      ms * 1_000_000n + 456_789n,
    ];
    const rows = read(types, `${line}\n`.repeat(200));
    expect(rows).toHaveLength(200);
    for (const its of rows) expect(its).toEqual(row);
  });

  test('nested rows, arrays and maps', () => {
    const types = {
      r: t.ROW([
        { name: 'x', type: t.INT() },
        { name: 'in', type: t.ROW([{ name: 'y', type: t.STRING() }]) },
      ]),
      a: t.ARRAY(t.INT()),
      m: t.MAP(t.STRING(false), t.DOUBLE()),
      ar: t.ARRAY(t.ROW([{ name: 'z', type: t.INT() }])),
      mm: t.MAP(t.STRING(), t.MAP(t.STRING(), t.ARRAY(t.INT()))),
    };
    const text = [
      '{"r":{"in":{"y":"de\\u0065p"},"x":1},"a":[1,null,3],"m":{"k1":1.5,"k2":null},"ar":[{"z":1},{"z":2}],"mm":{"o":{"i":[7,8]}}}',
      '{"r":null,"a":[],"m":{},"ar":null,"mm":null}',
      '{"r":{},"a":[null],"m":{"":0, "x":1, "\\u0078":2},"ar":[{},null],"mm":{"o":null}}',
    ].join('\n');
    expect(read(types, text)).toEqual([
      [
        [1, ['deep']],
        [1, null, 3],
        [
          ['k1', 1.5],
          ['k2', null],
        ],
        [[1], [2]],
        [['o', [['i', [7, 8]]]]],
      ],
      [null, [], [], null, null],
      [
        [null, null],
        [null],
        [
          ['', 0],
          ['x', 2],
        ],
        [[null], null],
        [['o', null]],
      ],
    ]);
  });

  test('any value can be read as a STRING', () => {
    const text = [
      '{"a":12}',
      '{"a":1.50}',
      '{"a":1e3}',
      '{"a":true}',
      '{"a":{"x" : 1.50, "y":[1, 2e9, "\\n\\u0001\\u00e9"]}}',
      '{"a":[1, "b", null]}',
      '{"a":""}',
      '{"a":null}',
    ].join('\n');
    expect(read({ a: t.STRING() }, text).flat()).toEqual([
      '12',
      '1.50',
      '1e3',
      'true',
      '{"x":1.5,"y":[1,2.0E9,"\\n\\u0001é"]}',
      '[1,"b",null]',
      '',
      null,
    ]);
    expect(
      read({ a: t.STRING() }, text, { options: { 'decode.json-parser.enabled': 'false' } })
        .flat()
        .slice(1, 3),
    ).toEqual(['1.5', '1000.0']);
  });

  test.each([
    ['" 12 "', t.INT(), 12],
    ['1.9', t.INT(), 1],
    ['-1.9', t.INT(), -1],
    ['1e3', t.INT(), 1000],
    ['-7', t.BIGINT(), -7n],
    ['1700000000123', t.BIGINT(), 1700000000123n],
    ['-9223372036854775808', t.BIGINT(), -9223372036854775808n],
    ['12345678', t.INT(), 12345678],
    ['0', t.INT(), 0],
    ['1e999', t.DOUBLE(), Number.POSITIVE_INFINITY],
    ['"NaN"', t.DOUBLE(), Number.NaN],
    ['0.1', t.DOUBLE(), 0.1],
    ['-0.0', t.DOUBLE(), -0],
    ['12.345', t.DECIMAL(5, 2), 1235n],
    ['1000', t.DECIMAL(5, 2), null],
    ['"7"', t.DECIMAL(5, 2), 700n],
    ['99999999999999999999999999999999999999', t.DECIMAL(38, 0), 99999999999999999999999999999999999999n],
    ['"TRUE"', t.BOOLEAN(), true],
    ['"yes"', t.BOOLEAN(), false],
    ['1', t.BOOLEAN(), false],
    ['"x\\ud83dy"', t.STRING(), 'x?y'],
    ['"\\ud83d\\ude00"', t.STRING(), '😀'],
    ['"tab\\there \\"q\\" \\\\ \\/ line\\nend"', t.STRING(), 'tab\there "q" \\ / line\nend'],
    ['"x\ty\u0000"', t.STRING(), 'x\ty\u0000'],
    ['"été 日本 😀"', t.STRING(), 'été 日本 😀'],
    ['"2024-01-01 00:00:00.1"', t.TIMESTAMP(3), BigInt(Date.UTC(2024, 0, 1, 0, 0, 0, 100))],
    ['"2024-01-01 23:59:59."', t.TIMESTAMP(3), BigInt(Date.UTC(2024, 0, 1, 23, 59, 59))],
    ['"2023-02-29 10:00:00"', t.TIMESTAMP(3), BigInt(Date.UTC(2023, 1, 28, 10))],
    ['"2024-01-01 24:00:00"', t.TIMESTAMP(3), BigInt(Date.UTC(2024, 0, 2))],
    ['"2024-01-01 00:00:00.999"', t.TIMESTAMP(1), BigInt(Date.UTC(2024, 0, 1, 0, 0, 0, 900))],
    ['"2024-01-01 00:00:00.123456"', t.TIMESTAMP(6), BigInt(Date.UTC(2024, 0, 1)) * 1000n + 123456n],
    ['"1969-12-31 23:59:59.999"', t.TIMESTAMP(3), -1n],
    ['"10:20:30.5"', t.TIME(0), 37_230_000],
    ['"24:00:00"', t.TIME(0), 0],
    ['"AAEC/w=="', t.BYTES(), Uint8Array.from([0, 1, 2, 255])],
    ['"AAEC\\/w=="', t.BYTES(), Uint8Array.from([0, 1, 2, 255])],
  ] as const)('%s as %o', (json, type, value) => {
    const line = `{"a":${json},"b":1}`;
    expect(read({ a: type }, line)).toEqual([[value]]);
    // Also where a learnt template meets it.
    const rows = read({ a: type, b: t.INT() }, `${`{"a":null,"b":2}\n`.repeat(150)}${`${line}\n`.repeat(150)}`);
    expect(rows).toHaveLength(300);
    for (const row of rows.slice(150)) expect(row).toEqual([value, 1]);
  });

  test.each([
    ['""', t.INT()],
    ['"seven"', t.INT()],
    ['"1.9"', t.INT()],
    ['2147483648', t.INT()],
    ['99999999999', t.INT()],
    ['300', t.TINYINT()],
    ['200', t.TINYINT()],
    ['70000', t.SMALLINT()],
    ['9223372036854775808', t.BIGINT()],
    ['true', t.INT()],
    ['{"b":1}', t.INT()],
    ['"2024-01-01T00:00:00"', t.TIMESTAMP(3)],
    ['"2024-01-01 00:00:00Z"', t.TIMESTAMP(3)],
    ['"2024-01-01 10:30"', t.TIMESTAMP(3)],
    ['"2024-01-01"', t.TIMESTAMP(3)],
    ['1704067200000', t.TIMESTAMP(3)],
    ['"2024-01-01 24:00:01"', t.TIMESTAMP(3)],
    ['"2024-01-01 00:60:00"', t.TIMESTAMP(3)],
    ['"2024-13-01 00:00:00"', t.TIMESTAMP(3)],
    ['"2024-07-01 12:00:00"', t.TIMESTAMP_LTZ(3)],
    ['"2024-07-01 12:00:00+02:00"', t.TIMESTAMP_LTZ(3)],
    ['"2023-02-30"', t.DATE()],
    ['"2024-1-5"', t.DATE()],
    ['"10:20"', t.TIME(0)],
    ['"!!"', t.BYTES()],
    ['"AAE"', t.BYTES()],
    ['"text"', t.ROW([{ name: 'x', type: t.INT() }])],
    ['5', t.ARRAY(t.INT())],
    ['[1]', t.MAP(t.STRING(), t.INT())],
  ] as const)('%s is no %o', (json, type) => {
    const line = `{"a":${json},"b":1}`;
    const failed = failure({ a: type }, line);
    expect(failed.details.message).toMatch(/^could not read "a" as /);
    expect(failed.column).toBe('a');
    expect(read({ a: type, b: t.INT() }, line, ignore)).toEqual([[null, 1]]);
    const rows = read({ a: type, b: t.INT() }, among('{"a":null,"b":2}', line), ignore);
    expect(rows[200]).toEqual([null, 1]);
    expect(rows).toHaveLength(204);
  });

  test('ISO-8601 timestamps', () => {
    const iso = { options: { 'timestamp-format.standard': 'ISO-8601' } };
    const types = { a: t.TIMESTAMP(6), b: t.TIMESTAMP_LTZ(6) };
    const at = BigInt(Date.UTC(2024, 6, 1, 12)) * 1000n;
    const text = [
      '{"a":"2024-07-01T12:00:00","b":"2024-07-01T12:00:00Z"}',
      '{"a":"2024-07-01T12:00:00.123456","b":"2024-07-01T12:00:00.123456Z"}',
      '{"a":"2024-07-01T12:00","b":"2024-07-01T12:00Z"}',
      '{"a":"2024-07-01T12:00:00.250","b":"2024-07-01T12:00:00.250Z"}',
    ];
    const values = [0n, 123456n, 0n, 250000n].map((more) => [at + more, at + more]);
    expect(read(types, text.join('\n'), iso)).toEqual(values);
    const many = read(types, `${text[0]}\n`.repeat(200) + text.join('\n'), iso);
    expect(many.slice(200)).toEqual(values);
    for (const bad of ['2024-07-01 12:00:00', '2024-02-30T12:00:00', '2024-02-28T24:00:00', '2024-02-28T12:00:00Z']) {
      expect(failure({ a: t.TIMESTAMP(3) }, `{"a":"${bad}"}`, iso).details.message).toContain('could not read "a"');
      const rows = read({ a: t.TIMESTAMP(3) }, among('{"a":"2024-07-01T12:00:00"}', `{"a":"${bad}"}`), {
        options: { ...iso.options, ...ignore.options },
      });
      expect(rows[200]).toEqual([null]);
    }
    expect(read({ b: t.TIMESTAMP_LTZ(3) }, '{"b":"2024-02-30T12:00:00Z"}', iso)).toEqual([
      [BigInt(Date.UTC(2024, 1, 29, 12))],
    ]);
  });
});

describe('records', () => {
  const types = { a: t.INT(), b: t.STRING() };

  test.each([
    ['oops'],
    ['{"a":1'],
    ['{"a":1,}'],
    ["{'a':1}"],
    ['{"a":NaN}'],
    ['{"a":1 /* one */}'],
    ['{"a":007}'],
    ['5'],
    ['null'],
    ['   '],
    ['{"a":1,"z":oops}'],
    ['{"a":1,"z":"\\q"}'],
    ['{"a":1,"z":01}'],
    ['{"a":1,"z":{"x":]}}'],
    ['{"a":1,"z":1.}'],
    ['{"a":1 "z":1}'],
    ['{"a":1,"z":tru}'],
    ['{"a":1,"z":"\\u12g4"}'],
    [`{"a":1,"z":${'['.repeat(1200)}${']'.repeat(1200)}}`],
  ])('%s is malformed', (line) => {
    expect(() => read(types, line)).toThrow(DecodeFailure);
    const decoder = decoderOf({ format: jsonFormat, types, ...ignore });
    const { rows } = decodeRows(decoder, among('{"a":1,"z":"q"}', line));
    expect(rows).toHaveLength(203);
    expect(decoder.malformedRecords).toBe(1);
    decoder.close();
  });

  test.each([
    ['{"b":"x","a":1}', [1, 'x']],
    // As many values are read as there are columns, of whichever key.
    ['{"a":1,"a":2}', [2, null]],
    ['{"a":1,"b":"x","a":2}', [1, 'x']],
    ['{"a":1,"a":2,"b":"x"}', [2, null]],
    ['{"a":1,"zzz":[1,{"q":2}]}', [1, null]],
    ['{}', [null, null]],
    ['{"a":1} trailing', [1, null]],
    ['{"a":2}{"a":3}', [2, null]],
    ['   { "a" :\t1 , "b" : "x" }   ', [1, 'x']],
    ['{"\\u0061":1}', [1, null]],
    ['{"a":1,"b":"x"}\r', [1, 'x']],
    ['\u{feff}{"a":1}', [1, null]],
    ['{"A":5,"a":1}', [1, null]],
  ])('%s gives %o', (line, row) => {
    expect(read(types, line)).toEqual([row]);
    expect(read(types, among('{"a":7,"b":"seven"}', line))[200]).toEqual(row);
  });

  test('an array at the top gives a row per element, in batches of any size', () => {
    const text = `[{"a":1}, {"a":2},{"a":3} ] x\n[]\n{"a":4}\n[${Array.from({ length: 500 }, (_, a) => `{"a":${a}}`).join()}]\n`;
    const expected = [1, 2, 3, 4, ...Array.from({ length: 500 }, (_, a) => a)];
    for (const rowsMax of [1, 2, 7, 1024]) {
      expect(read({ a: t.INT() }, text, { rowsMax }).flat()).toEqual(expected);
    }
  });

  test('of an array that goes bad the rows before stay when errors are ignored', () => {
    const decoder = decoderOf({ format: jsonFormat, types: { a: t.INT() }, ...ignore });
    const { rows } = decodeRows(decoder, '[{"a":1},5,{"a":2}]\n[1,2]\n[{"a":2}\n{"a":9}');
    expect(rows.flat()).toEqual([1, 2, 9]);
    expect(decoder.malformedRecords).toBe(3);
    decoder.close();
    expect(failure({ a: t.INT() }, '[{"a":1},5,{"a":2}]').details.message).toContain('must be a JSON object');
  });

  test('empty lines are no records', () => {
    expect(read({ a: t.INT() }, '\n{"a":1}\n\n\r\n{"a":2}\n\n').flat()).toEqual([1, 2]);
  });

  test('invalid UTF-8 makes a record malformed, also where nothing reads it', () => {
    const bytes = Buffer.concat([Buffer.from('{"a":1,"z":"x'), Buffer.from([0xff]), Buffer.from('y"}\n{"a":2}\n')]);
    expect(() => read({ a: t.INT() }, bytes)).toThrow(/invalid UTF-8: byte 0xff/);
    expect(read({ a: t.INT() }, bytes, ignore).flat()).toEqual([2]);
  });

  test('a text ends with its quote, and is not plain where another byte says so, wherever that stands', () => {
    const texts = Array.from({ length: 200 }, (_, length) => {
      const plain = 'x'.repeat(length);
      return [plain, `${plain}\n${'y'.repeat(70)}`, `${plain}é`, `${plain}"`, `${plain}\\`, plain];
    }).flat();
    // The first records are of the form that is learnt; the last text ends near the end of all.
    const all = [...Array.from({ length: 200 }, () => 'plain'), ...texts];
    const lines = all.map((a, b) => JSON.stringify({ a, b, c: a }));
    expect(read({ a: t.STRING(), b: t.INT() }, lines.join('\n'))).toEqual(all.map((a, b) => [a, b]));
  });

  test('a record of 10 MB is read', () => {
    const long = 'x'.repeat(10_000_000);
    const [row] = read({ a: t.STRING(), b: t.INT() }, `{"a":"${long}\\n","b":1}\n`);
    expect(row?.[1]).toBe(1);
    expect(String(row?.[0])).toHaveLength(10_000_001);
  });

  test('fail-on-missing-field wants the fields that are read, and lets NULL pass', () => {
    const strict = { options: { 'fail-on-missing-field': 'true' } };
    expect(read({ a: t.INT() }, '{"a":1}', strict)).toEqual([[1]]);
    expect(read(types, '{"a":1,"b":null}', strict)).toEqual([[1, null]]);
    expect(failure(types, '{"a":1,"b":"x"}\n{"a":2}', strict).details.message).toBe('"b" is missing');
    expect(failure(types, among('{"a":1,"b":"x"}', '{"a":2}'), strict).details.message).toBe('"b" is missing');
  });

  test('a NULL in a NOT NULL column is refused, and drops the row when errors are ignored', () => {
    const strict = { a: t.INT(false), b: t.INT() };
    for (const line of ['{"a":null,"b":1}', '{"b":1}']) {
      expect(failure(strict, line).details.message).toContain('declared NOT NULL');
      expect(read(strict, among('{"a":1,"b":2}', line), ignore)).toHaveLength(203);
    }
  });

  test('parts of rows are read into columns of their own', () => {
    const parts = {
      'p/name/last': t.STRING(),
      'p/age': t.INT(),
      p: t.ROW([{ name: 'age', type: t.INT() }]),
      n: t.INT(),
    };
    const text = [
      '{"p":{"name":{"first":"Ada","last":"L"},"age":36},"n":1}',
      '{"p":null,"n":2}',
      '{"n":3}',
      '{"p":{"age":4},"n":4}',
    ];
    const rows = [
      ['L', 36, [36], 1],
      [null, null, null, 2],
      [null, null, null, 3],
      [null, 4, [4], 4],
    ];
    expect(read(parts, text.join('\n'))).toEqual(rows);
    for (const [index, line] of text.entries()) {
      expect(read(parts, among(text[0] ?? '', line))[200]).toEqual(rows[index]);
    }
    expect(failure({ 'p/age': t.INT() }, '{"p":5}').details.message).toBe('could not read "p" as ROW: 5');
  });

  test('a failure tells the record and the field', () => {
    const line = '{"a":1,"b":"x"}';
    const text = `${line}\n{"a":"n/a","b":"y"}\n`;
    const room = memory.alloc(text.length + 64);
    memory.u8.set(Buffer.from(text), room);
    const decoder = decoderOf({ format: jsonFormat, types });
    const { batch, next } = decoder.decode(room, room + text.length, true);
    expect(batch.rowCount).toBe(1);
    try {
      decoder.decode(next, room + text.length, true);
      expect.unreachable();
    } catch (error) {
      const { record, field, details } = error as DecodeFailure;
      expect(record).toEqual({ from: room + 16, to: room + 35 });
      expect(memory.text(field?.from ?? 0, (field?.to ?? 0) - (field?.from ?? 0))).toBe('"n/a"');
      expect(details.message).toBe('could not read "a" as INT: "n/a"');
    }
    decoder.close();
    memory.free(room);
  });
});
