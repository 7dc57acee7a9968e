import { fail } from '../../diagnostics/diagnostic.ts';
import type { CellValue } from '../../memory/cell-value.ts';
import { writeFixed } from '../../memory/cell-value.ts';
import type { Memory } from '../../memory/memory.ts';
import type { ScanColumn } from '../../plan/logical.ts';
import { physicalOf, physicalWidth, timestampUnitsPerSecond } from '../../types/physical.ts';
import { BIGINT, type SqlType, STRING, TIMESTAMP_LTZ, typeText } from '../../types/sql-type.ts';
import type { ListedFile } from './file-list.ts';
import { fileName } from './file-list.ts';

/** What every row of one file has alike: metadata of the file, and the values of its partition. */
export const fileMetadata: ReadonlyMap<string, SqlType> = new Map<string, SqlType>([
  ['file.path', STRING(false)],
  ['file.name', STRING(false)],
  ['file.size', BIGINT(false)],
  ['file.modification-time', TIMESTAMP_LTZ(3, false)],
]);

/** The value of such a column for a file; undefined where the column comes from the file's records. */
export function constantOf(
  column: ScanColumn,
  file: ListedFile,
  partition: { readonly keys: readonly string[]; readonly defaultName: string },
): CellValue | undefined {
  if (column.metadata) return metadataValue(column, file);
  const name = column.path[0] ?? column.name;
  if (!partition.keys.includes(name)) return undefined;
  const text = file.partition.get(name);
  return text === undefined || text === partition.defaultName ? null : partitionValue(text, column, file);
}

function metadataValue(column: ScanColumn, file: ListedFile): CellValue {
  switch (column.path[0] ?? column.name) {
    case 'file.path':
      return file.absolutePath;
    case 'file.name':
      return fileName(file);
    case 'file.size':
      return BigInt(file.sizeBytes);
    case 'file.modification-time': {
      const precision = column.type.kind === 'TIMESTAMP_LTZ' ? column.type.precision : 3;
      return BigInt(file.modifiedMs) * BigInt(timestampUnitsPerSecond(precision) / 1000);
    }
    default:
      return null;
  }
}

function partitionValue(text: string, { name, type }: ScanColumn, file: ListedFile): CellValue {
  const value = parsePartition(text, type);
  if (value !== undefined) return value;
  return fail('F012', null, `could not read "${name}" as ${typeText(type)}: "${text}"`, {
    notes: [`from the folder of ${file.name}`],
  });
}

function parsePartition(text: string, type: SqlType): CellValue | undefined {
  switch (physicalOf(type)) {
    case 'bool':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'i8':
    case 'i16':
    case 'i32':
    case 'i64':
      if (/^[+-]?\d+$/.test(text)) return BigInt(text);
      return parseTime(text, type);
    case 'f32':
    case 'f64':
      return text.trim() !== '' && !Number.isNaN(Number(text)) ? Number(text) : undefined;
    case 'bytes':
      return type.kind === 'CHAR' || type.kind === 'VARCHAR' ? text : undefined;
    default:
      return undefined;
  }
}

function parseTime(text: string, type: SqlType): CellValue | undefined {
  if (type.kind === 'DATE' && /^\d{4}-\d\d-\d\d$/.test(text)) {
    const ms = Date.parse(`${text}T00:00:00Z`);
    return Number.isNaN(ms) ? undefined : BigInt(ms / 86_400_000);
  }
  const parts = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)Z?$/.exec(text);
  if (parts === null || (type.kind !== 'TIMESTAMP' && type.kind !== 'TIMESTAMP_LTZ')) return undefined;
  const ms = Date.parse(`${parts[1]}T${parts[2]}Z`);
  return Number.isNaN(ms) ? undefined : BigInt(ms) * BigInt(timestampUnitsPerSecond(type.precision) / 1000);
}

/** A column of one value, `capacity` times; valid until `close`. */
export class ConstantColumn {
  readonly values: number;
  readonly validity: number;
  readonly #memory: Memory;
  readonly #text: number;

  constructor(memory: Memory, type: SqlType, value: CellValue, capacity: number) {
    this.#memory = memory;
    const physical = physicalOf(type);
    const width = physicalWidth[physical];
    this.values = memory.alloc(capacity * width);
    this.validity = value === null ? memory.alloc(capacity) : 0;
    const text = typeof value === 'string' ? Buffer.from(value) : null;
    this.#text = text === null ? 0 : memory.alloc(text.length + 16);
    memory.u8.fill(0, this.values, this.values + capacity * width);
    if (this.validity !== 0) memory.u8.fill(0, this.validity, this.validity + capacity);
    if (value === null) return;
    const view = memory.view;
    if (physical === 'bytes') {
      if (text === null) throw new Error(`no text for a column of type ${typeText(type)}`);
      memory.u8.set(text, this.#text);
      view.setUint32(this.values, this.#text, true);
      view.setUint32(this.values + 4, text.length, true);
    } else {
      writeFixed[physical](view, this.values, value);
    }
    const { u8 } = memory;
    for (let done = width; done < capacity * width; done *= 2) {
      u8.copyWithin(this.values + done, this.values, this.values + Math.min(done, capacity * width - done));
    }
  }

  close(): void {
    this.#memory.free(this.values);
    this.#memory.free(this.validity);
    this.#memory.free(this.#text);
  }
}
