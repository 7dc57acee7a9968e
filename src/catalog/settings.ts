import { fail } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/source-text.ts';
import { knownSettings } from './known-settings.ts';
import { parseBoolean, parseDouble, parseDurationMs, parseInteger, parseMemoryBytes } from './option-text.ts';
import { optionProblem } from './read-options.ts';

/** What SET and RESET change. Any key is stored; the known ones are checked when they are set. */
export class Settings {
  readonly #values: Map<string, string>;
  /** What RESET goes back to: the settings of the command line. */
  readonly #initial: ReadonlyMap<string, string>;

  /** @throws DiagnosticError O003 for a value that is none */
  constructor(initial: Readonly<Record<string, string>> = {}) {
    for (const [key, value] of Object.entries(initial)) check(key, value, null);
    this.#initial = new Map(Object.entries(initial));
    this.#values = new Map(this.#initial);
  }

  /** @throws DiagnosticError O003 at the value */
  set(key: string, value: string, span: Span | null): void {
    check(key, value, span);
    this.#values.set(key, value);
  }

  /** Null: all of them. */
  reset(key: string | null): void {
    if (key === null) this.#values.clear();
    else this.#values.delete(key);
    for (const [name, value] of this.#initial) {
      if (key === null || key === name) this.#values.set(name, value);
    }
  }

  /** The value, or the default of a known key. */
  get(key: string): string | undefined {
    return this.#values.get(key) ?? knownSettings.find((spec) => spec.name === key)?.default;
  }

  /** The keys that were set, sorted, with their values. */
  entries(): readonly (readonly [key: string, value: string])[] {
    return [...this.#values].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  boolean(key: string): boolean {
    return parseBoolean(this.get(key) ?? '') ?? false;
  }

  int(key: string): number {
    return Number(parseInteger(this.get(key) ?? '') ?? 0n);
  }

  double(key: string): number {
    return parseDouble(this.get(key) ?? '') ?? 0;
  }

  durationMs(key: string): number {
    return this.givenDurationMs(key) ?? 0;
  }

  /** Null: not set, and without a default. */
  givenDurationMs(key: string): number | null {
    return parseDurationMs(this.get(key) ?? '');
  }

  /** Null: not set, and without a default. */
  givenMemoryBytes(key: string): number | null {
    return parseMemoryBytes(this.get(key) ?? '');
  }

  get dropsNulls(): boolean {
    return this.get('table.exec.sink.not-null-enforcer')?.toUpperCase() === 'DROP';
  }

  get legacyCasts(): boolean {
    return this.get('table.exec.legacy-cast-behaviour')?.toUpperCase() === 'ENABLED';
  }

  /** An IANA name or `GMT+03:00`. */
  get timeZone(): string {
    const zone = this.get('table.local-time-zone') ?? 'UTC';
    return zone === 'default' ? 'UTC' : zone;
  }
}

function check(key: string, value: string, span: Span | null): void {
  const spec = knownSettings.find((known) => known.name === key);
  const problem = spec && optionProblem(spec, key, value);
  if (problem) fail('O003', span, problem.message, { help: problem.help });
  if (key === 'table.local-time-zone' && !isTimeZone(value)) {
    const help = "expected a name such as 'Europe/Oslo', 'UTC', or an offset such as 'GMT+03:00'";
    fail('O003', span, `"${value}" is no time zone`, { help });
  }
  if (key === 'tidemark.batch-size' && Number(value) < 1) {
    fail('O003', span, `"${value}" is no value for "${key}"`, { help: 'a batch holds at least one row' });
  }
}

/** Flink's rule: a name of the time zone database with its region, UTC, or GMT with an offset; no abbreviations. */
function isTimeZone(name: string): boolean {
  if (name === 'default' || name === 'UTC' || /^GMT[+-]\d{2}:\d{2}$/.test(name)) return true;
  if (!name.includes('/')) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
