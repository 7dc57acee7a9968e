import type { StateField } from '../functions/aggregate-function.ts';
import type { Value } from '../functions/value.ts';
import { physicalOf } from '../types/physical.ts';
import { type SqlType, withNullable } from '../types/sql-type.ts';
import { type I32, i32 } from '../wasm/code.ts';
import type { GroupPlace } from './aggregate-state.ts';
import type { CodeWriter } from './expression-writer.ts';
import { type StateLayout, stateAccess } from './state-layout.ts';

/** The results of a group as they were sent last, in fields of its state row beside what computes them. */
export class SentResults {
  readonly fields: readonly StateField[];
  readonly #types: readonly SqlType[];

  constructor(types: readonly SqlType[]) {
    this.#types = types.map((type) => withNullable(type, false));
    this.fields = [
      { name: 'isSent', physical: 'bool' },
      ...types.flatMap((type, at) => [
        { name: `sent${at}`, physical: physicalOf(type) },
        { name: `sent${at}.null`, physical: 'bool' as const },
      ]),
    ];
  }

  /** Whether there are any. */
  are(layout: StateLayout, { row }: GroupPlace): I32 {
    return i32.load8U(row, { offset: layout.field('isSent').offset });
  }

  read(writer: CodeWriter, layout: StateLayout, place: GroupPlace): readonly Value[] {
    const access = stateAccess(writer, layout, { ...place, prefix: 'sent' });
    return this.#types.map((type, at) => {
      const isNull = writer.f.local('i32', access.get(`${at}.null`, 'i32'));
      return { ...access.read(String(at), type), type: withNullable(type, true), isNull };
    });
  }

  write(writer: CodeWriter, layout: StateLayout, place: GroupPlace, values: readonly Value[]): void {
    const { f } = writer;
    const access = stateAccess(writer, layout, { ...place, prefix: 'sent' });
    f.do(i32.store8(place.row, i32.const(1), { offset: layout.field('isSent').offset }));
    for (const [at, value] of values.entries()) {
      f.do(access.set(`${at}.null`, writer.isNull(value)));
      f.if(i32.eqz(writer.isNull(value)), () => access.write(String(at), value));
    }
  }

  /** As if nothing had been sent. */
  forget({ f }: CodeWriter, layout: StateLayout, { row }: GroupPlace): void {
    f.do(i32.store8(row, i32.const(0), { offset: layout.field('isSent').offset }));
  }
}
