import { describe, expect, test } from 'vitest';
import { csvFormat } from '../../src/formats/csv/csv-format.ts';
import { DecodeFailure, type Format } from '../../src/formats/format.ts';
import { rawFormat } from '../../src/formats/raw/raw-format.ts';
import * as t from '../../src/types/sql-type.ts';
import { decodeRows, decoderOf, type Row } from '../support/formats/decode.ts';

type Types = Record<string, t.SqlType>;

function reader(format: Format) {
  return (
    types: Types,
    text: string | Uint8Array,
    options: Record<string, string> = {},
    tableTypes: Types = types,
  ): Row[] => {
    const decoder = decoderOf({ format, types, tableTypes, options });
    try {
      return decodeRows(decoder, text).rows;
    } finally {
      decoder.close();
    }
  };
}

const csv = reader(csvFormat);
const raw = reader(rawFormat);
const ignore = { 'ignore-parse-errors': 'true' };
const two = { a: t.INT(), b: t.STRING() };

describe('csv', () => {
  test('every type is read from its text', () => {
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
    };
    const at = BigInt(Date.UTC(2024, 1, 29, 12, 0, 0, 123));
    const line =
      '1,-300,2147483647,9223372036854775807,1.5,2.25,12.34,true,text,2024-02-29,23:59:59,2024-02-29 12:00:00.123,2024-02-29 12:00:00.123Z,QUJD';
    expect(csv(types, line)).toEqual([
      [
        1,
        -300,
        2147483647,
        9223372036854775807n,
        1.5,
        2.25,
        1234n,
        true,
        'text',
        Date.UTC(2024, 1, 29) / 864e5,
        86399000,
        at,
        at,
        Uint8Array.from([65, 66, 67]),
      ],
    ]);
  });

  test('quotes keep delimiters, quotes, blanks and line breaks', () => {
    const three = { a: t.STRING(), b: t.STRING(), c: t.STRING() };
    const text = '"a,b","say ""hi""",  padded  \n"  kept  ", "blank before quote",x\r\n1,"two\nlines\r\n" ,5" disk\n';
    expect(csv(three, text)).toEqual([
      ['a,b', 'say "hi"', '  padded  '],
      ['  kept  ', ' "blank before quote"', 'x'],
      ['1', 'two\nlines\r\n', '5" disk'],
    ]);
  });

  test('an empty value is an empty text, and no number', () => {
    expect(csv({ a: t.STRING(), b: t.STRING() }, 'a,\n,""\n\n', ignore)).toEqual([
      ['a', ''],
      ['', ''],
      ['', null],
    ]);
    expect(() => csv(two, ',x')).toThrow('could not read "a" as INT: ');
    expect(csv({ k: t.STRING(), a: t.BOOLEAN() }, 'x,')).toEqual([['x', false]]);
  });

  test('a null literal makes NULL, quoted or not', () => {
    expect(csv({ a: t.STRING(), b: t.INT() }, 'N/A,1\nx,N/A\n"N/A",2', { 'null-literal': 'N/A' })).toEqual([
      [null, 1],
      ['x', null],
      [null, 2],
    ]);
    expect(csv({ a: t.STRING(), b: t.INT() }, ',1\nx,\n"",3', { 'null-literal': '' })).toEqual([
      [null, 1],
      ['x', null],
      [null, 3],
    ]);
  });

  test.each([
    [' 1 ', t.INT(), 1],
    ['+5', t.INT(), 5],
    [' 2.5 ', t.DOUBLE(), 2.5],
    ['0x1p3', t.DOUBLE(), 8],
    ['12.345', t.DECIMAL(5, 2), 1235n],
    ['1000', t.DECIMAL(5, 2), null],
    ['-0.005', t.DECIMAL(5, 2), -1n],
    [' true ', t.BOOLEAN(), true],
    ['yes', t.BOOLEAN(), false],
    ['10:20', t.TIME(0), 37_200_000],
    ['2024-02-31 24:00:00', t.TIMESTAMP(3), BigInt(Date.UTC(2024, 2, 1))],
    ['2024-01-01 10:00:00.123456', t.TIMESTAMP(6), BigInt(Date.UTC(2024, 0, 1, 10)) * 1000n + 123456n],
  ] as const)('%s as %o', (text, type, value) => {
    expect(csv({ a: type, z: t.INT() }, `${text},7`)).toEqual([[value, 7]]);
  });

  test.each([
    ['seven', t.INT()],
    ['1.5', t.INT()],
    ['3000000000', t.INT()],
    ['300', t.TINYINT()],
    [' 2.50', t.DECIMAL(5, 2)],
    ['', t.DECIMAL(5, 2)],
    ['', t.DOUBLE()],
    [' 2024-01-01 ', t.DATE()],
    ['2024-13-01', t.DATE()],
    ['2024-01-01T10:00:00', t.TIMESTAMP(3)],
    ['2024-01-01 10:00', t.TIMESTAMP(3)],
    ['2024-01-01 10:00:00', t.TIMESTAMP_LTZ(3)],
    ['24:00:00', t.TIME(0)],
    ['!!', t.BYTES()],
  ] as const)('"%s" is no %o', (text, type) => {
    expect(() => csv({ k: t.STRING(), a: type }, `x,${text}\n`)).toThrow('could not read "a" as ');
    expect(csv({ k: t.STRING(), a: type }, `x,${text}\n`, ignore)).toEqual([['x', null]]);
  });

  test('delimiter, quote and escape are options', () => {
    expect(csv(two, '1;a,b\n2;"c;d"', { 'field-delimiter': ';' }).map(([, b]) => b)).toEqual(['a,b', 'c;d']);
    expect(csv(two, '1\ta\n2\tb c', { 'field-delimiter': '\\t' }).map(([, b]) => b)).toEqual(['a', 'b c']);
    expect(csv(two, "1,'a,b'\n2,'it''s'\n3,\"x\"", { 'quote-character': "'" }).map(([, b]) => b)).toEqual([
      'a,b',
      "it's",
      '"x"',
    ]);
    expect(csv(two, '1,"a"', { 'disable-quote-character': 'true' })).toEqual([[1, '"a"']]);
    const escaped = csv(two, '1,a\\,b\n2,"say \\"hi\\""\n3,back\\\\slash\n4,\\n', { 'escape-character': '\\' });
    expect(escaped.map(([, b]) => b)).toEqual(['a,b', 'say "hi"', 'back\\slash', '\n']);
    expect(csv(two, '1,a\\tb')).toEqual([[1, 'a\\tb']]);
    expect(() => csv(two, '1||a', { 'field-delimiter': '||' })).toThrow('must be one character');
    expect(() => csv(two, '', { 'disable-quote-character': 'true', 'quote-character': "'" })).toThrow(
      'exclude each other',
    );
  });

  test('comments are left out when allowed', () => {
    const text = '# a comment\n1,x\n  # not at the start\n2,#y\n';
    expect(csv(two, text, { ...ignore, 'allow-comments': 'true' })).toEqual([
      [1, 'x'],
      [2, '#y'],
    ]);
    expect(csv({ a: t.STRING() }, '# a comment')).toEqual([['# a comment']]);
  });

  test('arrays and rows are split', () => {
    const types = { a: t.ARRAY(t.INT()), b: t.ARRAY(t.STRING()) };
    expect(csv(types, '1;2;3,a;b\n,x\n5,')).toEqual([
      [
        [1, 2, 3],
        ['a', 'b'],
      ],
      [[], ['x']],
      [[5], []],
    ]);
    expect(csv({ a: t.ARRAY(t.INT()) }, '1|2|3', { 'array-element-delimiter': '|' })).toEqual([[[1, 2, 3]]]);
    expect(csv({ a: t.ARRAY(t.INT()), b: t.INT() }, '1;x;3,4', ignore)).toEqual([[[1, null, 3], 4]]);
    const row = t.ROW([
      { name: 'n', type: t.INT() },
      { name: 's', type: t.STRING() },
    ]);
    expect(csv({ a: t.INT(), r: row }, '1,7;x\n2,8;y;z')).toEqual([
      [1, [7, 'x']],
      [2, [8, 'y']],
    ]);
    expect(() => csv({ m: t.MAP(t.STRING(), t.INT()) }, '1')).toThrow('csv cannot hold column "m"');
  });

  test.each([['1,"x"y'], ['1,x,z'], ['1,a\u0080b']])('%s is malformed', (line) => {
    const bytes = Buffer.from(line.replace('\u0080', 'q'));
    if (line.includes('\u0080')) bytes[bytes.indexOf('q')] = 0xff;
    const text = Buffer.concat([Buffer.from('0,a\n'), bytes, Buffer.from('\n2,z\n')]);
    expect(() => csv(two, text)).toThrow(DecodeFailure);
    const decoder = decoderOf({ format: csvFormat, types: two, options: ignore });
    expect(decodeRows(decoder, text).rows).toEqual([
      [0, 'a'],
      [2, 'z'],
    ]);
    expect(decoder.malformedRecords).toBe(1);
    decoder.close();
  });

  test('a quote that is never closed takes the rest', () => {
    expect(() => csv(two, '1,"open\n2,x\n')).toThrow('never closed');
    expect(csv(two, '0,a\n1,"open\n2,x\n3,y', ignore)).toEqual([[0, 'a']]);
  });

  test('too few values fail, and are NULL where there are as many as columns asked for or errors are ignored', () => {
    const table = { a: t.INT(), b: t.STRING(), c: t.DOUBLE() };
    expect(() => csv(table, '1,x,2.5\n2\n')).toThrow("fewer values than the table's 3 columns");
    expect(csv(table, '1,x,2.5\n2\n\n3,y', ignore)).toEqual([
      [1, 'x', 2.5],
      [2, null, null],
      [null, null, null],
      [3, 'y', null],
    ]);
    expect(csv({ c: t.DOUBLE(), a: t.INT() }, '1,x,2.5\n2,y', {}, table)).toEqual([
      [2.5, 1],
      [null, 2],
    ]);
    expect(csv({ c: t.DOUBLE() }, 'bad,x,2.5\n2,y,3.5', {}, table)).toEqual([[2.5], [3.5]]);
    expect(csv({}, '1,x\noops\n3,y,z', ignore, two)).toEqual([[], []]);
    expect(csv(two, '1,x,')).toEqual([[1, 'x']]);
  });

  test('any cut into chunks gives the same rows', () => {
    const text = '1,"two\n""lines"""\r\n2,été\n3,"x",\n4,\n';
    const rows = csv(two, text);
    for (let size = 1; size < 12; size++) {
      const decoder = decoderOf({ format: csvFormat, types: two });
      expect(decodeRows(decoder, text, { chunks: [size] }).rows).toEqual(rows);
      decoder.close();
    }
    expect(rows).toEqual([
      [1, 'two\n"lines"'],
      [2, 'été'],
      [3, 'x'],
      [4, ''],
    ]);
  });
});

describe('raw', () => {
  test('a text column holds the line', () => {
    const text = 'hello world\n  blanks kept  \n\nhéllo 😀\r\nlast';
    expect(raw({ line: t.STRING() }, text).flat()).toEqual(['hello world', '  blanks kept  ', '', 'héllo 😀', 'last']);
    expect(raw({ line: t.STRING() }, Buffer.from([97, 0xff, 98, 0xe2, 10])).flat()).toEqual(['a\u{fffd}b\u{fffd}']);
    expect(raw({ b: t.BYTES() }, 'AZ\n')).toEqual([[Uint8Array.from([65, 90])]]);
  });

  test('numbers are read in their binary form', () => {
    expect(raw({ b: t.BOOLEAN() }, '1\n0\n').flat()).toEqual([true, true]);
    expect(raw({ b: t.TINYINT() }, 'A\n0').flat()).toEqual([65, 48]);
    expect(raw({ b: t.SMALLINT() }, 'AB')).toEqual([[16706]]);
    expect(raw({ b: t.INT() }, 'ABCD')).toEqual([[1094861636]]);
    expect(raw({ b: t.INT() }, 'ABCD', { endianness: 'little-endian' })).toEqual([[1145258561]]);
    expect(raw({ b: t.BIGINT() }, 'ABCDEFGH')).toEqual([[4702394921427289928n]]);
    expect(raw({ b: t.DOUBLE() }, '@ABCDEFG')).toEqual([[34.51767781622453]]);
    expect(raw({ b: t.FLOAT() }, 'ABCD')[0]?.[0]).toBeCloseTo(12.141422, 5);
    expect(() => raw({ b: t.INT() }, '12')).toThrow('could not read "b" as INT, which is 4 bytes a line: 12');
  });

  test('another charset reads the bytes in another way', () => {
    expect(raw({ s: t.STRING() }, 'é\nb', { charset: 'ISO-8859-1' }).flat()).toEqual(['Ã©', 'b']);
    expect(() => raw({ s: t.STRING() }, 'x', { charset: 'UTF-99' })).toThrow('unknown charset "UTF-99"');
  });

  test('one column of a plain type is wanted', () => {
    expect(() => raw({ a: t.STRING(), b: t.STRING() }, 'x')).toThrow('raw holds one physical column');
    expect(() => raw({ a: t.DATE() }, 'x')).toThrow('raw cannot hold column "a" of type DATE');
  });
});
