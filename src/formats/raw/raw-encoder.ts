import { fail } from '../../diagnostics/diagnostic.ts';
import type { Batch } from '../../memory/batch.ts';
import type { Memory } from '../../memory/memory.ts';
import { physicalOf, physicalWidth } from '../../types/physical.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { cellAddresses } from '../encode/batch-cells.ts';
import { ByteSink } from '../encode/byte-sink.ts';
import { bytesAt } from '../encode/value-writer.ts';
import type { Encoder, EncoderRequest } from '../format.ts';
import { type Charset, charsetOf } from './charset.ts';

/** The one column's values as they are, a line feed behind each. A NULL has no bytes: it fails the job. */
export class RawEncoder implements Encoder {
  readonly #memory: Memory;
  readonly #out = new ByteSink();
  readonly #scratch: number;
  readonly #charset: Charset;
  readonly #isLittle: boolean;
  readonly #name: string;
  readonly #type: SqlType | null;
  readonly #positions: readonly number[];

  constructor({ memory, schema, options, positions }: EncoderRequest) {
    this.#memory = memory;
    this.#scratch = memory.alloc(16);
    this.#charset = charsetOf(options);
    this.#isLittle = options.string('endianness') === 'little-endian';
    const [column] = schema;
    this.#name = column?.name ?? '';
    this.#type = column?.type ?? null;
    this.#positions = positions ?? [0];
  }

  encode(batch: Batch): Uint8Array {
    const out = this.#out;
    out.reset();
    const type = this.#type;
    const [cell] = cellAddresses(this.#memory, batch, this.#positions, this.#scratch);
    if (type === null || cell === undefined) return out.written();
    for (let row = 0; row < batch.rowCount; row++) {
      const at = cell(row);
      if (at === 0)
        fail('F015', null, `raw cannot write NULL: column "${this.#name}"`, { help: 'filter such rows out' });
      this.#value(at, type);
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

  #value(at: number, type: SqlType): void {
    const out = this.#out;
    const { u8 } = this.#memory;
    const physical = physicalOf(type);
    if (physical === 'bytes') {
      const { address, length } = bytesAt(this.#memory, at, 0);
      const isText = type.kind === 'CHAR' || type.kind === 'VARCHAR';
      if (!isText || this.#charset.isUtf8) out.bytes(u8, address, address + length);
      else out.bytes(this.#charset.encode(this.#memory.text(address, length)));
      return;
    }
    const width = physicalWidth[physical];
    for (let index = 0; index < width; index++) out.byte(u8[at + (this.#isLittle ? index : width - 1 - index)] ?? 0);
  }
}
