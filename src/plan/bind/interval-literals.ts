import { fail } from '../../diagnostics/diagnostic.ts';
import type { IntervalLiteral, IntervalQualifier, IntervalUnit } from '../../sql/ast.ts';

/** An interval's count: months for the year-month family, milliseconds for the day-time family. */
export interface IntervalValue {
  readonly family: 'months' | 'milliseconds';
  readonly count: bigint;
}

const monthsOf: Partial<Record<IntervalUnit, bigint>> = { YEAR: 12n, QUARTER: 3n, MONTH: 1n };
const millisecondsOf: Partial<Record<IntervalUnit, bigint>> = {
  WEEK: 604_800_000n,
  DAY: 86_400_000n,
  HOUR: 3_600_000n,
  MINUTE: 60_000n,
  SECOND: 1_000n,
};

/** The units from the first to the last of a qualifier such as DAY TO SECOND, with their limits below the first. */
const dayTime: readonly IntervalUnit[] = ['DAY', 'HOUR', 'MINUTE', 'SECOND'];
const below: Partial<Record<IntervalUnit, number>> = { MONTH: 11, HOUR: 23, MINUTE: 59, SECOND: 59 };

/** @throws DiagnosticError B008 for a text that does not fit its qualifier */
export function intervalValue(literal: IntervalLiteral): IntervalValue {
  const { qualifier } = literal;
  const parsed = parse(literal.text.trim(), qualifier);
  if (parsed === null) {
    const help = `expected ${example(qualifier)}`;
    fail('B008', literal.span, `'${literal.text}' is no interval ${qualifierText(qualifier)}`, { help });
  }
  if (parsed.family === 'milliseconds' && (qualifier.precision ?? 2) > 3) {
    fail(
      'B008',
      qualifier.span,
      `${qualifier.from}(${qualifier.precision}) is more than the 3 digits that Flink takes`,
    );
  }
  const digits = /\d+/.exec(literal.text)?.[0] ?? '';
  const allowed = qualifier.precision ?? 2;
  if (digits.replace(/^0+(?=\d)/, '').length > allowed) {
    const help = `write ${qualifier.from}(${digits.length}) to allow more digits`;
    fail('B008', literal.span, `"${digits}" has more than ${allowed} digits of ${qualifier.from}`, { help });
  }
  return { family: parsed.family, count: literal.isNegative ? -parsed.count : parsed.count };
}

/** One of a unit. */
export function unitInterval(unit: IntervalUnit): IntervalValue {
  const months = monthsOf[unit];
  return months === undefined
    ? { family: 'milliseconds', count: millisecondsOf[unit]! }
    : { family: 'months', count: months };
}

export function qualifierText({ from, to }: IntervalQualifier): string {
  return to === null ? from : `${from} TO ${to}`;
}

function parse(text: string, qualifier: IntervalQualifier): IntervalValue | null {
  const signed = /^([+-]?)(.*)$/s.exec(text)!;
  const magnitude = parseMagnitude(signed[2]!, qualifier);
  if (magnitude === null) return null;
  return signed[1] === '-' ? { ...magnitude, count: -magnitude.count } : magnitude;
}

function parseMagnitude(text: string, { from, to }: IntervalQualifier): IntervalValue | null {
  if (from === 'YEAR' && to === 'MONTH') {
    const parts = /^(\d+)-(\d{1,2})$/.exec(text);
    return parts === null || Number(parts[2]) > 11
      ? null
      : { family: 'months', count: BigInt(parts[1]!) * 12n + BigInt(parts[2]!) };
  }
  if (to === null || to === from) return single(text, from);
  return several(text, dayTime.slice(dayTime.indexOf(from), dayTime.indexOf(to) + 1));
}

function single(text: string, unit: IntervalUnit): IntervalValue | null {
  const one = unitInterval(unit);
  if (unit === 'SECOND') {
    const parts = /^(\d+)(?:\.(\d{1,9}))?$/.exec(text);
    return parts && { family: 'milliseconds', count: BigInt(parts[1]!) * 1000n + fractionMs(parts[2]) };
  }
  return /^\d+$/.test(text) ? { family: one.family, count: BigInt(text) * one.count } : null;
}

/** `1 02:03:04.5`: a blank after days, colons between the rest. */
function several(text: string, units: readonly IntervalUnit[]): IntervalValue | null {
  const pattern = units.map((_, at) => `${at === 0 ? '' : units[at - 1] === 'DAY' ? '\\s+' : ':'}(\\d+)`).join('');
  const parts = new RegExp(`^${pattern}${units.at(-1) === 'SECOND' ? '(?:\\.(\\d{1,9}))?' : '()'}$`).exec(text);
  if (parts === null) return null;
  let count = fractionMs(parts[units.length + 1]);
  for (const [at, unit] of units.entries()) {
    const digits = parts[at + 1]!;
    if (at > 0 && Number(digits) > below[unit]!) return null;
    count += BigInt(digits) * millisecondsOf[unit]!;
  }
  return { family: 'milliseconds', count };
}

/** The digits after the point, cut to milliseconds. */
function fractionMs(digits: string | undefined): bigint {
  return BigInt((digits ?? '').slice(0, 3).padEnd(3, '0'));
}

function example({ from, to }: IntervalQualifier): string {
  if (to === null || from === to) return from === 'SECOND' ? "'10' or '1.5'" : "'10'";
  if (from === 'YEAR') return "'2-3'";
  const samples: Partial<Record<IntervalUnit, string>> = { DAY: '1 ', HOUR: '02:', MINUTE: '03:', SECOND: '04.5:' };
  const units = dayTime.slice(dayTime.indexOf(from), dayTime.indexOf(to) + 1);
  return `'${units
    .map((unit) => samples[unit])
    .join('')
    .replace(/[: ]$/, '')}'`;
}
