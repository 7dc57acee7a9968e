import { kernelModule } from './kernel-modules.ts';
import type { Kernels } from './kernels.ts';

/** Pages of 64 KiB: 2 MiB at first, one of them the marks of pages, and 4 GiB at most. */
const pagesInitial = 32;
const pagesMax = 65_536;

const pageBytes = 65_536;

/** Of the pages that snapshots are made of: 4 KiB (src/kernels/page-marks.ts). */
export const pageShift = 12;

/** There is no room for what is to be loaded. */
export class MemoryExhausted extends Error {
  constructor() {
    super('the memory may not grow so far');
    this.name = 'MemoryExhausted';
  }
}

/**
 * The engine's linear memory with the kernels over it: all batches and all state of one job.
 *
 * Addresses are numbers 0 .. 2^32 - 1. The views reach to the memory's present end: they are made anew after it has
 * grown, so they are taken again (`memory.u8`) after anything that may allocate; older ones stay valid for what they
 * cover. Asking for a view costs some 20 ns: take it out of a loop.
 */
export class Memory {
  /** @internal Node's types have no WebAssembly: it is kept out of those of the package. */
  readonly wasm: WebAssembly.Memory;
  readonly kernels: Kernels;
  /** Emitted code tells which pages of the state it changes: snapshots may be made. */
  readonly isTracked: boolean;
  /** @internal Every export of the kernels, by name. */
  readonly exports: WebAssembly.Exports;
  /** The buffers that the memory has had; all of them show the same bytes. */
  readonly #buffers = new WeakSet<SharedArrayBuffer>();
  #pages: number;
  #pagesLimit = pagesMax;
  #buffer: SharedArrayBuffer;
  #u8: Uint8Array<SharedArrayBuffer>;
  #bytes: Buffer<SharedArrayBuffer>;
  #u16: Uint16Array<SharedArrayBuffer> | undefined;
  #i32: Int32Array<SharedArrayBuffer> | undefined;
  #u32: Uint32Array<SharedArrayBuffer> | undefined;
  #i64: BigInt64Array<SharedArrayBuffer> | undefined;
  #u64: BigUint64Array<SharedArrayBuffer> | undefined;
  #f32: Float32Array<SharedArrayBuffer> | undefined;
  #f64: Float64Array<SharedArrayBuffer> | undefined;
  #view: DataView<SharedArrayBuffer> | undefined;

  private constructor(wasm: WebAssembly.Memory, exports: WebAssembly.Exports, isTracked: boolean) {
    this.wasm = wasm;
    this.isTracked = isTracked;
    this.exports = exports;
    this.kernels = exports as unknown as Kernels;
    this.#pages = this.kernels.memoryPages();
    this.#buffer = wasm.buffer as SharedArrayBuffer;
    this.#buffers.add(this.#buffer);
    this.#u8 = new Uint8Array(this.#buffer);
    this.#bytes = Buffer.from(this.#buffer);
  }

  /** @throws Error when the kernels have not been built. */
  static create({ isTracked = false }: { readonly isTracked?: boolean } = {}): Memory {
    const wasm = new WebAssembly.Memory({ initial: pagesInitial, maximum: pagesMax, shared: true });
    const { exports } = new WebAssembly.Instance(kernelModule('kernels'), { env: { memory: wasm } });
    return new Memory(wasm, exports, isTracked);
  }

  /** @internal Loads emitted code onto this memory: it may import `env.memory`, any kernel from `kernels`, and the given functions. */
  instantiate(moduleBytes: Uint8Array, imports: WebAssembly.Imports = {}): WebAssembly.Instance {
    return new WebAssembly.Instance(new WebAssembly.Module(moduleBytes), {
      ...imports,
      env: { ...imports.env, memory: this.wasm },
      kernels: this.exports,
    });
  }

  /** Room for so many bytes, 16-byte aligned, not zeroed. */
  alloc(bytes: number): number {
    return this.kernels.alloc(bytes) >>> 0;
  }

  /** It grows to so many bytes at most, from here on: what would need more traps, or throws. What it has it keeps. */
  limit(bytes: number): void {
    this.#pagesLimit = Math.min(pagesMax, Math.floor(bytes / pageBytes));
    this.kernels.limitMemory(this.#pagesLimit);
  }

  /** Adds pages of 64 KiB at the end, which no heap has. @throws MemoryExhausted */
  grow(pages: number): void {
    if (this.kernels.memoryPages() + pages > this.#pagesLimit) throw new MemoryExhausted();
    if (pages > 0) this.wasm.grow(pages);
    this.#refresh();
  }

  /** As `alloc`, zeroed, for what snapshots hold. */
  stateAlloc(bytes: number): number {
    const address = this.kernels.stateAlloc(bytes) >>> 0;
    this.touch(address, bytes);
    this.u8.fill(0, address, address + bytes);
    return address;
  }

  /** Bytes of the state are about to be changed from here. */
  touch(address: number, bytes: number): void {
    this.kernels.touchPages(address, bytes);
  }

  free(address: number): void {
    this.kernels.free(address);
  }

  /** How far it may grow. */
  get limitBytes(): number {
    return this.#pagesLimit * pageBytes;
  }

  /** Whether it was once asked for more than it may have: what was at work then is not whole, and it is of no use any more. */
  get isExhausted(): boolean {
    return this.kernels.allocFailedBytes() > 0;
  }

  /** Bytes taken by `alloc` and by all state. */
  get allocatedBytes(): number {
    return Number(this.kernels.allocatedBytes());
  }

  get u8(): Uint8Array<SharedArrayBuffer> {
    this.#refresh();
    return this.#u8;
  }

  /** All of the memory as a Node Buffer, for what Buffer alone does fast. */
  get bytes(): Buffer<SharedArrayBuffer> {
    this.#refresh();
    return this.#bytes;
  }

  get u16(): Uint16Array<SharedArrayBuffer> {
    this.#refresh();
    this.#u16 ??= new Uint16Array(this.#buffer);
    return this.#u16;
  }

  get i32(): Int32Array<SharedArrayBuffer> {
    this.#refresh();
    this.#i32 ??= new Int32Array(this.#buffer);
    return this.#i32;
  }

  get u32(): Uint32Array<SharedArrayBuffer> {
    this.#refresh();
    this.#u32 ??= new Uint32Array(this.#buffer);
    return this.#u32;
  }

  get i64(): BigInt64Array<SharedArrayBuffer> {
    this.#refresh();
    this.#i64 ??= new BigInt64Array(this.#buffer);
    return this.#i64;
  }

  get u64(): BigUint64Array<SharedArrayBuffer> {
    this.#refresh();
    this.#u64 ??= new BigUint64Array(this.#buffer);
    return this.#u64;
  }

  get f32(): Float32Array<SharedArrayBuffer> {
    this.#refresh();
    this.#f32 ??= new Float32Array(this.#buffer);
    return this.#f32;
  }

  get f64(): Float64Array<SharedArrayBuffer> {
    this.#refresh();
    this.#f64 ??= new Float64Array(this.#buffer);
    return this.#f64;
  }

  /** For values that may lie anywhere: parts of nested ones. */
  get view(): DataView<SharedArrayBuffer> {
    this.#refresh();
    this.#view ??= new DataView(this.#buffer);
    return this.#view;
  }

  /** Whether a view made from this memory, also before it grew, has this buffer. Its `byteOffset` is then an address. */
  owns(buffer: ArrayBufferLike): boolean {
    this.#refresh();
    return this.#buffers.has(buffer as SharedArrayBuffer);
  }

  /** UTF-8 bytes as a string; what is not UTF-8 becomes U+FFFD. */
  text(address: number, length: number): string {
    if (length === 0) return '';
    if (address + length > this.#bytes.length) this.#refresh();
    return this.#bytes.toString('utf8', address, address + length);
  }

  /** A copy of bytes, outside the memory. */
  copyOut(address: number, length: number): Uint8Array<ArrayBuffer> {
    if (address + length > this.#u8.length) this.#refresh();
    const copy = new Uint8Array(length);
    copy.set(this.#u8.subarray(address, address + length));
    return copy;
  }

  #refresh(): void {
    const pages = this.kernels.memoryPages();
    if (pages === this.#pages) return;
    this.#pages = pages;
    const buffer = this.wasm.buffer as SharedArrayBuffer;
    this.#buffer = buffer;
    this.#buffers.add(buffer);
    this.#u8 = new Uint8Array(buffer);
    this.#bytes = Buffer.from(buffer);
    this.#u16 = undefined;
    this.#i32 = undefined;
    this.#u32 = undefined;
    this.#i64 = undefined;
    this.#u64 = undefined;
    this.#f32 = undefined;
    this.#f64 = undefined;
    this.#view = undefined;
  }
}
