import type { Memory } from '../../memory/memory.ts';
import type { Schema } from '../../types/column.ts';
import { physicalOf, physicalWidth } from '../../types/physical.ts';
import { typeText } from '../../types/sql-type.ts';
import { type BlockLayout, blockLayout } from '../column-block.ts';
import { FieldLayout, fieldTree } from '../field-tree.ts';
import type { DecodeFailure, DecoderRequest } from '../format.ts';
import type { RecordProgram, RecordRange } from '../record-decoder.ts';
import { failedRecord } from '../record-failure.ts';
import { recordStatus, recordStruct } from '../record-struct.ts';
import { type Charset, charsetOf } from './charset.ts';

interface RawKernels {
  rawDecode(decoder: number, from: number, end: number, row: number, rowsMax: number, options: number): number;
}

/** How lines are read as the values of one column. */
export class RawProgram implements RecordProgram {
  readonly schema: Schema;
  readonly layout: BlockLayout;
  readonly options = 0;
  readonly #memory: Memory;
  readonly #kernels: RawKernels;
  readonly #fields: FieldLayout;
  readonly #root: number;
  readonly #isLittle: boolean;
  readonly #isWholeRecord: boolean;
  /** Where text is not UTF-8. */
  readonly #charset: Charset | null;

  constructor({ memory, options, columns, rowsMax, isWholeRecord }: DecoderRequest) {
    this.#memory = memory;
    this.#kernels = memory.exports as unknown as RawKernels;
    this.schema = columns.map(({ name, type, timeAttribute }) => ({ name, type, timeAttribute }));
    this.layout = blockLayout(this.schema, { capacity: rowsMax, kinds: false });
    this.#fields = new FieldLayout(memory);
    const [field] = fieldTree(columns, 'raw').children;
    this.#root = field === undefined ? 0 : this.#fields.add(field, this.layout.columns);
    this.#isWholeRecord = isWholeRecord ?? false;
    this.#isLittle = options.string('endianness') === 'little-endian';
    const charset = charsetOf(options);
    const isText = columns.some(({ type }) => type.kind === 'CHAR' || type.kind === 'VARCHAR');
    this.#charset = charset.isUtf8 || !isText ? null : charset;
  }

  words(): readonly (readonly [number, number])[] {
    return [[recordStruct.root, this.#root]];
  }

  run(struct: number, { from, end, row, rowsMax }: RecordRange): number {
    if (this.#charset !== null) return this.#decodeText(this.#charset, struct, { from, end, row, rowsMax });
    return this.#kernels.rawDecode(
      struct,
      from,
      end,
      row,
      rowsMax,
      (this.#isLittle ? 1 : 0) | (this.#isWholeRecord ? 2 : 0),
    );
  }

  failure(struct: number): DecodeFailure {
    const { said, node, make, shown } = failedRecord({
      memory: this.#memory,
      layout: this.#fields,
      struct,
      format: 'raw',
    });
    if (node?.type == null) throw new Error('a line failed that no column reads');
    const width = physicalWidth[physicalOf(node.type)];
    const type = typeText({ ...node.type, nullable: true });
    const bytes = `${width} ${width === 1 ? 'byte' : 'bytes'}`;
    return make(`could not read ${said} as ${type}, which is ${bytes} a line: ${shown}`, null, 'F012');
  }

  grow(): void {
    throw new Error('a line is one row');
  }

  close(): void {
    this.#fields.close();
  }

  /** Lines in another charset, one by one: rare, and so without a kernel. */
  #decodeText(charset: Charset, struct: number, { from, end, row, rowsMax }: RecordRange): number {
    const { u8, u32 } = this.#memory;
    const word = (offset: number): number => u32[(struct + offset) >>> 2] ?? 0;
    const put = (offset: number, value: number): void => {
      u32[(struct + offset) >>> 2] = value;
    };
    const base = word(recordStruct.base);
    const values = base + (this.layout.columns[0]?.values ?? 0);
    const scratchEnd = word(recordStruct.scratchEnd);
    let top = word(recordStruct.scratchTop);
    let at = from;
    let rows = row;
    let status: number = recordStatus.done;
    while (at < end && rows < rowsMax) {
      const lineFeed = this.#isWholeRecord ? end - 1 : at + u8.subarray(at, end).indexOf(10);
      const hasReturn = !this.#isWholeRecord && u8[lineFeed - 1] === 13 && lineFeed > at;
      const to = hasReturn ? lineFeed - 1 : lineFeed;
      const text = Buffer.from(charset.decode(Uint8Array.from(u8.subarray(at, to))));
      if (top + text.length + 16 > scratchEnd) {
        status = recordStatus.noRoom;
        break;
      }
      u8.set(text, top);
      u32[(values + rows * 8) >>> 2] = top;
      u32[(values + rows * 8 + 4) >>> 2] = text.length;
      u32[(base + this.layout.records + rows * 4) >>> 2] = at;
      top += text.length;
      rows++;
      at = lineFeed + 1;
    }
    put(recordStruct.scratchTop, top);
    put(recordStruct.next, at);
    put(recordStruct.status, status);
    return rows;
  }
}
