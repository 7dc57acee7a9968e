import type { ExpressionWriter, Value } from '../functions/value.ts';
import { physicalOf } from '../types/physical.ts';
import type { SqlType } from '../types/sql-type.ts';
import { type Code, f32, f64, type I32, i32, i64, type Local, type ValueType } from '../wasm/code.ts';
import { plainValue } from './plain-value.ts';
import { partTypes } from './value-parts.ts';

/** Puts a value down for JavaScript (see `plain-value.ts`). */
export function putPlain(w: ExpressionWriter, address: number, value: Value): void {
  const { f } = w;
  const base = i32.const(address);
  f.do(i32.store(base, w.isNull(value)));
  for (const [at, part] of value.parts.entries()) {
    f.do(storePart(base, part, plainValue.value + at * (value.physical === 'i128' ? 8 : 4)));
  }
}

/** A value that JavaScript put down. */
export function loadPlain(w: ExpressionWriter, address: number, type: SqlType): Value {
  const base = i32.const(address);
  const physical = physicalOf(type);
  const parts = partTypes(physical).map((part, at) =>
    loadPart(base, part, plainValue.value + at * (physical === 'i128' ? 8 : 4)),
  );
  return w.value(type, type.nullable ? i32.load(base) : null, ...parts);
}

function loadPart(base: I32, type: ValueType, offset: number): Code<ValueType> {
  switch (type) {
    case 'i32':
      return i32.load(base, { offset });
    case 'i64':
      return i64.load(base, { offset });
    case 'f32':
      return f32.load(base, { offset });
    case 'f64':
      return f64.load(base, { offset });
    case 'v128':
      throw new Error('no value has a v128 part');
  }
}

function storePart(base: I32, part: Local, offset: number): Code<'void'> {
  switch (part.type) {
    case 'i32':
      return i32.store(base, part as Local<'i32'>, { offset });
    case 'i64':
      return i64.store(base, part as Local<'i64'>, { offset });
    case 'f32':
      return f32.store(base, part as Local<'f32'>, { offset });
    case 'f64':
      return f64.store(base, part as Local<'f64'>, { offset });
    case 'v128':
      throw new Error('no value has a v128 part');
  }
}
