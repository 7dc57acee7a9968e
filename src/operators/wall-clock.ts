/** Instants and a zone's wall clock, both in ms. */
export interface WallClock {
  toLocal(utcMs: number): number;
  /**
   * The instant from which on the clock shows `localMs` or later for good: at a time that it shows twice, the second
   * showing; at one that it leaps over, the leap. A window that ends there has all its rows by then.
   */
  closesAt(localMs: number): number;
}

/** For TIMESTAMP, which has no zone, and for UTC. */
export const utcClock: WallClock = { toLocal: (utcMs) => utcMs, closesAt: (localMs) => localMs };
