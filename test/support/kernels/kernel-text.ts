import { Memory } from '../../../src/memory/memory.ts';

/** The kernels with places in memory for texts, for tests that call them directly. */
export class KernelText {
  readonly memory = Memory.create();
  readonly #exports: Readonly<Record<string, (...args: (number | bigint)[]) => number | bigint>>;
  readonly #inputs = Array.from({ length: 4 }, () => this.memory.alloc(4096));
  readonly output = this.memory.alloc(65_536);
  readonly result = this.memory.alloc(16);

  constructor() {
    this.#exports = this.memory.exports as never;
  }

  call(name: string, ...args: (number | bigint)[]): number {
    return Number(this.callWide(name, ...args));
  }

  callWide(name: string, ...args: (number | bigint)[]): number | bigint {
    const kernel = this.#exports[name];
    if (kernel === undefined) throw new Error(`no kernel ${name}`);
    return kernel(...args);
  }

  /** Puts texts down: address and length of each, as arguments. */
  put(...texts: readonly string[]): number[] {
    return texts.flatMap((text, at) => {
      const bytes = Buffer.from(text, 'utf8');
      const address = this.#inputs[at] ?? 0;
      this.memory.u8.set(bytes, address);
      return [address, bytes.length];
    });
  }

  text(address: number, length: number): string {
    return this.memory.text(address >>> 0, length);
  }

  written(length: number): string {
    return this.text(this.output, length);
  }

  /** A view that a kernel gave: the address in the low half, the length in the high half. */
  view(packed: number | bigint): string {
    const value = BigInt.asUintN(64, BigInt(packed));
    return this.text(Number(value & 0xffff_ffffn), Number(value >> 32n));
  }

  resultI32(): number {
    return new DataView(this.memory.wasm.buffer).getInt32(this.result, true);
  }

  resultI64(): bigint {
    return new DataView(this.memory.wasm.buffer).getBigInt64(this.result, true);
  }

  resultI128(): bigint {
    const view = new DataView(this.memory.wasm.buffer);
    return (view.getBigInt64(this.result + 8, true) << 64n) | view.getBigUint64(this.result, true);
  }
}
