import { decimalPlainText } from '../../formats/encode/number-text.ts';
import type { CellValue } from '../../memory/cell-value.ts';
import { decodeNested, type NestedValue } from '../../memory/nested.ts';
import { javaFloatText } from '../../types/java-float-text.ts';
import { timestampUnitsPerSecond } from '../../types/physical.ts';
import { INT, type SqlType } from '../../types/sql-type.ts';

/** A value as Flink's print sink shows it: the text of its Java object. Binary is a list of signed bytes. */
export function printText(value: CellValue, type: SqlType): string {
  if (value instanceof Uint8Array) {
    switch (type.kind) {
      case 'ROW':
      case 'ARRAY':
      case 'MAP':
      case 'MULTISET':
        return nestedText(decodeNested(type, value), type);
      default: // bytes
    }
  }
  return nestedText(value, type);
}

function nestedText(value: NestedValue, type: SqlType): string {
  if (value === null) return 'null';
  switch (type.kind) {
    case 'ROW':
      return `+I[${list(value)
        .map((its, index) => nestedText(its, type.fields[index]?.type ?? type))
        .join(', ')}]`;
    case 'ARRAY':
      return `[${list(value)
        .map((its) => nestedText(its, type.element))
        .join(', ')}]`;
    case 'MAP':
      return entriesText(value, type.key, type.value);
    case 'MULTISET':
      return entriesText(value, type.element, INT(false));
    case 'BINARY':
    case 'VARBINARY':
      return `[${Array.from(value as Uint8Array, (byte) => (byte << 24) >> 24).join(', ')}]`;
    case 'DECIMAL':
      return decimalPlainText(value as bigint, type.scale);
    case 'FLOAT':
    case 'DOUBLE':
      return javaFloatText(value as number, type.kind === 'FLOAT');
    case 'DATE':
      return dateText(BigInt(value as number));
    case 'TIME':
      return clockText(BigInt(value as number) * 1_000_000n);
    case 'TIMESTAMP':
      return timestampText(value as bigint, type.precision);
    case 'TIMESTAMP_LTZ':
      return instantText(value as bigint, type.precision);
    default:
      return String(value);
  }
}

function list(value: NestedValue): readonly NestedValue[] {
  return Array.isArray(value) ? value : [];
}

function entriesText(value: NestedValue, key: SqlType, its: SqlType): string {
  const entries = list(value).map((entry) => {
    const [name = null, held = null] = list(entry);
    return `${nestedText(name, key)}=${nestedText(held, its)}`;
  });
  return `{${entries.join(', ')}}`;
}

const nanosPerDay = 86_400_000_000_000n;

function dateText(days: bigint): string {
  const date = new Date(Number(days) * 86_400_000);
  const year = date.getUTCFullYear();
  const digits = String(Math.abs(year)).padStart(4, '0');
  const sign = year < 0 ? '-' : year > 9999 ? '+' : '';
  return `${sign}${digits}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
}

/** As LocalTime.toString: seconds only where there are some, a fraction of 3, 6 or 9 digits. */
function clockText(nanos: bigint, alwaysSeconds = false): string {
  const seconds = Number(nanos / 1_000_000_000n);
  const fraction = Number(nanos % 1_000_000_000n);
  const minutes = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}`;
  if (seconds % 60 === 0 && fraction === 0 && !alwaysSeconds) return minutes;
  return `${minutes}:${two(seconds % 60)}${fractionText(fraction)}`;
}

function fractionText(nanos: number): string {
  if (nanos === 0) return '';
  const digits = String(nanos).padStart(9, '0');
  return `.${digits.endsWith('000000') ? digits.slice(0, 3) : digits.endsWith('000') ? digits.slice(0, 6) : digits}`;
}

function daysAndNanos(value: bigint, precision: number): { days: bigint; nanos: bigint } {
  const all = value * BigInt(1_000_000_000 / timestampUnitsPerSecond(precision));
  const nanos = ((all % nanosPerDay) + nanosPerDay) % nanosPerDay;
  return { days: (all - nanos) / nanosPerDay, nanos };
}

/** As LocalDateTime.toString. */
export function timestampText(value: bigint, precision: number): string {
  const { days, nanos } = daysAndNanos(value, precision);
  return `${dateText(days)}T${clockText(nanos)}`;
}

function instantText(value: bigint, precision: number): string {
  const { days, nanos } = daysAndNanos(value, precision);
  return `${dateText(days)}T${clockText(nanos, true)}Z`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
