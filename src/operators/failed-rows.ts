import type { KeptFailures } from '../codegen/pipeline.ts';
import type { RowFailure } from '../codegen/row-failure.ts';
import type { PhysicalOperator } from '../physical/graph.ts';

/** The rows of a batch that could not be computed and are kept: emitted code tells of each, and goes on with the next. */
export class FailedRows {
  #take: (failure: RowFailure) => void = () => {};

  /** For the pipeline of an operator that looks at so many columns; one without state may fail anywhere. */
  failures({ work, right }: PhysicalOperator, input: number, columnCount: number): KeptFailures {
    return {
      note: (failure) => this.#take(failure),
      columnCount,
      aggregates: 'aggregates' in work ? work.aggregates : [],
      isStateless: work.kind === 'collect' && right === undefined && input === 0,
    };
  }

  /** Has a batch processed, and gives its failures to `take`. */
  during(process: () => void, take: (failure: RowFailure) => void): void {
    this.#take = take;
    process();
  }
}
