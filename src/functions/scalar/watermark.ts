import { type SqlType, TIMESTAMP, TIMESTAMP_LTZ } from '../../types/sql-type.ts';
import { i64 } from '../../wasm/code.ts';
import { timestamp } from '../parameters.ts';
import type { ScalarFunction } from '../scalar-function.ts';

/** The watermark before any: the least i64. */
const noWatermark = i64.const(-(2n ** 63n));

const watermarkType = (time: SqlType | undefined): SqlType =>
  time?.kind === 'TIMESTAMP_LTZ' ? TIMESTAMP_LTZ(3) : TIMESTAMP(3);

/** The binder sees to it that the argument is an event time; its value is not looked at. */
export const currentWatermark: ScalarFunction = {
  name: 'CURRENT_WATERMARK',
  category: 'temporal',
  deterministic: false,
  summary:
    'The watermark in force before the row, of an event time column; NULL before the first. A row is late where it is not above it.',
  examples: [],
  overloads: [
    {
      params: [timestamp('event_time')],
      returns: ([time]) => watermarkType(time),
      nulls: 'custom',
      code: {
        kind: 'wasm',
        write: (w, [time]) => w.value(watermarkType(time?.type), i64.eq(w.rowWatermark, noWatermark), w.rowWatermark),
      },
    },
  ],
};
