import type { Value } from '../functions/value.ts';
import type { SqlType } from '../types/sql-type.ts';
import { i32 } from '../wasm/code.ts';
import type { CodeWriter } from './expression-writer.ts';

/**
 * A value that stays when the state changes: texts in the state are overwritten in place and go with their rows, so they
 * are copied, until the module's scratch is reset.
 */
export function keptValue(writer: CodeWriter, value: Value): Value {
  if (value.physical !== 'bytes') return value;
  const [address, length] = writer.bytes(value);
  const { f } = writer;
  const copy = writer.variable({ ...value.type, nullable: true } as SqlType);
  f.if(i32.eqz(writer.isNull(value)), () => {
    const to = writer.scratch(length);
    f.do(writer.kernel('copyBytes', 'void', to, address, length));
    writer.assign(copy, writer.value(value.type, null, to, length));
  });
  return copy;
}
