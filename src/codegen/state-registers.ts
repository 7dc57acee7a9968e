import type { StateAccess, StateField } from '../functions/aggregate-function.ts';
import type { Value } from '../functions/value.ts';
import type { Code, Local, ValueType } from '../wasm/code.ts';
import { setLocal } from '../wasm/function-builder.ts';
import type { CodeWriter } from './expression-writer.ts';
import { loadParts, storeParts } from './memory-value.ts';
import type { StateLayout } from './state-layout.ts';
import { partTypes } from './value-parts.ts';

/**
 * Fields of one state row that stay in locals while a batch is processed. An accumulator in memory makes each row wait
 * for the store of the row before.
 */
export class StateRegisters {
  readonly #writer: CodeWriter;
  readonly #layout: StateLayout;
  readonly #fields = new Map<string, readonly Local[]>();

  /** @param fields of a fixed width: no texts */
  constructor(writer: CodeWriter, layout: StateLayout, fields: readonly StateField[]) {
    this.#writer = writer;
    this.#layout = layout;
    for (const { name, physical } of fields) {
      this.#fields.set(
        name,
        partTypes(physical).map((part) => writer.f.local(part)),
      );
    }
  }

  has(name: string): boolean {
    return this.#fields.has(name);
  }

  /** Takes the fields of a row. */
  load(row: Local<'i32'>): void {
    const { f } = this.#writer;
    for (const [name, parts] of this.#fields) {
      const { physical, offset } = this.#layout.field(name);
      for (const [at, part] of loadParts(physical, row, offset).entries()) f.set(parts[at] as Local, part);
    }
  }

  /** Puts them back. */
  store(row: Local<'i32'>): void {
    for (const [name, parts] of this.#fields) {
      const { physical, offset } = this.#layout.field(name);
      this.#writer.f.do(...storeParts(physical, row, parts, offset));
    }
  }

  /** The fields whose names start with `prefix`. */
  access(prefix: string): StateAccess {
    const writer = this.#writer;
    const partsOf = (name: string): readonly Local[] => {
      const parts = this.#fields.get(prefix + name);
      if (parts === undefined) throw new Error(`${prefix}${name} is in no local`);
      return parts;
    };
    const only = (name: string): Local => {
      const [part, ...others] = partsOf(name);
      if (part === undefined || others.length > 0) throw new Error(`${name} has several parts`);
      return part;
    };
    const noText = (): never => {
      throw new Error('a text is in no local');
    };
    return {
      get<T extends ValueType>(name: string, type: T): Code<T> {
        const part = only(name);
        if (part.type !== type) throw new Error(`${name} is ${part.type}, not ${type}`);
        return part as Local<T>;
      },
      set: (name, value) => setLocal(only(name), value),
      // A copy: the field may change while the value is used.
      read: (name, type) => writer.value(type, null, ...partsOf(name)),
      write(name: string, value: Value): void {
        for (const [at, part] of partsOf(name).entries()) writer.f.set(part, value.parts[at] as Local);
      },
      append: noText,
      listAdd: noText,
      listAddAll: noText,
      list: noText,
    };
  }
}
