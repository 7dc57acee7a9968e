import type { Value } from '../functions/value.ts';
import { physicalOf } from '../types/physical.ts';
import { type SqlType, withNullable } from '../types/sql-type.ts';
import { type I32, i32, type Local } from '../wasm/code.ts';
import type { CodeWriter } from './expression-writer.ts';
import { keptValue } from './kept-value.ts';
import { loadParts, storeParts } from './memory-value.ts';
import { StateLayout } from './state-layout.ts';

/** The list is of no snapshot. */
const isPassing = true;

/** A group that a batch came to. */
export interface ChangedGroup {
  /** Its row number. */
  readonly number: Local<'i32'>;
  /** It came with the batch. */
  readonly isNew: Local<'i32'>;
  /** Its results before the batch; of no meaning for a new one. */
  readonly before: readonly Value[];
}

/**
 * The groups that a batch has come to, in that order, with their results before it. The list lies in the module's
 * scratch, so it goes with the batch.
 *
 * ```
 * list     u32 first entry, u32 last entry
 * entry    u32 next, then the row number, whether it is new, and the results
 * ```
 */
export class ChangedGroups {
  readonly #types: readonly SqlType[];
  readonly #listAddress: number;
  readonly #layout: StateLayout;

  constructor(resultTypes: readonly SqlType[], listAddress: number) {
    this.#types = resultTypes.map((type) => withNullable(type, true));
    this.#listAddress = listAddress;
    this.#layout = new StateLayout([
      { name: 'number', physical: 'i32' },
      { name: 'isNew', physical: 'bool' },
      ...this.#types.flatMap((type, at) => [
        { name: `before${at}`, physical: physicalOf(type) },
        { name: `before${at}.null`, physical: 'bool' as const },
      ]),
    ]);
  }

  /** Adds a group; `results` gives its results as they are, for one that is not new. */
  add(writer: CodeWriter, number: I32, isNew: Local<'i32'>, results: () => readonly Value[]): void {
    const { f } = writer;
    const entry = writer.scratch(i32.const(this.#layout.rowBytes));
    const at = (field: string) => ({ offset: this.#layout.field(field).offset, isPassing });
    f.do(i32.store(entry, i32.const(0), { isPassing }));
    f.do(i32.store(entry, number, at('number')));
    f.do(i32.store8(entry, isNew, at('isNew')));
    f.if(i32.eqz(isNew), () => {
      for (const [index, value] of results().entries()) {
        const { physical, offset } = this.#layout.field(`before${index}`);
        // A text of the state may be overwritten by the batch.
        f.do(...storeParts(physical, entry, keptValue(writer, value).parts, offset, isPassing));
        f.do(i32.store8(entry, writer.isNull(value), at(`before${index}.null`)));
      }
    });
    const list = i32.const(this.#listAddress);
    const last = f.local('i32', i32.load(list, { offset: 4 }));
    f.if(
      last,
      () => f.do(i32.store(last, entry, { isPassing })),
      () => f.do(i32.store(list, entry)),
    );
    f.do(i32.store(list, entry, { offset: 4 }));
  }

  /** Runs `body` for each group, and leaves the list empty. */
  each(writer: CodeWriter, body: (group: ChangedGroup) => void): void {
    const { f } = writer;
    const list = i32.const(this.#listAddress);
    const entry = f.local('i32', i32.load(list));
    f.do(i32.store(list, i32.const(0)), i32.store(list, i32.const(0), { offset: 4 }));
    f.while(entry, () => {
      const number = f.local('i32', i32.load(entry, { offset: this.#layout.field('number').offset }));
      const isNew = f.local('i32', i32.load8U(entry, { offset: this.#layout.field('isNew').offset }));
      const before = this.#types.map((type, at) => {
        const { physical, offset } = this.#layout.field(`before${at}`);
        const isNull = i32.load8U(entry, { offset: this.#layout.field(`before${at}.null`).offset });
        return writer.value(type, isNull, ...loadParts(physical, entry, offset));
      });
      body({ number, isNew, before });
      f.set(entry, i32.load(entry));
    });
  }
}
