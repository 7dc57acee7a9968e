import { fail } from '../../diagnostics/diagnostic.ts';
import type { Batch } from '../../memory/batch.ts';
import type { Memory } from '../../memory/memory.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { cellAddresses } from '../encode/batch-cells.ts';
import { ByteSink } from '../encode/byte-sink.ts';
import { bytesAt, forElements, forFields, scalarWriter, type ValueWriter } from '../encode/value-writer.ts';
import type { Encoder, EncoderRequest } from '../format.ts';
import { type CsvOptions, csvOptions } from './csv-options.ts';

/** A text of more UTF-16 units is quoted without being looked through, as Jackson does. */
const looseLengthMax = 24;

/** Rows as CSV lines, quoted where Flink quotes. */
export class CsvEncoder implements Encoder {
  readonly #memory: Memory;
  readonly #out = new ByteSink();
  /** The value in work, before it is known whether it needs quotes. */
  readonly #value = new ByteSink();
  readonly #scratch: number;
  readonly #options: CsvOptions;
  readonly #writers: readonly { readonly write: ValueWriter; readonly isText: boolean }[];
  readonly #positions: readonly number[];
  readonly #null: Uint8Array;
  readonly #elementDelimiter: Uint8Array;
  /** Bytes below it need quotes. */
  readonly #safeMin: number;

  constructor({ memory, schema, options, positions }: EncoderRequest) {
    this.#memory = memory;
    this.#scratch = memory.alloc(64);
    this.#options = csvOptions(options);
    this.#positions = positions ?? schema.map((_, index) => index);
    this.#null = Buffer.from(this.#options.nullLiteral ?? '');
    this.#elementDelimiter = Buffer.from(this.#options.elementDelimiter);
    this.#safeMin = Math.max(this.#options.delimiter, this.#options.quote ?? 0, 13) + 1;
    this.#writers = schema.map(({ type }) => ({ write: this.#writer(type), isText: isText(type) }));
  }

  encode(batch: Batch): Uint8Array {
    const out = this.#out;
    const value = this.#value;
    out.reset();
    const cells = cellAddresses(this.#memory, batch, this.#positions, this.#scratch);
    for (let row = 0; row < batch.rowCount; row++) {
      for (const [index, { write, isText }] of this.#writers.entries()) {
        if (index > 0) out.byte(this.#options.delimiter);
        const at = cells[index]?.(row) ?? 0;
        if (at === 0) {
          out.bytes(this.#null);
          continue;
        }
        value.reset();
        write(at, 0);
        if (isText) this.#text(value.written());
        else out.bytes(value.written());
      }
      out.byte(10);
    }
    return out.written();
  }

  close(): void {
    this.#memory.free(this.#scratch);
  }

  #writer(type: SqlType): ValueWriter {
    const memory = this.#memory;
    const value = this.#value;
    switch (type.kind) {
      case 'ARRAY': {
        const element = this.#writer(type.element);
        return (at, base) => {
          const array = bytesAt(memory, at, base).address;
          forElements({ memory }, type.element, array, (index, its) => this.#part(element, index, its, array));
        };
      }
      case 'ROW': {
        const fields = type.fields.map((field) => this.#writer(field.type));
        return (at, base) => {
          const row = bytesAt(memory, at, base).address;
          forFields({ memory }, type, row, (index, its) => this.#part(fields[index], index, its, row));
        };
      }
      case 'MAP':
      case 'MULTISET':
      case 'VARIANT':
      case 'NULL':
        return fail('O007', null, `csv cannot hold a column of type ${type.kind}`);
      default:
        return scalarWriter(type, {
          memory,
          out: value,
          scratch: this.#scratch,
          isIso: false,
          plainDecimals: false,
          text: (address, length) => value.bytes(memory.u8, address, address + length),
          quote: null,
        });
    }
  }

  #part(write: ValueWriter | undefined, index: number, at: number, base: number): void {
    if (index > 0) this.#value.bytes(this.#elementDelimiter);
    if (at === 0) this.#value.bytes(this.#null);
    else write?.(at, base);
  }

  #text(bytes: Uint8Array): void {
    const { quote, escape: escaping } = this.#options;
    const out = this.#out;
    if (quote === null || !this.#needsQuotes(bytes)) {
      out.bytes(bytes);
      return;
    }
    out.byte(quote);
    for (const byte of bytes) {
      if (byte === quote) out.byte(quote);
      else if (byte === escaping) out.byte(escaping);
      out.byte(byte);
    }
    out.byte(quote);
  }

  #needsQuotes(bytes: Uint8Array): boolean {
    if (bytes.length > looseLengthMax && unitCount(bytes) > looseLengthMax) return true;
    const { escape: escaping } = this.#options;
    return bytes.some((byte) => byte < this.#safeMin || byte === 0x5c || byte === escaping);
  }
}

/** UTF-16 units of a text in UTF-8. */
function unitCount(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) count += (byte & 0xc0) === 0x80 ? 0 : byte >= 0xf0 ? 2 : 1;
  return count;
}

/** Numbers and booleans are never quoted. */
function isText(type: SqlType): boolean {
  switch (type.kind) {
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'FLOAT':
    case 'DOUBLE':
    case 'DECIMAL':
    case 'INTERVAL_YEAR_MONTH':
    case 'INTERVAL_DAY_TIME':
      return false;
    default:
      return true;
  }
}
