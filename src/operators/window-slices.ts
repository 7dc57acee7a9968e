import type { WindowKind } from '../plan/logical.ts';

/**
 * How windows are made of slices. Every row is in one slice; a window is a run of slices, so a row costs the same
 * however many windows it is in (Krishnamurthy, Wu, Franklin 2006, "On-the-fly sharing for streamed aggregation").
 *
 * ```
 * HOP size 4, slide 2     rows      . .. .   ...  . .
 *                         slices  [0   2)[2   4)[4   6)[6   8)
 *                         windows [0        4)
 *                                        [2        6)
 *                                               [4        8)
 * ```
 * All times are milliseconds on the clock that windows are cut by (the session zone's wall clock for TIMESTAMP_LTZ).
 */
export interface WindowSlices {
  readonly sliceMs: number;
  readonly offsetMs: number;
  /** The end of the last window that a slice is in; null where it is in none (HOP with a slide above its size). */
  lastEnd(sliceStart: number): number | null;
  /** The first window end above `time` of a window that holds rows at or behind `time`'s slice. */
  nextEnd(time: number): number;
  /** The start of the window that ends there. */
  startOf(windowEnd: number): number;
  /** Slices that start below are in no window that ends behind `windowEnd`. */
  keptFrom(windowEnd: number): number;
}

export function windowSlices(window: Exclude<WindowKind, { readonly kind: 'session' }>): WindowSlices {
  const { sizeMs, offsetMs } = window;
  switch (window.kind) {
    case 'tumble':
      return {
        sliceMs: sizeMs,
        offsetMs,
        lastEnd: (start) => start + sizeMs,
        nextEnd: (time) => floorTo(time, sizeMs, offsetMs) + sizeMs,
        startOf: (end) => end - sizeMs,
        keptFrom: (end) => end,
      };
    case 'hop': {
      const { slideMs } = window;
      // Windows start at multiples of the slide and end a size later.
      const endAbove = (time: number): number => floorTo(time - sizeMs, slideMs, offsetMs) + slideMs + sizeMs;
      return {
        sliceMs: greatestCommonDivisor(sizeMs, slideMs),
        offsetMs,
        lastEnd: (start) => {
          const end = floorTo(start, slideMs, offsetMs) + sizeMs;
          return end > start ? end : null;
        },
        nextEnd: endAbove,
        startOf: (end) => end - sizeMs,
        keptFrom: (end) => end + slideMs - sizeMs,
      };
    }
    case 'cumulate': {
      const { stepMs } = window;
      return {
        sliceMs: stepMs,
        offsetMs,
        lastEnd: (start) => floorTo(start, sizeMs, offsetMs) + sizeMs,
        nextEnd: (time) => floorTo(time, stepMs, offsetMs) + stepMs,
        startOf: (end) => floorTo(end - 1, sizeMs, offsetMs),
        keptFrom: (end) => end,
      };
    }
  }
}

/** The multiple of `step` (shifted by `offset`) at or below `value`. */
function floorTo(value: number, step: number, offset: number): number {
  return Math.floor((value - offset) / step) * step + offset;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
