import type { JsValue } from '../../types/js-value.ts';
import type { HostValue } from '../value.ts';
import { readerOf } from './host-value.ts';
import type { ProgramSignature } from './program-function.ts';

/** A function that makes a callback's arguments of the engine's: one behind the other, or one object by their names. */
export function argumentsReader({
  parameters,
  isNamed,
}: ProgramSignature): (args: readonly HostValue[]) => readonly JsValue[] {
  const readers = parameters.map(({ name, type }) => ({ name: name ?? '', read: readerOf(type) }));
  if (!isNamed) return (args) => readers.map(({ read }, at) => read(args[at] ?? null));
  return (args) => [Object.fromEntries(readers.map(({ name, read }, at) => [name, read(args[at] ?? null)]))];
}
