import type { Physical } from '../types/physical.ts';
import { type Code, f32, f64, i32, i64, type ValueType } from '../wasm/code.ts';

/** The wasm type of each part of a physical class. */
export function partTypes(physical: Physical): readonly ValueType[] {
  switch (physical) {
    case 'bool':
    case 'i8':
    case 'i16':
    case 'i32':
      return ['i32'];
    case 'i64':
      return ['i64'];
    case 'i128':
      return ['i64', 'i64'];
    case 'f32':
      return ['f32'];
    case 'f64':
      return ['f64'];
    case 'bytes':
      return ['i32', 'i32'];
  }
}

/** What a part is before anything was assigned to it. */
export const zeroPart: { readonly [T in ValueType]?: Code<ValueType> } = {
  i32: i32.const(0),
  i64: i64.const(0n),
  f32: f32.const(0),
  f64: f64.const(0),
};
