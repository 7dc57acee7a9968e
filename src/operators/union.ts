import type { Batch } from '../memory/batch.ts';
import { newMetrics, type Operator, type Output } from './operator.ts';
import { noState } from './state-size.ts';

/** UNION ALL: the rows of all inputs as they come. The caller merges the watermarks. No state. */
export class Union implements Operator {
  readonly metrics = newMetrics();
  readonly stateSize = noState;

  process(batch: Batch, out: Output): void {
    this.metrics.rowsIn += batch.rowCount;
    this.metrics.rowsOut += batch.rowCount;
    out.batch(batch);
  }

  onWatermark(): void {}

  close(): void {}
}
