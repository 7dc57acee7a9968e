/**
 * Time zones: the transitions of an IANA zone, found by asking `Intl`, for JavaScript and, as bytes, for the kernel
 * `zone.ts`. Fixed offsets are written as Java does: `GMT-08:00`.
 *
 * The table covers 1850 to 2500; before it the first offset holds (the local mean time), after it what held 400 years
 * before, or as many times 400 as it takes: the calendar is the same.
 */
export interface Zone {
  readonly name: string;
  /** Instants at which the offset changes, ms, ascending. */
  readonly transitions: readonly number[];
  /** Offset in ms before the first transition, then after each. */
  readonly offsets: readonly number[];
}

const firstMs = Date.UTC(1850, 0, 1);
/** The tables that follow the moon end with 2087; behind a century, 28 years have each calendar. */
const askedYears = 2129;
const lastYears = 2500;
const lastMs = Date.UTC(askedYears, 0, 1);
/** No zone has changed its clock twice within nine days; only Gaza is foretold to, in 2072. */
const stepMs = 9 * 86_400_000;

const zones = new Map<string, Zone | null>();

/** The zone of a name; null where there is none. */
export function zoneNamed(name: string): Zone | null {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const zone = fixedZone(name) ?? ianaZone(name);
  zones.set(name, zone);
  return zone;
}

/** `UTC`, `Z`, `GMT-08:00`, `UTC+5`, `+09:00`. */
function fixedZone(name: string): Zone | null {
  if (name === 'UTC' || name === 'GMT' || name === 'Z') return { name, transitions: [], offsets: [0] };
  const match = /^(?:GMT|UTC|UT)?([+-])(\d{1,2})(?::?(\d{2}))?$/.exec(name);
  if (match === null) return null;
  const hours = Number(match[2]);
  const minutes = Number(match[3] ?? 0);
  if (hours > 18 || minutes > 59) return null;
  const offset = (hours * 60 + minutes) * 60_000;
  return { name, transitions: [], offsets: [match[1] === '-' ? -offset : offset] };
}

function ianaZone(name: string): Zone | null {
  const offsetAt = offsetReader(name);
  if (offsetAt === null) return null;
  const transitions: number[] = [];
  const offsets = [offsetAt(firstMs)];
  let before = offsets[0] as number;
  for (let at = firstMs; at < lastMs; at += stepMs) {
    const after = offsetAt(at + stepMs);
    if (after === before) continue;
    transitions.push(firstSecond(at, at + stepMs, before, offsetAt));
    offsets.push(after);
    before = after;
  }
  repeatRules(transitions, offsets);
  return { name, transitions, offsets };
}

/** Of a zone that still changes its clocks in the last year that was asked: as in the year before with the same calendar. */
function repeatRules(transitions: number[], offsets: number[]): void {
  if ((transitions.at(-1) ?? 0) < Date.UTC(askedYears - 1, 0, 1)) return;
  const asked = transitions.length;
  for (let year = askedYears; year < lastYears; year++) {
    const like = yearLike(year);
    const from = Date.UTC(like, 0, 1);
    const end = Date.UTC(like + 1, 0, 1);
    const shift = Date.UTC(year, 0, 1) - from;
    for (let at = 0; at < asked; at++) {
      const transition = transitions[at] ?? 0;
      if (transition < from || transition >= end) continue;
      transitions.push(transition + shift);
      offsets.push(offsets[at + 1] ?? 0);
    }
  }
}

/** In 28 years without a century every calendar occurs: each first day of the year, with and without a leap day. */
function yearLike(year: number): number {
  const calendar = (of: number): string =>
    `${new Date(Date.UTC(of, 0, 1)).getUTCDay()} ${new Date(Date.UTC(of, 1, 29)).getUTCDate()}`;
  for (let like = askedYears - 28; like < askedYears; like++) if (calendar(like) === calendar(year)) return like;
  throw new Error(`no year is like ${year}`);
}

/** The first whole second in (low, high] with another offset than `before`. */
function firstSecond(low: number, high: number, before: number, offsetAt: (utcMs: number) => number): number {
  let from = Math.floor(low / 1000);
  let to = Math.floor(high / 1000);
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2);
    if (offsetAt(middle * 1000) === before) from = middle;
    else to = middle;
  }
  return to * 1000;
}

/** Asks Intl for the wall clock of an instant (whole seconds). Null for a name that it does not know. */
function offsetReader(timeZone: string): ((utcMs: number) => number) | null {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  } catch {
    return null;
  }
  return (utcMs) => {
    // `03/31/2024, 02:30:00`
    const text = format.format(utcMs);
    const at = (from: number, length: number) => Number(text.slice(from, from + length));
    return Date.UTC(at(6, 4), at(0, 2) - 1, at(3, 2), at(12, 2), at(15, 2), at(18, 2)) - utcMs;
  };
}

/** The table as `kernels/zone.ts` reads it; its place is 8-byte aligned. */
export function zoneBytes(zone: Zone): Uint8Array {
  const { transitions, offsets } = zone;
  const bytes = new Uint8Array(8 + 8 * (transitions.length + offsets.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, transitions.length, true);
  for (const [at, value] of [...transitions, ...offsets].entries()) view.setBigInt64(8 + 8 * at, BigInt(value), true);
  return bytes;
}

/** What to add to an instant for the wall clock, ms. */
export function zoneOffsetAt(zone: Zone, utcMs: number): number {
  const told = utcMs - cyclesBehind(utcMs);
  return zone.offsets[intervalBefore(zone.transitions, (transition) => transition <= told)] ?? 0;
}

/**
 * The instant of a wall-clock time: the earlier one where the clock shows it twice, moved on by the gap where it leaps
 * over it. With `later`, the later one, as the older Java calendar has it.
 */
export function zoneLocalToUtc(zone: Zone, localMs: number, options: { readonly later?: boolean } = {}): number {
  const { transitions, offsets } = zone;
  const told = localMs - cyclesBehind(localMs);
  const interval = intervalBefore(transitions, (transition, at) => {
    const before = offsets[at] ?? 0;
    const after = offsets[at + 1] ?? 0;
    // Local times from T + after on can have the new offset; in an overlap those before T + before have both.
    return transition + (options.later === true ? after : Math.max(before, after)) <= told;
  });
  return localMs - (offsets[interval] ?? 0);
}

/** What is taken off a time behind the table: times 400 years. */
function cyclesBehind(ms: number): number {
  const end = Date.UTC(lastYears, 0, 1);
  const cycle = 146_097 * 86_400_000;
  return ms < end ? 0 : (Math.floor((ms - end) / cycle) + 1) * cycle;
}

/** How many leading items satisfy the condition, which holds for a prefix. */
function intervalBefore(items: readonly number[], holds: (item: number, at: number) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(items[middle] as number, middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
