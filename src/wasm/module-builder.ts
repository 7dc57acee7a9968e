import { ByteWriter, type Relocated, type StoreTracker } from './byte-writer.ts';
import { type Code, Global, type ValueType } from './code.ts';
import { FunctionBuilder, type FunctionRef, valueTypeByte } from './function-builder.ts';

interface Signature {
  readonly params: readonly ValueType[];
  readonly result: ValueType | 'void';
}

interface ImportedFunction {
  readonly module: string;
  readonly name: string;
  readonly ref: FunctionRef;
}

/** The largest memory a module may declare, in pages of 64 KiB: 4 GiB. */
export const memoryPagesMax = 65_536;

/**
 * Assembles one module that works on the engine's shared memory (imported as `env.memory`).
 * Source: WebAssembly Core Specification 2.0, section 5.5.
 */
export class ModuleBuilder {
  readonly #signatures: Signature[] = [];
  readonly #imports: ImportedFunction[] = [];
  readonly #functions: { builder: FunctionBuilder; signature: number; exportName: string | undefined }[] = [];
  readonly #globals: { type: ValueType; initial: Code<ValueType> }[] = [];
  /** Asked by the functions that are added from here on. */
  tracker: StoreTracker | null = null;

  /** A function that the instance is given under `module.name`; the same name twice is one import. */
  imported<R extends ValueType | 'void'>(
    module: string,
    name: string,
    params: readonly ValueType[],
    result: R,
  ): FunctionRef<R> {
    const known = this.#imports.find((entry) => entry.module === module && entry.name === name);
    if (known !== undefined) return known.ref as FunctionRef<R>;
    const ref: FunctionRef<R> = { kind: 'import', slot: this.#imports.length, params, result };
    this.#imports.push({ module, name, ref });
    return ref;
  }

  /** Adds a function; its body is written through `builder` at any time before `toBytes`. */
  function<R extends ValueType | 'void'>(
    params: readonly ValueType[],
    result: R,
    exportName?: string,
  ): { readonly builder: FunctionBuilder; readonly ref: FunctionRef<R> } {
    const builder = new FunctionBuilder(params, result, this.tracker);
    const ref: FunctionRef<R> = { kind: 'function', slot: this.#functions.length, params, result };
    this.#functions.push({ builder, signature: this.#signature({ params, result }), exportName });
    return { builder, ref };
  }

  /** A mutable global of this module. */
  global<T extends ValueType>(type: T, initial: Code<T>): Global<T> {
    this.#globals.push({ type, initial });
    return new Global(type, this.#globals.length - 1);
  }

  /** The module in the binary format. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const importSignatures = this.#imports.map(({ ref }) => this.#signature(ref));
    const indexOf = ({ kind, slot }: Relocated): number => (kind === 'import' ? slot : this.#imports.length + slot);
    const out = new ByteWriter();
    out.bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    this.#section(out, 1, (section) => {
      section.u32(this.#signatures.length);
      for (const { params, result } of this.#signatures) {
        section.byte(0x60);
        section.u32(params.length);
        for (const type of params) section.byte(valueTypeByte(type));
        section.u32(result === 'void' ? 0 : 1);
        if (result !== 'void') section.byte(valueTypeByte(result));
      }
    });
    this.#section(out, 2, (section) => {
      section.u32(this.#imports.length + 1);
      section.name('env');
      section.name('memory');
      // Shared, with a maximum.
      section.bytes([0x02, 0x03]);
      section.u32(1);
      section.u32(memoryPagesMax);
      for (const [slot, { module, name }] of this.#imports.entries()) {
        section.name(module);
        section.name(name);
        section.byte(0x00);
        section.u32(importSignatures[slot] ?? 0);
      }
    });
    this.#section(out, 3, (section) => {
      section.u32(this.#functions.length);
      for (const { signature } of this.#functions) section.u32(signature);
    });
    if (this.#globals.length > 0) {
      this.#section(out, 6, (section) => {
        section.u32(this.#globals.length);
        for (const { type, initial } of this.#globals) {
          section.byte(valueTypeByte(type));
          section.byte(0x01);
          initial.write(section);
          section.byte(0x0b);
        }
      });
    }
    this.#section(out, 7, (section) => {
      const exported = this.#functions.flatMap(({ exportName }, index) =>
        exportName === undefined ? [] : [{ exportName, index }],
      );
      section.u32(exported.length);
      for (const { exportName, index } of exported) {
        section.name(exportName);
        section.byte(0x00);
        section.u32(this.#imports.length + index);
      }
    });
    this.#section(out, 10, (section) => {
      section.u32(this.#functions.length);
      for (const { builder } of this.#functions) section.sized(builder.toBody(indexOf));
    });
    return out.toBytes();
  }

  #section(out: ByteWriter, id: number, write: (section: ByteWriter) => void): void {
    const section = new ByteWriter();
    write(section);
    out.byte(id);
    out.sized(section);
  }

  #signature(wanted: Signature): number {
    const known = this.#signatures.findIndex(
      ({ params, result }) =>
        result === wanted.result &&
        params.length === wanted.params.length &&
        params.every((type, at) => type === wanted.params[at]),
    );
    if (known >= 0) return known;
    this.#signatures.push(wanted);
    return this.#signatures.length - 1;
  }
}
