import { type FixedPhysical, readFixed, writeFixed } from '../../memory/cell-value.ts';
import { decodeNested, encodeNested, rowLayout, storedInRow } from '../../memory/nested.ts';
import { fromJs, type JsValue, JsValueError, toJs } from '../../types/js-value.ts';
import { physicalOf } from '../../types/physical.ts';
import { ROW, type RowField, type RowType } from '../../types/sql-type.ts';
import type { HostValue } from '../value.ts';
import { given } from './program-error.ts';

/** An accumulator between its bytes and the object that callbacks see. */
export interface AccumulatorForm {
  /** No bytes are an accumulator that nothing came to. */
  read(bytes: HostValue): JsValue;
  /** The bytes are there until the next call. @throws ProgramFunctionError for what is no accumulator */
  write(value: JsValue): Uint8Array;
}

/** `init` makes the first one of a group. */
export function accumulatorForm(name: string, fields: readonly RowField[], init: () => JsValue): AccumulatorForm {
  const type = ROW(fields, false);
  const { read, write } = fields.every((field) => physicalOf(field.type) !== 'bytes') ? fixedForm(type) : anyForm(type);
  return {
    read: (bytes) => (bytes instanceof Uint8Array && bytes.length > 0 ? read(bytes) : init()),
    write: (value) => given(name, 'accumulator of its declaration', () => write(value)),
  };
}

interface Form {
  read(bytes: Uint8Array): JsValue;
  write(value: JsValue): Uint8Array;
}

function anyForm(type: RowType): Form {
  const read = toJs(type);
  const write = fromJs(type);
  return { read: (bytes) => read(decodeNested(type, bytes)), write: (value) => encodeNested(type, write(value)) };
}

/** Numbers and times alone, which most accumulators are: they go through one place, without a step per kind of type. */
function fixedForm(type: RowType): Form {
  const { fixedBytes, slots } = rowLayout(type);
  const room = new Uint8Array(fixedBytes);
  const view = new DataView(room.buffer);
  const fields = type.fields.map((field, at) => ({
    name: field.name,
    slot: slots[at] ?? 0,
    nullByte: at >> 3,
    nullBit: 1 << (at & 7),
    get: readFixed[physicalOf(field.type) as FixedPhysical],
    set: writeFixed[storedInRow(field.type)],
    toJs: toJs(field.type),
    fromJs: fromJs(field.type),
  }));
  return {
    read(bytes) {
      room.set(bytes);
      const object: Record<string, JsValue> = {};
      for (const field of fields) {
        const isNull = ((room[field.nullByte] ?? 0) & field.nullBit) !== 0;
        object[field.name] = isNull ? null : field.toJs(field.get(view, field.slot));
      }
      return object;
    },
    write(value) {
      if (typeof value !== 'object' || value === null) throw new JsValueError('expected an object');
      room.fill(0);
      for (const field of fields) {
        const written = field.fromJs((value as Readonly<Record<string, JsValue>>)[field.name]);
        if (written !== null) field.set(view, field.slot, written as never);
        else room[field.nullByte] = (room[field.nullByte] ?? 0) | field.nullBit;
      }
      return room;
    },
  };
}
