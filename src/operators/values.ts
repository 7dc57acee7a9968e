import { ComputedColumns } from '../codegen/batch-scope.ts';
import { CodeWriter } from '../codegen/expression-writer.ts';
import { OutputWriter } from '../codegen/output-writer.ts';
import { QueryModule, status } from '../codegen/query-module.ts';
import { BatchBuilder } from '../memory/batch-builder.ts';
import type { PhysicalOperator, Work } from '../physical/graph.ts';
import { i32, i64 } from '../wasm/code.ts';
import { keepMetrics, newMetrics, type Operator, type Output } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { noState } from './state-size.ts';

/**
 * VALUES, and SELECT without FROM: constant rows, sent once at the first watermark.
 *
 * No input; output: +I. State: whether they were sent.
 */
export class Values implements Operator {
  readonly metrics = newMetrics();
  readonly stateSize = noState;
  readonly #node: PhysicalOperator;
  readonly #work: Extract<Work, { readonly kind: 'values' }>;
  readonly #context: OperatorContext;
  #isSent = false;

  constructor(node: PhysicalOperator, work: Extract<Work, { readonly kind: 'values' }>, context: OperatorContext) {
    this.#node = node;
    this.#work = work;
    this.#context = context;
    keepMetrics(context.state, this.metrics);
    context.state.keeps(
      'isSent',
      () => this.#isSent,
      (isSent: boolean) => {
        this.#isSent = isSent;
      },
    );
  }

  process(): void {
    throw new Error('VALUES has no input');
  }

  onWatermark(_watermarkMs: number, out: Output): void {
    if (this.#isSent) return;
    this.#isSent = true;
    const { memory, session, batchRows } = this.#context;
    const module = new QueryModule(memory, session);
    const builder = new BatchBuilder(memory, this.#node.schema, {
      capacity: Math.max(1, Math.min(batchRows, this.#work.rows.length)),
    });
    try {
      const send = (rowCount: number): void => {
        this.metrics.rowsOut += rowCount;
        out.batch(builder.batch(rowCount));
      };
      const output = new OutputWriter(module, builder, send);
      this.#write(module, output);
      const { values } = module.instantiate() as unknown as { values(): number };
      if (values() !== status.ok) throw module.failure();
      const rest = output.take();
      if (rest > 0) send(rest);
    } finally {
      builder.close();
      module.close();
    }
  }

  close(): void {}

  #write(module: QueryModule, output: OutputWriter): void {
    const { builder: f } = module.builder.function([], 'i32', 'values');
    const writer = new CodeWriter(module, f, this.#node.span);
    const count = output.open(writer);
    const none = {
      column: (index: number): never => {
        throw new Error(`column ${index} of a constant row`);
      },
    };
    for (const row of this.#work.rows) {
      f.block(() => {
        const scope = new ComputedColumns(f, (index) => {
          const expression = row[index];
          if (expression === undefined) throw new Error(`a row of ${row.length} values has no value ${index}`);
          return writer.write(expression, none);
        });
        output.write(writer, count, { scope, kind: i32.const(0), watermark: i64.const(-(2n ** 63n)) });
      });
    }
    output.close(writer, count);
    f.return(i32.const(status.ok));
  }
}
