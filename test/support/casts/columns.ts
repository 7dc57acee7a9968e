import { Random } from '../streams/random.ts';

/** A column of random values of a type, and the types that it is cast to. Rows of it are the same each time. */
export interface CastColumn {
  readonly name: string;
  readonly type: string;
  readonly targets: readonly string[];
  /** A value as it stands in JSON. */
  readonly value: (random: Random) => string;
}

export const rowCount = 20_000;

/** Rows of a chunk, whose answers have one hash: a row that differs is found among so many. */
export const chunkRows = 500;

/** Where local times matter, they are those of a zone with daylight saving. */
export const sessionZone = 'America/New_York';

const numbers = ['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'FLOAT', 'DOUBLE'];
const decimals = ['DECIMAL(5, 2)', 'DECIMAL(20, 6)', 'DECIMAL(38, 18)', 'DECIMAL(38, 0)'];
const texts = ['STRING', 'CHAR(3)', 'VARCHAR(6)'];
const ofNumber = [...numbers, ...decimals, 'BOOLEAN', ...texts];

const quoted = (text: string): string => JSON.stringify(text);

/** Whole numbers near 0, near the ends of the types, and of any number of digits. */
function whole(bits: number): (random: Random) => string {
  const limit = 2n ** BigInt(bits - 1);
  return (random) => {
    const bitsOf64 = (BigInt(random.next32()) << 32n) | BigInt(random.next32());
    const shape = random.int(4);
    if (shape === 0) return String(BigInt(random.int(21)) - 10n);
    if (shape === 1) {
      const end = 2n ** BigInt([7, 15, 31, 63].filter((size) => size < bits)[random.int(3)] ?? bits - 1);
      const near = end + BigInt(random.int(5)) - 2n;
      const clamped = near >= limit ? limit - 1n : near;
      return String(random.chance(0.5) ? -clamped : clamped);
    }
    return String(BigInt.asIntN(bits, bitsOf64 >> BigInt(random.int(64))));
  };
}

/** Doubles by their bits, short decimals, and numbers that stand in the middle of two others. */
function floating(random: Random): string {
  const shape = random.int(5);
  if (shape === 0) {
    const bits = new DataView(new ArrayBuffer(8));
    bits.setUint32(0, random.next32());
    bits.setUint32(4, random.next32());
    const value = bits.getFloat64(0);
    return Number.isFinite(value) && Math.abs(value) > 1e-300 ? String(value) : '0.5';
  }
  const sign = random.chance(0.5) ? '-' : '';
  if (shape === 1) return `${sign}${random.int(2000)}.${random.pick(['5', '25', '125', '005', '995'])}`;
  if (shape === 2) return `${sign}${random.int(10)}.${random.next32()}e${random.int(40) - 20}`;
  if (shape === 3) return `${sign}${2 ** random.int(70)}`;
  return `${sign}${random.next32() / 2 ** random.int(40)}`;
}

/** Within the range of FLOAT, where a JSON number that is not would be infinite. */
function single(random: Random): string {
  const value = Math.fround(Number(floating(random)));
  return Number.isFinite(value) && Math.abs(value) > 1e-37 ? String(value) : String(random.int(1000) / 8);
}

function digits(random: Random, count: number): string {
  return Array.from({ length: count }, () => random.int(10)).join('');
}

function decimal(precision: number, scale: number): (random: Random) => string {
  return (random) => {
    const before = random.int(precision - scale + 1);
    const behind = random.int(scale + 1);
    const sign = random.chance(0.5) ? '-' : '';
    const wholePart = digits(random, before).replace(/^0+(?=\d)/, '') || '0';
    return `${sign}${wholePart}${behind > 0 ? `.${digits(random, behind)}` : ''}`;
  };
}

/** What people write for a number, and what is none. */
function numberText(random: Random): string {
  const blank = random.pick(['', '', '', ' ', '\t', '  ']);
  const sign = random.pick(['', '', '-', '+']);
  const size = random.int(22);
  const body = random.pick([
    () => digits(random, size),
    () => `${digits(random, 3)}.${digits(random, random.int(20))}`,
    () => `.${digits(random, 2)}`,
    () => `${digits(random, 2)}.`,
    () => `${digits(random, 2)}e${random.int(30) - 15}`,
    () => `${digits(random, 1)}.${digits(random, 3)}E${random.pick(['+', '-', ''])}${random.int(12)}`,
    () =>
      random.pick(['true', 'FALSE', 't', 'no', '1', '0', 'NaN', 'Infinity', 'infinity', '0x10', '1L', '1f', '1d', '']),
    () => random.pick(['abc', '1,5', '1 2', '--1', '1e', 'e1', '1.2.3', '١٢', 'null', '1_0']),
  ])();
  return quoted(`${blank}${sign}${body}${random.pick(['', '', '', ' '])}`);
}

/** Of numbers that a DECIMAL(10, 4) holds: what is none is cast otherwise, as DIFFERENCES.md says. */
function plainNumberText(random: Random): string {
  return quoted(`${random.pick(['', '-', '+'])}${1 + random.int(99_999)}.${digits(random, 1 + random.int(8))}`);
}

const two = (value: number): string => String(value).padStart(2, '0');

function dateText(random: Random, from: number, years: number): string {
  return `${String(from + random.int(years)).padStart(4, '0')}-${two(1 + random.int(12))}-${two(1 + random.int(28))}`;
}

function clockText(random: Random, precision: number): string {
  const clock = `${two(random.int(24))}:${two(random.int(60))}:${two(random.int(60))}`;
  return precision === 0 ? clock : `${clock}.${digits(random, precision)}`;
}

const timestamp = (precision: number, from: number, years: number) => (random: Random) =>
  quoted(`${dateText(random, from, years)} ${clockText(random, precision)}`);

/** Times as people write them, and as they should not. */
function timeText(random: Random): string {
  const year = random.pick(['1970', '2024', '0001', '9999', '1900', '24', '10000', '2023']);
  const month = random.pick(['01', '1', '12', '02', '13', '00']);
  const day = random.pick(['01', '9', '28', '29', '30', '31', '32', '00']);
  const date = `${year}-${month}-${day}`;
  const clock = random.pick([
    () => clockText(random, random.int(12)),
    () => `${random.int(25)}:${random.int(61)}:${random.int(61)}`,
    () => `${two(random.int(24))}:${two(random.int(60))}`,
    () => two(random.int(24)),
    () => '24:00:00',
  ])();
  return quoted(
    random.pick([
      () => date,
      () => clock,
      () => `${date} ${clock}`,
      () => `${date}T${clock}`,
      () => `${date} ${clock}Z`,
      () => `${date} ${clock}+01:00`,
      () => ` ${date} `,
      () => year,
      // Of the year 0001 a month is a time to Flink.
      () => `${year.replace('0001', '1999')}-${month}`,
      () => random.pick(['', 'now', '2024/01/01', '20240101', '12:3', '1:2:3']),
    ])(),
  );
}

const times = ['DATE', 'TIME', 'TIMESTAMP(0)', 'TIMESTAMP(3)', 'TIMESTAMP(6)', 'TIMESTAMP(9)'];
const zoned = ['TIMESTAMP_LTZ(0)', 'TIMESTAMP_LTZ(3)', 'TIMESTAMP_LTZ(9)'];

/**
 * Times before 1970 are cast to what loses nothing: else Flink cuts toward 1970 (DIFFERENCES.md). In New York 1970 began
 * five hours later.
 */
export const castColumns: readonly CastColumn[] = [
  { name: 'tinyint', type: 'TINYINT', targets: ofNumber, value: whole(8) },
  { name: 'smallint', type: 'SMALLINT', targets: ofNumber, value: whole(16) },
  { name: 'int', type: 'INT', targets: ofNumber, value: whole(32) },
  { name: 'bigint', type: 'BIGINT', targets: ofNumber, value: whole(64) },
  { name: 'float', type: 'FLOAT', targets: ofNumber, value: single },
  { name: 'double', type: 'DOUBLE', targets: ofNumber, value: floating },
  { name: 'decimal-5-2', type: 'DECIMAL(5, 2)', targets: ofNumber, value: decimal(5, 2) },
  { name: 'decimal-18-6', type: 'DECIMAL(18, 6)', targets: ofNumber, value: decimal(18, 6) },
  { name: 'decimal-38-18', type: 'DECIMAL(38, 18)', targets: ofNumber, value: decimal(38, 18) },
  { name: 'decimal-38-0', type: 'DECIMAL(38, 0)', targets: ofNumber, value: decimal(38, 0) },
  { name: 'number-text', type: 'STRING', targets: [...numbers, 'BOOLEAN', ...texts], value: numberText },
  { name: 'plain-number-text', type: 'STRING', targets: ['DECIMAL(10, 4)', 'DECIMAL(38, 18)'], value: plainNumberText },
  { name: 'time-text', type: 'STRING', targets: [...times, ...zoned], value: timeText },
  {
    name: 'date',
    type: 'DATE',
    targets: ['TIMESTAMP(0)', 'TIMESTAMP(9)', ...zoned, ...texts],
    value: (random) => quoted(dateText(random, 1, 9999)),
  },
  { name: 'time', type: 'TIME', targets: texts, value: (random) => quoted(clockText(random, 0)) },
  {
    name: 'timestamp-0',
    type: 'TIMESTAMP(0)',
    targets: [...times, ...zoned, ...texts],
    value: timestamp(0, 1971, 200),
  },
  {
    name: 'timestamp-3',
    type: 'TIMESTAMP(3)',
    targets: [...times, ...zoned, ...texts],
    value: timestamp(3, 1971, 200),
  },
  {
    name: 'timestamp-9',
    type: 'TIMESTAMP(9)',
    targets: [...times, ...zoned, ...texts],
    value: timestamp(9, 1971, 200),
  },
  {
    name: 'old-timestamp-3',
    type: 'TIMESTAMP(3)',
    targets: ['TIMESTAMP(3)', 'TIMESTAMP(6)', 'TIMESTAMP(9)', 'TIMESTAMP_LTZ(3)', ...texts],
    value: timestamp(3, 1, 9998),
  },
  {
    name: 'instant-3',
    type: 'TIMESTAMP_LTZ(3)',
    targets: [...times, ...zoned, ...texts],
    value: (random) => quoted(`${dateText(random, 1971, 200)} ${clockText(random, 3)}Z`),
  },
];

/** The table's lines. The last of a chunk is NULL. */
export function jsonLines({ name, value }: CastColumn, rows: number): string {
  const random = new Random([...name].reduce((seed, letter) => Math.imul(seed, 31) + letter.charCodeAt(0), 7));
  const lines = Array.from({ length: rows }, (_, row) => (row % chunkRows === chunkRows - 1 ? 'null' : value(random)));
  return lines.map((line) => `{"v": ${line}}\n`).join('');
}

/** Declares the table in a folder and casts its column to every type. */
export function castScript({ type, targets }: CastColumn, file: string): string {
  const casts = targets.map((target, at) => `TRY_CAST(v AS ${target}) AS c${at}`);
  return `SET 'table.local-time-zone' = '${sessionZone}';
CREATE TABLE t (v ${type}) WITH ('connector' = 'filesystem', 'path' = '${file}', 'format' = 'json');
SELECT ${casts.join(', ')} FROM t;`;
}
