import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomOf } from '../../queries/random.ts';
import { jsonFormat } from '../../src/formats/json/json-format.ts';
import { columnReaders } from '../../src/memory/batch-reader.ts';
import * as t from '../../src/types/sql-type.ts';
import { decoderOf, memory } from '../support/formats/decode.ts';
import { type Damage, damaged, recordText } from '../support/formats/mutated-json.ts';

const types = {
  id: t.BIGINT(),
  n: t.INT(),
  text: t.STRING(),
  'group/a': t.BIGINT(),
  'group/b': t.STRING(),
  size: t.FLOAT(),
  at: t.TIMESTAMP(3),
  flag: t.BOOLEAN(),
  x: t.DOUBLE(),
};
const paths = Object.keys(types);

type Value = ReturnType<ReturnType<typeof columnReaders>[number]>;
/** The rows of each record, by the place where it starts. */
type Decoded = ReadonlyMap<number, readonly (readonly Value[])[]>;

/** Decodes a text at once. What lies behind it in memory is `filler`: it must not be seen. */
function decode(text: Buffer, filler: string): Decoded {
  const options = { 'ignore-parse-errors': 'true' };
  const decoder = decoderOf({ format: jsonFormat, types, options, rowsMax: 4096 });
  const room = memory.alloc(text.length + 128);
  memory.u8.set(text, room);
  memory.u8.set(Buffer.from(filler.repeat(128)).subarray(0, 128), room + text.length);
  const found = new Map<number, Value[][]>();
  try {
    for (let at = room; at < room + text.length; ) {
      const { batch, next } = decoder.decode(at, room + text.length, true);
      expect(next).toBeGreaterThan(at);
      expect(next).toBeLessThanOrEqual(room + text.length);
      const readers = columnReaders(memory, batch);
      for (let row = 0; row < batch.rowCount; row++) {
        const start = decoder.recordAddress(row) - room;
        const values = readers.map((read) => read(row));
        found.set(start, [...(found.get(start) ?? []), values]);
      }
      at = next;
    }
    return found;
  } finally {
    memory.free(room);
    decoder.close();
  }
}

/** So few records at a time are read in the general way, by no template. */
const generalRecords = 40;

function decodeInGeneral(text: Buffer): Decoded {
  const found = new Map<number, readonly (readonly Value[])[]>();
  for (let from = 0; from < text.length; ) {
    let to = from;
    for (let record = 0; record < generalRecords && to < text.length; record++) to = lineEnd(text, to) + 1;
    for (const [start, rows] of decode(text.subarray(from, to), '\0')) found.set(from + start, rows);
    from = to;
  }
  return found;
}

function lineEnd(text: Buffer, from: number): number {
  const at = text.indexOf(10, from);
  return at < 0 ? text.length : at;
}

/** What JSON.parse reads of a number, as it stands in the text. */
class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** The library's types know no source of a value yet. */
const parseWithSource = JSON.parse as (
  text: string,
  revive: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown;

/** The members of a record that is one object, or null where JSON.parse reads it as something else, or not at all. */
function parsed(line: Buffer): Readonly<Record<string, unknown>> | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line);
    // Of equal keys the first counts here, the last there.
    if (
      ['id', 'n', 'text', 'group', 'a', 'b', 'size', 'at', 'flag', 'x'].some((key) => text.split(`"${key}"`).length > 2)
    )
      return null;
    const value = parseWithSource(text, (_, its, { source }) =>
      typeof its === 'number' ? new NumberText(source ?? '') : its,
    );
    return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberText)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}

/** The column's value of a member in the plain form of its type; undefined where what it becomes is Flink's to say. */
function plain(member: unknown, path: string): Value | undefined {
  if (member === null || member === undefined) return null;
  const type = types[path as keyof typeof types];
  switch (type.kind) {
    case 'BIGINT':
    case 'INT': {
      if (!(member instanceof NumberText) || !/^-?\d+$/.test(member.text)) return undefined;
      const value = BigInt(member.text);
      if (BigInt.asIntN(type.kind === 'BIGINT' ? 64 : 32, value) !== value) return undefined;
      return type.kind === 'BIGINT' ? value : Number(value);
    }
    case 'FLOAT':
      // More digits may be rounded twice by way of a double.
      return member instanceof NumberText && member.text.length < 16 ? Math.fround(Number(member.text)) : undefined;
    case 'DOUBLE':
      return member instanceof NumberText ? Number(member.text) : undefined;
    case 'BOOLEAN':
      return typeof member === 'boolean' ? member : undefined;
    case 'TIMESTAMP': {
      if (typeof member !== 'string' || !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{3})?$/.test(member)) return undefined;
      const ms = Date.parse(`${member.replace(' ', 'T')}Z`);
      return new Date(Number.isNaN(ms) ? 0 : ms).toISOString().startsWith(member.slice(0, 10)) ? BigInt(ms) : undefined;
    }
    default:
      return typeof member === 'string' && member.isWellFormed() ? member : undefined;
  }
}

function memberAt(record: Readonly<Record<string, unknown>>, path: string): unknown {
  let value: unknown = record;
  for (const key of path.split('/')) {
    if (value === null || value === undefined) return null;
    if (typeof value !== 'object' || Array.isArray(value)) return new Date();
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom('change', 'change', 'insert', 'delete', 'repeat'),
  byte: fc.oneof(fc.constantFrom(...Buffer.from('"\\{}[]:,.-+0159eEntfu \t\r\n')), fc.nat(255)),
  length: fc.integer({ min: 1, max: 30 }),
});

/** Documents a run: a million in all where the properties run long. */
const documents = 400;
const numRuns = Math.ceil(Number(process.env.TIDEMARK_FUZZ_RUNS ?? 600) / 40);

test('damaged JSON is read alike by straight code and in general, and as JSON.parse reads it', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }),
      fc.array(damage, { maxLength: 150 }),
      (seed, forms, damages) => {
        const next = randomOf(seed);
        const lines = Array.from({ length: documents }, (_, at) => recordText(next, forms[at % forms.length] ?? 0));
        const text = damaged(Buffer.from(`${lines.join('\n')}\n`), damages);
        const found = decode(text, '"0}\n');
        expect(found).toEqual(decode(text, '\0'));
        expect(found).toEqual(decodeInGeneral(text));
        for (let from = 0; from < text.length; from = lineEnd(text, from) + 1) {
          const line = text.subarray(from, lineEnd(text, from));
          const record = parsed(line);
          if (record === null) continue;
          const rows = found.get(from);
          expect(rows, line.toString()).toHaveLength(1);
          for (const [column, path] of paths.entries()) {
            const wanted = plain(memberAt(record, path), path);
            if (wanted !== undefined) expect(rows?.[0]?.[column], `${path} of ${line.toString()}`).toEqual(wanted);
          }
        }
      },
    ),
    { numRuns },
  );
}, 600_000);
