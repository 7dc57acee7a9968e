import type { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineEnd, writeStepsAfter } from '../codegen/pipeline.ts';
import type { QueryModule } from '../codegen/query-module.ts';
import type { PhysicalOperator, Work } from '../physical/graph.ts';
import { i32, i64, type Local } from '../wasm/code.ts';
import { baseCells, CompiledOperator } from './compiled-operator.ts';
import type { OperatorContext } from './operator-context.ts';

/**
 * LIMIT: the first rows in the order of arrival, after those that OFFSET leaves out. Input and output: +I.
 * State: how many rows have come. Cost: O(1) per row.
 */
export class Limit extends CompiledOperator {
  readonly #work: Extract<Work, { readonly kind: 'limit' }>;

  constructor(node: PhysicalOperator, work: Extract<Work, { readonly kind: 'limit' }>, context: OperatorContext) {
    super(node, context, baseCells.bytes + 8);
    this.#work = work;
  }

  protected override end(_module: QueryModule, output: OutputWriter): PipelineEnd<Local<'i32'>> {
    const seen = i32.const(this.cells + baseCells.bytes);
    const { offset, fetch } = this.#work;
    return {
      open: (writer) => output.open(writer),
      row: (writer, row, count) => {
        const { f } = writer;
        const number = f.local('i64', i64.load(seen));
        f.do(i64.store(seen, i64.add(number, i64.const(1n))));
        f.brIf(row.next, i64.ltS(number, i64.const(BigInt(offset))));
        f.brIf(row.next, i64.geS(number, i64.const(BigInt(offset + fetch))));
        writeStepsAfter(writer, this.node.after, row, (_, sent) => output.write(writer, count, sent));
      },
      close: (writer, count) => output.close(writer, count),
    };
  }
}
