import { OutputWriter } from '../codegen/output-writer.ts';
import { writePipeline } from '../codegen/pipeline.ts';
import { QueryModule, status } from '../codegen/query-module.ts';
import type { Batch, ColumnEncoding } from '../memory/batch.ts';
import { BatchBuilder } from '../memory/batch-builder.ts';
import type { PhysicalOperator } from '../physical/graph.ts';
import { isAppendOnly } from '../plan/logical.ts';
import { FailedRows } from './failed-rows.ts';
import { keepMetrics, newMetrics, type Operator, type Output } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { noState } from './state-size.ts';

/**
 * Filters, projections, watermarks and window assignment without an operator of their own: rows go out as they come.
 *
 * Input: any changes; output: the same changes. State: none. Cost: O(1) per row. Nothing is late here.
 *
 * ```
 * WHERE v > 1     rows   a1 b2 c3        sent   b2 c3
 * ```
 */
export class Collect implements Operator {
  readonly metrics = newMetrics();
  readonly stateSize = noState;
  readonly failedRows: FailedRows | null;
  readonly #node: PhysicalOperator;
  readonly #context: OperatorContext;
  readonly #output: BatchBuilder;
  readonly #compiled = new Map<ColumnEncoding, Compiled>();
  /** i64: the watermark of the last `onWatermark`; i64: the processing time. */
  readonly #cells: number;
  #out: Output | null = null;

  constructor(node: PhysicalOperator, context: OperatorContext) {
    this.#node = node;
    this.failedRows = context.keepsFailedRows === true ? new FailedRows() : null;
    this.#context = context;
    this.#output = new BatchBuilder(context.memory, node.schema, {
      capacity: context.batchRows,
      kinds: !isAppendOnly(node.changes),
      watermarks: node.marksWatermarks,
      origins: context.keepsOrigins === true,
    });
    const isNew = !context.state.has('cells');
    this.#cells = context.state.cells('cells', 16);
    if (isNew) this.#setWatermark(-(2n ** 63n));
    keepMetrics(context.state, this.metrics);
  }

  process(batch: Batch, out: Output): void {
    let compiled = this.#compiled.get(batch.encoding);
    if (compiled === undefined) {
      compiled = this.#compile(batch.encoding);
      this.#compiled.set(batch.encoding, compiled);
    }
    const { module, output } = compiled;
    this.#out = out;
    module.scratch.reset();
    this.metrics.rowsIn += batch.rowCount;
    if (compiled.process(batch.address) !== status.ok) {
      const failure = module.failure();
      // What came before the failing row is good: it goes out first.
      this.#send(output.take());
      throw failure;
    }
    this.#send(output.take());
  }

  onWatermark(watermarkMs: number): void {
    this.#setWatermark(watermarkMs === Number.POSITIVE_INFINITY ? 2n ** 63n - 1n : BigInt(watermarkMs));
  }

  originOf(rowIndex: number): number | null {
    const { origins } = this.#output;
    return origins === 0 ? null : (this.#context.memory.u32[(origins >>> 2) + rowIndex] ?? null);
  }

  close(): void {
    for (const { module } of this.#compiled.values()) module.close();
    this.#output.close();
    this.#context.memory.free(this.#cells);
  }

  #send(rowCount: number): void {
    if (rowCount === 0) return;
    this.metrics.rowsOut += rowCount;
    this.#out?.batch(this.#output.batch(rowCount));
  }

  #setWatermark(watermark: bigint): void {
    this.#context.memory.i64[this.#cells >> 3] = watermark;
  }

  #compile(encoding: ColumnEncoding): Compiled {
    const module = new QueryModule(this.#context.memory, this.#context.session);
    const output = new OutputWriter(module, this.#output, (rowCount) => this.#send(rowCount));
    writePipeline(
      module,
      { schema: this.#node.inputSchema, encoding, updating: !isAppendOnly(this.#node.inputChanges) },
      [...this.#node.steps, ...this.#node.after],
      {
        watermarkAddress: this.#cells,
        failures: this.failedRows?.failures(this.#node, 0, this.#node.schema.length) ?? null,
      },
      this.#node.span,
      {
        open: (writer) => output.open(writer),
        row: (writer, row, count) => output.write(writer, count, row),
        close: (writer, count) => output.close(writer, count),
      },
    );
    return { module, output, ...(module.instantiate() as unknown as Exports) };
  }
}

interface Exports {
  process(batch: number): number;
}

interface Compiled extends Exports {
  readonly module: QueryModule;
  readonly output: OutputWriter;
}
