/** Readings of option texts as Flink reads them. Each gives null for a text that is none. */

const durationUnits: ReadonlyMap<string, number> = new Map(
  (
    [
      [86_400_000, ['d', 'day', 'days']],
      [3_600_000, ['h', 'hour', 'hours']],
      [60_000, ['m', 'min', 'minute', 'minutes']],
      [1_000, ['s', 'sec', 'second', 'seconds']],
      [1, ['', 'ms', 'milli', 'millis', 'millisecond', 'milliseconds']],
      [1e-3, ['µs', 'micro', 'micros', 'microsecond', 'microseconds']],
      [1e-6, ['ns', 'nano', 'nanos', 'nanosecond', 'nanoseconds']],
    ] as const
  ).flatMap(([ms, labels]) => labels.map((label) => [label, ms] as const)),
);

const memoryUnits: ReadonlyMap<string, number> = new Map(
  (
    [
      [1, ['', 'b', 'bytes']],
      [2 ** 10, ['k', 'kb', 'kibibytes']],
      [2 ** 20, ['m', 'mb', 'mebibytes']],
      [2 ** 30, ['g', 'gb', 'gibibytes']],
      [2 ** 40, ['t', 'tb', 'tebibytes']],
    ] as const
  ).flatMap(([bytes, labels]) => labels.map((label) => [label, bytes] as const)),
);

/** `5 s`, `1min`, `200` (ms), `PT10S`: milliseconds. */
export function parseDurationMs(text: string): number | null {
  const plain = withUnit(text, durationUnits);
  if (plain !== null) return plain;
  const iso = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i.exec(text.trim());
  if (iso === null || iso.slice(1).every((part) => part === undefined)) return null;
  const [days, hours, minutes, seconds] = iso.slice(1).map((part) => Number(part ?? 0));
  return days! * 86_400_000 + hours! * 3_600_000 + minutes! * 60_000 + seconds! * 1_000;
}

/** `128MB`, `64 kb`, `1024`: bytes. */
export function parseMemoryBytes(text: string): number | null {
  return withUnit(text, memoryUnits);
}

/** `true`, `FALSE`. */
export function parseBoolean(text: string): boolean | null {
  const lower = text.trim().toLowerCase();
  return lower === 'true' ? true : lower === 'false' ? false : null;
}

export function parseInteger(text: string): bigint | null {
  return /^[+-]?\d+$/.test(text.trim()) ? BigInt(text.trim().replace(/^\+/, '')) : null;
}

export function parseDouble(text: string): number | null {
  const trimmed = text.trim();
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : null;
}

function withUnit(text: string, units: ReadonlyMap<string, number>): number | null {
  const parts = /^(\d+)\s*([a-zµ]*)$/i.exec(text.trim());
  const unit = parts === null ? undefined : units.get(parts[2]!.toLowerCase());
  return unit === undefined ? null : Number(parts![1]) * unit;
}
