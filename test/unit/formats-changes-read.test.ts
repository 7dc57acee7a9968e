import { expect, test } from 'vitest';
import { DecodeFailure } from '../../src/formats/format.ts';
import { formatNamed } from '../../src/formats/index.ts';
import * as t from '../../src/types/sql-type.ts';
import { decodeRows, decoderOf, type Row } from '../support/formats/decode.ts';

const types = { id: t.INT(), name: t.STRING(), score: t.INT() };

interface Options {
  readonly options?: Record<string, string>;
  readonly rowsMax?: number;
  readonly types?: Record<string, t.SqlType>;
}

function read(name: string, text: string, { options = {}, rowsMax = 1024, types: its = types }: Options = {}): Row[] {
  const format = formatNamed(name);
  if (format === null) throw new Error(`no format ${name}`);
  const decoder = decoderOf({ format, types: its, options, rowsMax });
  try {
    return decodeRows(decoder, text, { kinds: true }).rows;
  } finally {
    decoder.close();
  }
}

const debezium = [
  '{"before":null,"after":{"id":1,"name":"Ann","score":10},"op":"c"}',
  '{"before":null,"after":{"id":2,"name":"B\\u006fb","score":20},"op":"r"}',
  '',
  '{"before":{"id":1,"name":"Ann","score":10},"after":{"id":1,"name":"Ann","score":15},"op":"u"}',
  '{"before":{"id":2,"name":"Bob","score":20},"after":null,"op":"d"}',
].join('\n');

const changes = [
  ['+I', 1, 'Ann', 10],
  ['+I', 2, 'Bob', 20],
  ['-U', 1, 'Ann', 10],
  ['+U', 1, 'Ann', 15],
  ['-D', 2, 'Bob', 20],
];

test('debezium-json reads creations, snapshots, updates and deletions, in batches of any size', () => {
  for (const rowsMax of [1, 2, 3, 1024]) expect(read('debezium-json', debezium, { rowsMax })).toEqual(changes);
});

test('debezium-json reads the change under payload when told of the schema', () => {
  const text = debezium
    .split('\n')
    .map((line) => (line === '' ? '' : `{"schema":{"type":"struct"},"payload":${line}}`))
    .join('\n');
  expect(read('debezium-json', text, { options: { 'schema-include': 'true' } })).toEqual(changes);
  expect(() => read('debezium-json', text)).toThrow('not a debezium-json change');
});

test.each([
  ['{"before":null,"after":{"id":1},"op":"u"}', 'the "before" field of an update is null'],
  ['{"before":null,"after":null,"op":"d"}', 'the "before" field of a deletion is null'],
  ['{"before":null,"after":{"id":1},"op":"x"}', 'unknown operation "x"'],
  ['{"before":null,"after":{"id":1}}', 'not a debezium-json change'],
  ['{"before":null,"after":null,"op":"c"}', 'not a debezium-json change'],
  ['{"before":{"id":1},"after":{"id":"bad"},"op":"u"}', 'could not read "id" as INT'],
  ['oops', 'a record must be a JSON object'],
])('%s fails', (line, message) => {
  expect(() => read('debezium-json', `${debezium}\n${line}`)).toThrow(DecodeFailure);
  const start = message === 'a record must be a JSON object' ? 'malformed JSON' : message;
  expect(() => read('debezium-json', line)).toThrow(start);
});

test('debezium-json leaves bad records out, and makes bad fields NULL, when errors are ignored', () => {
  const text = [
    '{"before":null,"after":{"id":1,"score":10},"op":"c"}',
    '{"before":null,"after":{"id":1,"score":15},"op":"u"}',
    '{"before":null,"after":{"id":1,"score":15},"op":"x"}',
    'oops',
    '{"before":null,"after":{"id":"bad","score":30},"op":"c"}',
    '{"before":null,"after":{"id":3,"score":30},"op":"c"}',
  ].join('\n');
  const rows = read('debezium-json', text, { options: { 'ignore-parse-errors': 'true' } });
  expect(rows).toEqual([
    ['+I', 1, null, 10],
    ['+I', null, null, 30],
    ['+I', 3, null, 30],
  ]);
});

test('canal-json reads rows in arrays, of any number', () => {
  const text = [
    '{"data":[{"id":1,"name":"Ann"},{"id":2,"name":"Bob"}],"database":"shop","table":"people","type":"INSERT"}',
    '{"data":null,"database":"shop","table":"people","type":"CREATE"}',
    '{"data":[{"id":1,"name":"Anna"}],"old":[{"name":"Ann"}],"database":"shop","table":"people","type":"UPDATE"}',
    '{"data":[{"id":2,"name":"Bob"}],"old":null,"database":"shop","table":"people","type":"DELETE"}',
  ].join('\n');
  const two = { types: { id: t.INT(), name: t.STRING() } };
  const rows = [
    ['+I', 1, 'Ann'],
    ['+I', 2, 'Bob'],
    ['-U', 1, 'Ann'],
    ['+U', 1, 'Anna'],
    ['-D', 2, 'Bob'],
  ];
  for (const rowsMax of [1, 2, 1024]) expect(read('canal-json', text, { ...two, rowsMax })).toEqual(rows);
  const data = Array.from({ length: 5000 }, (_, id) => ({ id }));
  const many = read('canal-json', JSON.stringify({ data, type: 'INSERT' }), { types: { id: t.INT() }, rowsMax: 7 });
  expect(many.map(([, id]) => id)).toEqual(data.map(({ id }) => id));
  expect(() => read('canal-json', '{"data":null,"database":"s","table":"p","type":"ALTER"}')).toThrow(
    'unknown operation "ALTER"',
  );
});

test('canal-json chooses by database and table', () => {
  const text = [
    '{"data":[{"id":1}],"database":"shop","table":"people","type":"INSERT"}',
    '{"data":[{"id":2}],"database":"shop","table":"orders","type":"INSERT"}',
    '{"data":[{"id":3}],"database":"test","table":"people","type":"INSERT"}',
    '{"data":[{"id":4}],"database":"shop2","table":"people","type":"INSERT"}',
  ].join('\n');
  const options = { 'database.include': 'shop.?', 'table.include': 'people' };
  expect(read('canal-json', text, { options, types: { id: t.INT() } })).toEqual([
    ['+I', 1],
    ['+I', 4],
  ]);
});

test('maxwell-json takes from the new row what the old one does not name', () => {
  const text = [
    '{"database":"shop","table":"people","type":"insert","data":{"id":1,"name":"Ann","score":3}}',
    '{"database":"shop","table":"people","type":"update","data":{"id":1,"name":"Ann","score":4},"old":{"score":3}}',
    '{"database":"shop","table":"people","type":"update","data":{"id":1,"name":"Anna","score":4},"old":{"name":null}}',
    '{"database":"shop","table":"people","type":"delete","data":{"id":1,"name":"Anna","score":4}}',
  ].join('\n');
  expect(read('maxwell-json', text)).toEqual([
    ['+I', 1, 'Ann', 3],
    ['-U', 1, 'Ann', 3],
    ['+U', 1, 'Ann', 4],
    ['-U', 1, null, 4],
    ['+U', 1, 'Anna', 4],
    ['-D', 1, 'Anna', 4],
  ]);
  expect(() => read('maxwell-json', '{"type":"bootstrap-insert","data":{"id":1}}')).toThrow('unknown operation');
});

test('ogg-json reads its operations', () => {
  const text = [
    '{"table":"SHOP.PEOPLE","op_type":"I","after":{"id":1,"name":"Ann"}}',
    '{"table":"SHOP.PEOPLE","op_type":"U","before":{"id":1,"name":"Ann"},"after":{"id":1,"name":"Anna"}}',
    '{"table":"SHOP.PEOPLE","op_type":"D","before":{"id":1,"name":"Anna"}}',
  ].join('\n');
  expect(read('ogg-json', text).map((row) => row.slice(0, 3))).toEqual([
    ['+I', 1, 'Ann'],
    ['-U', 1, 'Ann'],
    ['+U', 1, 'Anna'],
    ['-D', 1, 'Anna'],
  ]);
  expect(() => read('ogg-json', '{"op_type":"T"}')).toThrow('unknown operation "T"');
});
