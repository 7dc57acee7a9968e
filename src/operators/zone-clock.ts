import { type Zone, zoneOffsetAt } from '../types/zone.ts';
import type { WallClock } from './wall-clock.ts';

/** The wall clock of a time zone. */
export function zoneClock(zone: Zone): WallClock {
  const { transitions, offsets } = zone;
  return {
    toLocal: (utcMs) => utcMs + zoneOffsetAt(zone, utcMs),
    closesAt(localMs) {
      // The last interval between two transitions in which the clock still shows less: it is over at its end, or when
      // the clock comes to `localMs` within it.
      for (let at = offsets.length - 1; at > 0; at--) {
        const start = transitions[at - 1] ?? 0;
        const reached = localMs - (offsets[at] ?? 0);
        if (reached > start) return Math.min(reached, transitions[at] ?? Number.POSITIVE_INFINITY);
      }
      return Math.min(localMs - (offsets[0] ?? 0), transitions[0] ?? Number.POSITIVE_INFINITY);
    },
  };
}
