import { parseBoolean, parseDurationMs, parseInteger } from '../../catalog/option-text.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { LookupRetry } from '../logical.ts';

/** What a LOOKUP hint says of the table that it names; null: nothing. */
export interface LookupHint {
  /** FALSE: one key after the other. */
  readonly isAsync: boolean | null;
  readonly capacity: number | null;
  readonly timeoutMs: number | null;
  readonly retry: LookupRetry | null;
}

/** An option of a hint, with its value's place. */
export interface HintProperty {
  readonly key: string;
  readonly value: string;
  readonly span: Span;
}

const retryOptions = ['retry-predicate', 'retry-strategy', 'fixed-delay', 'max-attempts'] as const;

/** @throws DiagnosticError B025 */
export function lookupHint(properties: readonly HintProperty[], span: Span): LookupHint {
  const given = new Map(properties.map((property) => [property.key, property]));
  const read = <T>(key: string, parse: (text: string) => T | null, expected: string): T | null => {
    const property = given.get(key);
    if (property === undefined) return null;
    return (
      parse(property.value) ??
      fail('B025', property.span, `'${property.value}' is no value for '${key}' of LOOKUP`, { help: expected })
    );
  };
  const oneOf = (...words: readonly string[]): [(text: string) => string | null, string] => [
    (text) => words.find((word) => word === text.toLowerCase()) ?? null,
    `expected ${words.map((word) => `'${word}'`).join(' or ')}`,
  ];
  const positive = (text: string): number | null => {
    const number = parseInteger(text);
    return number === null || number < 1n ? null : Number(number);
  };
  const duration = (text: string): number | null => {
    const ms = parseDurationMs(text);
    return ms === null || ms <= 0 ? null : ms;
  };
  const isAsync = read('async', parseBoolean, "expected 'true' or 'false'");
  read('output-mode', ...oneOf('ordered', 'allow_unordered'));
  const capacity = read('capacity', positive, 'expected a number above 0');
  const timeoutMs = read('timeout', duration, "expected a duration such as '180 s'");
  read('retry-predicate', ...oneOf('lookup_miss'));
  read('retry-strategy', ...oneOf('fixed_delay'));
  const delayMs = read('fixed-delay', duration, "expected a duration such as '10 s'");
  const attempts = read('max-attempts', positive, 'expected a number above 0');
  const missing = retryOptions.filter((key) => !given.has(key));
  if (missing.length > 0 && missing.length < retryOptions.length) {
    fail('B025', span, `LOOKUP says how to try again but for: ${missing.join(', ')}`, {
      help: `give all of ${retryOptions.join(', ')}, or none`,
    });
  }
  const retry = delayMs === null || attempts === null ? null : { delayMs, attempts };
  return { isAsync, capacity, timeoutMs, retry };
}
