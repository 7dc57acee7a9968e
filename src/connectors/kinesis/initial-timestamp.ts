import type { OptionValues } from '../../catalog/options.ts';
import { DiagnosticError, fail, unsupported } from '../../diagnostics/diagnostic.ts';

/** The default of `source.init.timestamp.format`. */
const defaultFormat = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX";

/**
 * `source.init.timestamp`: a time with its zone, or seconds since 1970. As in Flink, what the format does not fit is
 * tried as a number.
 * @throws DiagnosticError O003
 */
export function initialTimestampMs(options: OptionValues, text: string): number {
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : null;
  if (seconds !== null) return Math.round(seconds * 1000);
  const format = options.string('source.init.timestamp.format');
  if (format !== defaultFormat) {
    throw new DiagnosticError([
      unsupported('W001', options.span('source.init.timestamp.format'), `the time stamp format "${format}"`, {
        help: `write the time as ${defaultFormat}, or in seconds since 1970`,
      }),
    ]);
  }
  const isWhole = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|[+-]\d\d:\d\d)$/.test(text);
  const timestampMs = isWhole ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(timestampMs)) return timestampMs;
  return fail('O003', options.span('source.init.timestamp'), `"${text}" is no time of the format ${defaultFormat}`, {
    help: "as in '2024-05-01T12:00:00.000Z', or seconds since 1970",
  });
}
