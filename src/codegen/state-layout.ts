import type { StateAccess, StateField } from '../functions/aggregate-function.ts';
import type { Value } from '../functions/value.ts';
import { asWords } from '../functions/value-words.ts';
import { type Physical, physicalOf, physicalWidth } from '../types/physical.ts';
import { type ArrayType, BYTES, type SqlType } from '../types/sql-type.ts';
import { type Code, type I32, i32, type Local, type ValueType } from '../wasm/code.ts';
import type { CodeWriter } from './expression-writer.ts';
import { loadParts, storeParts } from './memory-value.ts';

/** Where a field stands in a state row. */
interface PlacedField {
  readonly physical: Physical;
  readonly offset: number;
}

/**
 * The places of named fields in a state row of a keyed table, behind its u32 hash; each at a multiple of its size
 * (of 8 for 16 bytes), wide ones first but for a four-byte one that fills the room behind the hash.
 */
export class StateLayout {
  readonly rowBytes: number;
  readonly #fields = new Map<string, PlacedField>();

  constructor(fields: readonly StateField[]) {
    const waiting = [...fields].sort((a, b) => physicalWidth[b.physical] - physicalWidth[a.physical]);
    let offset = 4;
    while (waiting.length > 0) {
      const room = offset % 8 === 4 ? 4 : 8;
      let at = room === 4 ? waiting.findIndex(({ physical }) => alignment(physical) <= 4) : 0;
      if (at < 0) {
        offset += 4;
        at = 0;
      }
      const field = waiting.splice(at, 1)[0];
      if (field === undefined) break;
      offset = roundUp(offset, alignment(field.physical));
      this.#fields.set(field.name, { physical: field.physical, offset });
      offset += physicalWidth[field.physical];
    }
    this.rowBytes = roundUp(offset, 8);
  }

  /** What is where, for who reads a snapshot. */
  get text(): string {
    return [...this.#fields].map(([name, { physical, offset }]) => `${name} ${physical}@${offset}`).join(', ');
  }

  /** Places of the texts, which lie in the table's heap. */
  textOffsets(): readonly number[] {
    return [...this.#fields.values()].flatMap(({ physical, offset }) => (physical === 'bytes' ? [offset] : []));
  }

  field(name: string): PlacedField {
    const field = this.#fields.get(name);
    if (field === undefined) throw new Error(`the state has no field ${name}`);
    return field;
  }
}

function alignment(physical: Physical): number {
  return physical === 'bytes' ? 4 : Math.min(8, physicalWidth[physical]);
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/** The fields whose names start with `prefix` in the row at `row` of `table`. */
export function stateAccess(
  writer: CodeWriter,
  layout: StateLayout,
  place: { readonly table: Local<'i32'>; readonly row: Local<'i32'>; readonly prefix: string },
): StateAccess {
  const { table, row, prefix } = place;
  const slot = (offset: number): I32 => i32.add(row, i32.const(offset));
  return {
    get<T extends ValueType>(name: string, type: T): Code<T> {
      const { physical, offset } = layout.field(prefix + name);
      const [part] = loadParts(physical, row, offset);
      if (part?.type !== type) throw new Error(`${name} is ${physical}, not ${type}`);
      return part as Code<T>;
    },
    set(name: string, value: Code<ValueType>): Code<'void'> {
      const { physical, offset } = layout.field(prefix + name);
      const [first, ...others] = storeParts(physical, row, [value], offset);
      if (first === undefined || others.length > 0) throw new Error(`${name} has several parts`);
      return first;
    },
    read(name: string, type: SqlType): Value {
      const { physical, offset } = layout.field(prefix + name);
      return writer.value(type, null, ...loadParts(physical, row, offset));
    },
    write(name: string, value: Value): void {
      const { physical, offset } = layout.field(prefix + name);
      if (physical !== value.physical) throw new Error(`${name} is ${physical}, not ${value.physical}`);
      if (physical === 'bytes') {
        const [address, length] = writer.bytes(value);
        writer.f.do(writer.kernel('textAssign', 'void', table, slot(offset), address, length));
      } else writer.f.do(...storeParts(physical, row, value.parts, offset));
    },
    append(name: string, value: Value): void {
      const { offset } = layout.field(prefix + name);
      const [address, length] = writer.bytes(value);
      writer.f.do(writer.kernel('textAppend', 'void', table, slot(offset), address, length));
    },
    listAdd(name: string, value: Value): void {
      const field = slot(layout.field(prefix + name).offset);
      const isNull = writer.isNull(value);
      if (value.physical === 'bytes') {
        writer.f.do(writer.kernel('listAddBytes', 'void', table, field, isNull, ...writer.bytes(value)));
        return;
      }
      const [low, high] = asWords(value);
      const width = i32.const(physicalWidth[value.physical]);
      writer.f.do(writer.kernel('listAddFixed', 'void', table, field, isNull, low, high, width));
    },
    listAddAll(name: string, other: StateAccess): void {
      this.append(name, other.read(name, BYTES(false)));
    },
    list(name: string, type: ArrayType, count: I32): Value {
      const { f } = writer;
      const [address, length] = writer.bytes(this.read(name, BYTES(false)));
      const physical = physicalOf(type.element);
      const width = i32.const(physical === 'bytes' ? 0 : physicalWidth[physical]);
      const bytes = f.local('i32', writer.kernel('listArrayBytes', 'i32', length, count, width));
      // Copies go up to 16 bytes beyond their end.
      const to = writer.scratch(i32.add(bytes, i32.const(16)));
      f.do(writer.kernel('listToArray', 'void', to, address, count, width));
      return writer.value({ ...type, nullable: false }, null, to, bytes);
    },
  };
}

/** The state fields of a key: its value and, where it may be NULL, a flag (1 = NULL). */
export function keyFields(types: readonly SqlType[]): readonly StateField[] {
  return types.flatMap((type, at) => [
    { name: `key${at}`, physical: physicalOf(type) },
    ...(type.nullable ? [{ name: `key${at}.null`, physical: 'bool' as const }] : []),
  ]);
}
