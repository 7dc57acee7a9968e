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
  readonly #scratch: number;
  readonly #options: CsvOptions;
  readonly #writers: readonly { readonly write: ValueWriter; readonly isText: boolean }[];
  readonly #positions: readonly number[];
  readonly #null: Uint8Array;
  readonly #elementDelimiter: Uint8Array;
  /** 1 for each byte that makes a text need quotes. */
  readonly #unsafe = new Uint8Array(256);
  /** 1 for the bytes that get another before them inside quotes. */
  readonly #doubled = new Uint8Array(256);

  constructor({ memory, schema, options, positions }: EncoderRequest) {
    this.#memory = memory;
    this.#scratch = memory.alloc(64);
    this.#options = csvOptions(options);
    this.#positions = positions ?? schema.map((_, index) => index);
    this.#null = Buffer.from(this.#options.nullLiteral ?? '');
    this.#elementDelimiter = Buffer.from(this.#options.elementDelimiter);
    const { delimiter, quote, escape: escaping } = this.#options;
    this.#unsafe.fill(1, 0, Math.max(delimiter, quote ?? 0, 13) + 1);
    for (const byte of [0x5c, escaping ?? 0x5c]) this.#unsafe[byte] = 1;
    for (const byte of [quote, escaping]) if (byte !== null) this.#doubled[byte] = 1;
    this.#writers = schema.map(({ type }) => ({ write: this.#writer(type), isText: isText(type) }));
  }

  encode(batch: Batch): Uint8Array {
    const out = this.#out;
    const writers = this.#writers;
    const { delimiter } = this.#options;
    out.reset();
    const cells = cellAddresses(this.#memory, batch, this.#positions, this.#scratch);
    for (let row = 0; row < batch.rowCount; row++) {
      for (let index = 0; index < writers.length; index++) {
        if (index > 0) out.byte(delimiter);
        const at = cells[index]?.(row) ?? 0;
        const writer = writers[index];
        if (at === 0 || writer === undefined) {
          out.bytes(this.#null);
          continue;
        }
        const start = out.length;
        writer.write(at, 0);
        if (writer.isText) this.#quoteFrom(start);
      }
      out.byte(10);
      out.endRecord();
    }
    return out.written();
  }

  get recordEnds(): readonly number[] {
    return this.#out.ends;
  }

  close(): void {
    this.#memory.free(this.#scratch);
  }

  #writer(type: SqlType): ValueWriter {
    const memory = this.#memory;
    const out = this.#out;
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
          out,
          scratch: this.#scratch,
          isIso: false,
          plainDecimals: false,
          text: (address, length) => out.bytes(memory.u8, address, address + length),
          quote: null,
        });
    }
  }

  #part(write: ValueWriter | undefined, index: number, at: number, base: number): void {
    if (index > 0) this.#out.bytes(this.#elementDelimiter);
    if (at === 0) this.#out.bytes(this.#null);
    else write?.(at, base);
  }

  /** Puts quotes around the text that was written from a place on, if it needs them. */
  #quoteFrom(start: number): void {
    const { quote, escape: escaping } = this.#options;
    const out = this.#out;
    if (quote === null || !this.#needsQuotes(start)) return;
    if (!out.hasFrom(start, this.#doubled)) {
      out.insert(start, quote);
      out.byte(quote);
      return;
    }
    const bytes = out.takeFrom(start);
    out.byte(quote);
    for (const byte of bytes) {
      if (byte === quote) out.byte(quote);
      else if (byte === escaping) out.byte(escaping);
      out.byte(byte);
    }
    out.byte(quote);
  }

  #needsQuotes(start: number): boolean {
    const out = this.#out;
    if (out.length - start > looseLengthMax && out.unitsFrom(start) > looseLengthMax) return true;
    return out.hasFrom(start, this.#unsafe);
  }
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
