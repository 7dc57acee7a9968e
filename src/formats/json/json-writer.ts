import type { OptionValues } from '../../catalog/options.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { Memory } from '../../memory/memory.ts';
import type { Schema } from '../../types/column.ts';
import { INT, type MapType, type RowType, type SqlType, typeText } from '../../types/sql-type.ts';
import type { CellAddress } from '../encode/batch-cells.ts';
import type { ByteSink } from '../encode/byte-sink.ts';
import {
  bytesAt,
  forElements,
  forFields,
  mapArrays,
  scalarWriter,
  type ValueWriter,
  type WriterContext,
} from '../encode/value-writer.ts';

const comma = 0x2c;
const quote = 0x22;

/** Writes rows as JSON objects, by a format's write options. */
export class JsonWriter {
  readonly #memory: Memory;
  readonly #out: ByteSink;
  readonly #context: WriterContext;
  readonly #columns: readonly { readonly key: Uint8Array; readonly write: ValueWriter }[];
  readonly #ignoresNulls: boolean;
  readonly #nullKeyMode: string;
  readonly #nullKey: Uint8Array;

  /** @throws DiagnosticError for a map whose keys are no texts */
  constructor(parts: {
    memory: Memory;
    out: ByteSink;
    scratch: number;
    schema: Schema;
    options: OptionValues;
    format: string;
  }) {
    const { memory, out, scratch, schema, options, format } = parts;
    this.#memory = memory;
    this.#out = out;
    this.#context = {
      memory,
      out,
      scratch,
      isIso: options.string('timestamp-format.standard') === 'ISO-8601',
      plainDecimals: options.boolean('encode.decimal-as-plain-number') === true,
      text: (address, length) => this.#text(address, length),
      quote,
    };
    this.#ignoresNulls = options.boolean('encode.ignore-null-fields') === true;
    this.#nullKeyMode = options.string('map-null-key.mode') ?? 'FAIL';
    this.#nullKey = Buffer.from(JSON.stringify(options.string('map-null-key.literal') ?? 'null'));
    this.#columns = schema.map(({ name, type }) => ({ key: keyBytes(name), write: this.#writer(type, format) }));
  }

  /** The object of a row, from the addresses of its values. */
  row(cells: readonly CellAddress[], row: number): void {
    const out = this.#out;
    out.byte(0x7b);
    let isFirst = true;
    const columns = this.#columns;
    for (let index = 0; index < columns.length; index++) {
      const column = columns[index];
      const at = cells[index]?.(row) ?? 0;
      if (column === undefined || (at === 0 && this.#ignoresNulls)) continue;
      if (!isFirst) out.byte(comma);
      isFirst = false;
      out.bytes(column.key);
      if (at === 0) out.ascii('null');
      else column.write(at, 0);
    }
    out.byte(0x7d);
  }

  #writer(type: SqlType, format: string): ValueWriter {
    switch (type.kind) {
      case 'ROW':
        return this.#rowWriter(type, format);
      case 'ARRAY': {
        const element = this.#writer(type.element, format);
        return (at, base) => this.#array(type.element, element, bytesAt(this.#memory, at, base).address);
      }
      case 'MAP':
        return this.#mapWriter(type, format);
      case 'MULTISET':
        return this.#mapWriter({ kind: 'MAP', key: type.element, value: INT(), nullable: type.nullable }, format);
      case 'VARIANT':
      case 'NULL':
        return fail('O007', null, `${format} cannot hold a column of type ${typeText(type)}`);
      default:
        return scalarWriter(type, this.#context);
    }
  }

  #rowWriter(type: RowType, format: string): ValueWriter {
    const fields = type.fields.map((field) => ({ key: keyBytes(field.name), write: this.#writer(field.type, format) }));
    const out = this.#out;
    return (at, base) => {
      const row = bytesAt(this.#memory, at, base).address;
      out.byte(0x7b);
      let isFirst = true;
      forFields({ memory: this.#memory }, type, row, (index, value) => {
        const field = fields[index];
        if (field === undefined || (value === 0 && this.#ignoresNulls)) return;
        if (!isFirst) out.byte(comma);
        isFirst = false;
        out.bytes(field.key);
        if (value === 0) out.ascii('null');
        else field.write(value, row);
      });
      out.byte(0x7d);
    };
  }

  #array(elementType: SqlType, write: ValueWriter, array: number): void {
    const out = this.#out;
    out.byte(0x5b);
    forElements({ memory: this.#memory }, elementType, array, (index, value) => {
      if (index > 0) out.byte(comma);
      if (value === 0) out.ascii('null');
      else write(value, array);
    });
    out.byte(0x5d);
  }

  #mapWriter(type: MapType, format: string): ValueWriter {
    if (type.key.kind !== 'VARCHAR' && type.key.kind !== 'CHAR') {
      fail('O007', null, `${format} has no map whose keys are no texts: ${typeText(type)}`);
    }
    const write = this.#writer(type.value, format);
    const memory = this.#memory;
    const out = this.#out;
    return (at, base) => {
      const { keys, values } = mapArrays(memory, bytesAt(memory, at, base).address);
      const keyAt: number[] = [];
      forElements({ memory }, type.key, keys, (_, key) => keyAt.push(key));
      out.byte(0x7b);
      let isFirst = true;
      forElements({ memory }, type.value, values, (index, value) => {
        const key = keyAt[index] ?? 0;
        if (key === 0 && this.#nullKeyMode === 'DROP') return;
        if (key === 0 && this.#nullKeyMode === 'FAIL') this.#failNullKey(format);
        if (!isFirst) out.byte(comma);
        isFirst = false;
        if (key === 0) out.bytes(this.#nullKey);
        else {
          const { address, length } = bytesAt(memory, key, keys);
          this.#text(address, length);
        }
        out.byte(0x3a);
        if (value === 0) out.ascii('null');
        else write(value, values);
      });
      out.byte(0x7d);
    };
  }

  #failNullKey(format: string): never {
    fail('F015', null, 'a map with a NULL key cannot be written as JSON', {
      help: `'${format}.map-null-key.mode' = 'DROP' leaves such entries out, 'LITERAL' writes them under a name`,
    });
  }

  /** Text in quotes. As Flink, what lies outside the basic plane is written as two escapes. */
  #text(address: number, length: number): void {
    const out = this.#out;
    const { u8 } = this.#memory;
    const end = address + length;
    out.byte(quote);
    let from = address;
    for (let at = address; at < end; ) {
      const byte = u8[at] ?? 0;
      if (byte >= 0x20 && byte !== quote && byte !== 0x5c && byte < 0xf0) {
        at++;
        continue;
      }
      out.bytes(u8, from, at);
      if (byte >= 0xf0) {
        out.ascii(escapeUnits(this.#memory.text(at, Math.min(4, end - at))));
        at += 4;
      } else {
        out.ascii(escapes[byte] ?? `\\u00${byte.toString(16).toUpperCase().padStart(2, '0')}`);
        at++;
      }
      from = at;
    }
    out.bytes(u8, from, end);
    out.byte(quote);
  }
}

const escapes: Readonly<Record<number, string>> = {
  8: '\\b',
  9: '\\t',
  10: '\\n',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};

function escapeUnits(text: string): string {
  let escaped = '';
  for (let at = 0; at < text.length; at++)
    escaped += `\\u${text.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0')}`;
  return escaped;
}

function keyBytes(name: string): Uint8Array {
  return Buffer.from(`${JSON.stringify(name)}:`);
}
