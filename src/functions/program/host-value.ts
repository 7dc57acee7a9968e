import { decodeNested, encodeNested } from '../../memory/nested.ts';
import { fromJs, type JsValue, JsValueError, toJs } from '../../types/js-value.ts';
import { isNested, type SqlType, typeText } from '../../types/sql-type.ts';
import type { HostValue } from '../value.ts';
import { given } from './program-error.ts';

/** A function that makes a program's value of what emitted code gives to JavaScript. */
export function readerOf(type: SqlType): (value: HostValue) => JsValue {
  const read = toJs(type);
  if (!isNested(type)) return read;
  return (value) => (value === null ? null : read(decodeNested(type, value as Uint8Array)));
}

/** The other way round. @throws ProgramFunctionError in it, for what is no value of the type, as one of `name` */
export function writerOf(name: string, type: SqlType): (value: JsValue) => HostValue {
  const write = fromJs(type);
  const text = typeText(type);
  const nested = isNested(type);
  return (value) =>
    given(name, text, () => {
      if (value instanceof Promise) throw new JsValueError('it gave a promise, and a query does not wait for one');
      const written = write(value);
      if (written === null || !nested) return written as HostValue;
      return encodeNested(type, written);
    });
}
