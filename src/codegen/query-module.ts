import { ProgramFunctionError } from '../functions/program/program-error.ts';
import type { HostCall, HostValue } from '../functions/scalar-function.ts';
import type { HostOptions, SessionSettings } from '../functions/value.ts';
import { Arena } from '../memory/arena.ts';
import { type Memory, pageShift } from '../memory/memory.ts';
import type { StoreTracker } from '../wasm/byte-writer.ts';
import type { FunctionRef } from '../wasm/function-builder.ts';
import { ModuleBuilder } from '../wasm/module-builder.ts';
import { type PlainReader, type PlainWriter, plainReader, plainWriter, readPlainValue } from './plain-value.ts';
import { ReusedBytes } from './reused-bytes.ts';
import { type FailureSite, RowFailure } from './row-failure.ts';

/** What an emitted function returns. */
export const status = { ok: 0, failed: 1 } as const;

/** A chunk holds the texts of a usual batch. */
const scratchChunkBytes = 1 << 16;

/** At most so many values are shown in one failure's message. */
const shownMax = 2;

/**
 * Places in the failure record: u32 site, u32 row, then the shown values, 24 bytes each (u32 isNull, 4 unused, 16 of
 * value).
 */
export const failureRecord = { site: 0, row: 4, shown: 8, shownBytes: 24 } as const;

/** In the place of a row's number: the failure is of none. */
export const noRow = -1;

/** A JavaScript function behind a built-in, with its types. */
interface HostFunction {
  readonly evaluate: (args: readonly HostValue[], call: HostCall) => HostValue;
  readonly call: HostCall;
  readonly readers: readonly PlainReader[];
  readonly write: PlainWriter;
  /** Where the arguments and then the result stand: 24 bytes each, as in the failure record. */
  readonly address: number;
  /** Where the bytes of results go. */
  readonly room: Pick<Arena, 'alloc'>;
}

/**
 * One emitted module while it is written, and all that it refers to: constants and records in the linear memory,
 * JavaScript functions, the places at which it can fail. `close` gives the memory back.
 */
export class QueryModule {
  readonly memory: Memory;
  readonly session: SessionSettings;
  /** Short-lived bytes (a CONCAT's result): given back when the next batch comes. */
  readonly scratch: Arena;
  /** 16 bytes for a kernel's second result. */
  readonly resultAddress: number;
  readonly failureAddress: number;
  /** Null once the module is assembled: what was written is several times what it became. */
  #builder: ModuleBuilder | null = new ModuleBuilder();
  readonly #owned: number[] = [];
  readonly #constants = new Map<string, number>();
  readonly #sites: FailureSite[] = [];
  readonly #hosts: HostFunction[] = [];
  readonly #callbacks: Record<string, (...args: never[]) => unknown> = {};
  readonly #rooms: ReusedBytes[] = [];
  /** What the last JavaScript function that failed threw. */
  #hostError: unknown = null;

  constructor(memory: Memory, session: SessionSettings) {
    this.memory = memory;
    this.session = session;
    if (memory.isTracked) this.builder.tracker = this.#tracker();
    this.scratch = new Arena(memory, scratchChunkBytes);
    this.resultAddress = this.own(16);
    this.failureAddress = this.own(failureRecord.shown + shownMax * failureRecord.shownBytes);
  }

  get builder(): ModuleBuilder {
    if (this.#builder === null) throw new Error('the module is assembled');
    return this.#builder;
  }

  #tracker(): StoreTracker {
    const touch = this.builder.imported('kernels', 'touchPages', ['i32', 'i32'], 'void');
    return { marks: this.memory.kernels.pageMarks(), pageShift, touch };
  }

  /** Memory that lives as long as the module. */
  own(bytes: number): number {
    const address = this.memory.alloc(bytes);
    this.memory.u8.fill(0, address, address + bytes);
    this.#owned.push(address);
    return address;
  }

  /** The address of constant bytes; equal ones are kept once. */
  constant(bytes: Uint8Array): number {
    const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const address = this.own(Math.max(bytes.length, 1));
    this.memory.u8.set(bytes, address);
    this.#constants.set(key, address);
    return address;
  }

  /** A place at which the code can stop; the number that the record then holds. */
  failureSite(site: FailureSite): number {
    this.#sites.push({ ...site, shown: site.shown.slice(0, shownMax) });
    return this.#sites.length - 1;
  }

  /** A function of the operator that the emitted code calls, such as `flush`. */
  callback<R extends 'i32' | 'f64' | 'void'>(
    name: string,
    params: readonly ('i32' | 'i64' | 'f64')[],
    result: R,
    implementation: (...args: never[]) => unknown,
  ): FunctionRef<R> {
    this.#callbacks[name] = implementation;
    return this.builder.imported('host', name, params, result);
  }

  /** Makes a JavaScript function callable: takes nothing, reads its arguments at `address`, gives a status. */
  host(
    evaluate: HostFunction['evaluate'],
    call: HostCall,
    { lives = 'batch' }: HostOptions = {},
  ): { readonly ref: FunctionRef<'i32'>; readonly address: number } {
    const address = this.own((call.argTypes.length + 1) * failureRecord.shownBytes);
    const room = lives === 'batch' ? this.scratch : new ReusedBytes(this.memory);
    if (room instanceof ReusedBytes) this.#rooms.push(room);
    const readers = call.argTypes.map(plainReader);
    const host: HostFunction = { evaluate, call, readers, write: plainWriter(call.type), address, room };
    this.#hosts.push(host);
    const ref = this.callback(`function${this.#hosts.length}`, [], 'i32', () => this.#callHost(host));
    return { ref, address };
  }

  /** @internal The exports of the assembled module. */
  instantiate(): WebAssembly.Exports {
    const bytes = this.builder.toBytes();
    this.#builder = null;
    this.#constants.clear();
    this.session.onModule?.(bytes);
    return this.memory.instantiate(bytes, { host: this.#callbacks }).exports;
  }

  /** The failure that the record holds, after a function returned `status.failed`. */
  failure(): RowFailure {
    const { u32, i32 } = this.memory;
    const site = this.#sites[u32[(this.failureAddress + failureRecord.site) >> 2] ?? 0];
    const number = i32[(this.failureAddress + failureRecord.row) >> 2] ?? noRow;
    const row = number === noRow ? null : number;
    if (site === undefined) throw new Error('the failure record names no site');
    const message = site.message.replace(/\{(\d)\}/g, (placeholder, digit: string) => {
      const type = site.shown[Number(digit)];
      if (type === undefined) return placeholder;
      const at = this.failureAddress + failureRecord.shown + Number(digit) * failureRecord.shownBytes;
      return shownText(readPlainValue(this.memory, at, type));
    });
    if (!message.includes('{host}')) return new RowFailure(message, site.span, row);
    const thrown = this.#hostError;
    this.#hostError = null;
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    const cause = thrown instanceof ProgramFunctionError ? thrown : null;
    return new RowFailure(
      message.replace('{host}', () => text),
      site.span,
      row,
      cause,
    );
  }

  close(): void {
    for (const address of this.#owned) this.memory.free(address);
    this.#owned.length = 0;
    for (const room of this.#rooms) room.release();
    this.scratch.release();
  }

  #callHost({ evaluate, call, readers, write, address, room }: HostFunction): number {
    const { memory } = this;
    const { view } = memory;
    const args = readers.map((read, at) => read(memory, view, address + at * failureRecord.shownBytes));
    try {
      const result = evaluate(args, call);
      if (result === null && !call.type.nullable) throw new Error('a value that is declared NOT NULL would be NULL');
      write(memory, view, address + args.length * failureRecord.shownBytes, result, room);
      return status.ok;
    } catch (error) {
      this.#hostError = error;
      return status.failed;
    }
  }
}

function shownText(value: HostValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString('hex')}'`;
  return String(value);
}
