import { type I64, i32, i64, type Local } from '../wasm/code.ts';
import type { Value } from './value.ts';

/** The bits of a value of fixed width as two words; the second is 0 but for an i128. */
export function asWords({ parts: [low, high] }: Value): readonly [I64, I64] {
  const none = i64.const(0n);
  switch (low?.type) {
    case 'i32':
      return [i64.extendI32S(low as Local<'i32'>), none];
    case 'i64':
      return [low as Local<'i64'>, (high as Local<'i64'> | undefined) ?? none];
    case 'f32':
      return [i64.extendI32U(i32.reinterpretF32(low as Local<'f32'>)), none];
    default:
      return [i64.reinterpretF64(low as Local<'f64'>), none];
  }
}
