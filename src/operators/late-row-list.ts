import type { CodeWriter } from '../codegen/expression-writer.ts';
import type { PipelineRow } from '../codegen/pipeline.ts';
import type { QueryModule } from '../codegen/query-module.ts';
import type { Memory } from '../memory/memory.ts';
import { type I32, i32, i64 } from '../wasm/code.ts';
import { call, type FunctionRef } from '../wasm/function-builder.ts';

/** A late row of the batch at hand. */
export interface DroppedRow {
  readonly rowIndex: number;
  /** The watermark before the row, ms. */
  readonly watermarkMs: number;
  /** Its event time, ms; null where the operator does not see it. */
  readonly timeMs: number | null;
}

/** u32 count, u32 unused; then entries of i64 row, i64 watermark, i64 time. */
const layout = { count: 0, entries: 8, row: 0, watermark: 8, time: 16, entryBytes: 24 } as const;

/** So many rows are noted before the host is called: 1.5 KB for an operator. */
const entriesMax = 64;

const noTime = -(2n ** 63n);

/**
 * The late rows of a batch, noted by emitted code for who keeps them: an index, a watermark and a time each, and
 * nothing at all while no row is late. The list is taken behind the batch, or when it is full.
 */
export class LateRowList {
  readonly #memory: Memory;
  readonly #address: number;
  readonly #full = new Map<QueryModule, FunctionRef<'void'>>();
  #take: (rows: readonly DroppedRow[]) => void = () => {};

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#address = memory.alloc(layout.entries + entriesMax * layout.entryBytes);
    memory.u32[this.#address >> 2] = 0;
  }

  /** What emitted code calls where the list is full. Made here, so that the function holds nothing of who writes the code. */
  #fullIn(module: QueryModule): FunctionRef<'void'> {
    const known = this.#full.get(module);
    if (known !== undefined) return known;
    const full = module.callback('lateRowsFull', [], 'void', () => this.#drain());
    this.#full.set(module, full);
    return full;
  }

  /** Code that notes the row at hand. */
  write(writer: CodeWriter, row: Pick<PipelineRow, 'watermark' | 'time'>): void {
    const { f } = writer;
    const full = this.#fullIn(writer.module);
    const count = i32.const(this.#address);
    f.if(i32.geU(i32.load(count), i32.const(entriesMax)), () => f.do(call(full)));
    const at: I32 = i32.add(
      i32.const(this.#address + layout.entries),
      i32.mul(i32.load(count), i32.const(layout.entryBytes)),
    );
    const entry = f.local('i32', at);
    f.do(
      i64.store(entry, i64.extendI32U(writer.row)),
      i64.store(entry, row.watermark, { offset: layout.watermark }),
      i64.store(entry, row.time ?? i64.const(noTime), { offset: layout.time }),
      i32.store(count, i32.add(i32.load(count), i32.const(1))),
    );
  }

  /** Has a batch processed, and gives its late rows to `take`: also those before a row that fails. */
  during(process: () => void, take: (rows: readonly DroppedRow[]) => void): void {
    this.#take = take;
    try {
      process();
    } finally {
      this.#drain();
    }
  }

  close(): void {
    this.#memory.free(this.#address);
  }

  #drain(): void {
    const count = this.#memory.u32[this.#address >> 2] ?? 0;
    if (count === 0) return;
    this.#memory.u32[this.#address >> 2] = 0;
    const words = this.#memory.i64;
    this.#take(
      Array.from({ length: count }, (_, index) => {
        const at = (this.#address + layout.entries + index * layout.entryBytes) >> 3;
        const time = words[at + layout.time / 8] ?? noTime;
        return {
          rowIndex: Number(words[at]),
          watermarkMs: Number(words[at + layout.watermark / 8]),
          timeMs: time === noTime ? null : Number(time),
        };
      }),
    );
  }
}

/** Code that counts a late row, and notes it where such rows are kept. */
export function writeLateRow(
  writer: CodeWriter,
  counter: number,
  rows: LateRowList | null,
  row: Pick<PipelineRow, 'watermark' | 'time'>,
): void {
  const late = i32.const(counter);
  writer.f.do(i64.store(late, i64.add(i64.load(late), i64.const(1n))));
  rows?.write(writer, row);
}
