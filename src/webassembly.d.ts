/**
 * The part of the WebAssembly JavaScript API that the engine uses. TypeScript keeps it in its DOM library,
 * whose other globals (`name`, `event`, `status`, ...) would hide mistakes here.
 * Source: W3C WebAssembly JavaScript Interface, with the threads proposal's `shared`.
 */
declare namespace WebAssembly {
  type ImportExportKind = 'function' | 'global' | 'memory' | 'table' | 'tag';
  type Callable = (...args: never) => unknown;
  type ExportValue = Callable | Global | Memory | Table;
  type ModuleImports = Record<string, Callable | Global | Memory | Table | number | bigint>;
  type Imports = Record<string, ModuleImports>;
  type Exports = Record<string, ExportValue>;

  interface MemoryDescriptor {
    /** Pages of 64 KiB. */
    initial: number;
    /** Pages of 64 KiB; required when shared. */
    maximum?: number;
    shared?: boolean;
  }
  class Memory {
    constructor(descriptor: MemoryDescriptor);
    readonly buffer: ArrayBuffer | SharedArrayBuffer;
    /** Grows by `delta` pages and returns the former number of pages. */
    grow(delta: number): number;
  }

  interface GlobalDescriptor {
    value: 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'externref' | 'anyfunc';
    mutable?: boolean;
  }
  class Global {
    constructor(descriptor: GlobalDescriptor, value?: number | bigint);
    value: number | bigint;
  }

  interface TableDescriptor {
    element: 'anyfunc' | 'externref';
    initial: number;
    maximum?: number;
  }
  class Table {
    constructor(descriptor: TableDescriptor);
    readonly length: number;
    get(index: number): Callable | null;
    set(index: number, value: Callable | null): void;
    grow(delta: number): number;
  }

  class Module {
    constructor(bytes: ArrayBufferView<ArrayBufferLike> | ArrayBuffer);
    static exports(module: Module): { name: string; kind: ImportExportKind }[];
    static imports(module: Module): { module: string; name: string; kind: ImportExportKind }[];
  }
  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Exports;
  }

  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}

  function validate(bytes: ArrayBufferView<ArrayBufferLike> | ArrayBuffer): boolean;
  function compile(bytes: ArrayBufferView<ArrayBufferLike> | ArrayBuffer): Promise<Module>;
  function instantiate(module: Module, imports?: Imports): Promise<Instance>;
}
