/** "No watermark yet" in memory; `Number.NEGATIVE_INFINITY` outside of it. */
const noWatermark = -(2n ** 63n);
const endOfTime = 2n ** 63n - 1n;

/** A watermark as the i64 that stands in memory. */
export function watermarkToI64(watermarkMs: number): bigint {
  if (watermarkMs === Number.NEGATIVE_INFINITY) return noWatermark;
  return watermarkMs === Number.POSITIVE_INFINITY ? endOfTime : BigInt(watermarkMs);
}

export function watermarkFromI64(watermark: bigint): number {
  if (watermark === noWatermark) return Number.NEGATIVE_INFINITY;
  return watermark === endOfTime ? Number.POSITIVE_INFINITY : Number(watermark);
}

/** One of several streams whose watermarks are merged: a shard of a source, or an input of a union. */
export interface WatermarkInput {
  /** -Infinity: none yet. */
  watermarkMs: number;
  /** Left out until it has rows again. */
  isIdle: boolean;
  /** Left out for good. */
  hasEnded: boolean;
}

/**
 * The watermark of several streams together: the minimum over those that are neither idle nor ended. It never goes
 * back, also when a stream behind it joins in. Where no stream counts, time stays as it is.
 */
export function mergedWatermark(inputs: Iterable<WatermarkInput>, sinceMs: number): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (const input of inputs) {
    if (!input.isIdle && !input.hasEnded && input.watermarkMs < lowest) lowest = input.watermarkMs;
  }
  return lowest === Number.POSITIVE_INFINITY ? sinceMs : Math.max(lowest, sinceMs);
}
