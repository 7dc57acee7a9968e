import type { Value } from '../functions/value.ts';
import { f32, f64, type I32, i32, i64, type Local } from '../wasm/code.ts';
import type { CodeWriter } from './expression-writer.ts';

/** Whether rows of values are the same to the bit, NULL a value like others. */
export function sameValues(writer: CodeWriter, a: readonly Value[], b: readonly Value[]): I32 {
  return a
    .map((value, at) => sameValue(writer, value, b[at] as Value))
    .reduce((all: I32, next: I32) => i32.and(all, next), i32.const(1));
}

/** Whether two results are the same to the bit, NULL a value like others. */
function sameValue(writer: CodeWriter, a: Value, b: Value): I32 {
  const { f } = writer;
  const same = f.local('i32', i32.eq(writer.isNull(a), writer.isNull(b)));
  f.if(i32.and(same, i32.eqz(writer.isNull(a))), () => {
    if (a.physical === 'bytes') {
      const [address, length] = writer.bytes(a);
      const [other, otherLength] = writer.bytes(b);
      f.set(same, i32.eq(length, otherLength));
      f.if(same, () => f.set(same, writer.kernel('bytesEqual', 'i32', address, other, length)));
      return;
    }
    const tests = a.parts.map((part, at): I32 => {
      const other = b.parts[at] as Local;
      switch (part.type) {
        case 'i64':
          return i64.eq(part as Local<'i64'>, other as Local<'i64'>);
        case 'f32':
          return f32.eq(part as Local<'f32'>, other as Local<'f32'>);
        case 'f64':
          return f64.eq(part as Local<'f64'>, other as Local<'f64'>);
        default:
          return i32.eq(part as Local<'i32'>, other as Local<'i32'>);
      }
    });
    f.set(
      same,
      tests.reduce((all, next) => i32.and(all, next)),
    );
  });
  return same;
}
