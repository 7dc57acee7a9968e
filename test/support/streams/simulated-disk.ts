import { dirname } from 'node:path';
import type { ReadableFile, StreamFiles, WritableFile } from '../../../src/streams/stream-environment.ts';
import type { Random } from './random.ts';

/** What happens to an operation. A crash stops the whole machine: nothing after it is done. */
export type Fault = 'none' | 'crash' | 'no space' | 'error';

export interface Operation {
  readonly kind: 'write' | 'sync' | 'truncate' | 'create' | 'rename' | 'remove' | 'folder' | 'sync folder';
  readonly path: string;
}

type Pending = { readonly at: number; readonly bytes: Buffer } | { readonly size: number };

/** A file: what programs see, what is on the disk, and what lies between. */
class Node {
  seen = Buffer.alloc(0);
  disk = Buffer.alloc(0);
  pending: Pending[] = [];

  apply(op: Pending): void {
    this.seen = changed(this.seen, op);
    this.pending.push(op);
  }

  sync(): void {
    this.disk = Buffer.from(this.seen);
    this.pending = [];
  }

  /** The disk has written some of what was pending: any sectors of it, in any order. */
  syncPartly(random: Random): void {
    for (const op of this.pending) {
      if ('size' in op) {
        if (random.chance(0.5)) this.disk = changed(this.disk, op);
        continue;
      }
      const all = random.chance(0.3);
      for (let from = 0; from < op.bytes.length; from += sectorBytes) {
        if (!all && random.chance(0.5)) continue;
        const to = Math.min(op.bytes.length, from + sectorBytes);
        this.disk = changed(this.disk, { at: op.at + from, bytes: op.bytes.subarray(from, to) });
      }
    }
    this.pending = [];
  }
}

const sectorBytes = 64;

function changed(content: Buffer, op: Pending): Buffer<ArrayBuffer> {
  const size = 'size' in op ? op.size : Math.max(content.length, op.at + op.bytes.length);
  const next = Buffer.alloc(size);
  content.copy(next);
  if ('bytes' in op) op.bytes.copy(next, op.at);
  return next;
}

/** A name's change that the folder's next sync makes durable. */
interface NameChange {
  readonly path: string;
  readonly node: Node | null;
}

/**
 * A disk that keeps its word and no more: what was not synced may be lost, in any order, sectors of one write apart.
 * Its faults are asked for before each operation.
 */
export class SimulatedDisk implements StreamFiles {
  readonly #random: Random;
  readonly #fault: (operation: Operation) => Fault;
  #names = new Map<string, Node>();
  #durableNames = new Map<string, Node>();
  #changes: NameChange[] = [];
  #watches: { readonly path: string; readonly onChange: () => void }[] = [];
  #hasCrashed = false;

  constructor(random: Random, fault: (operation: Operation) => Fault = () => 'none') {
    this.#random = random;
    this.#fault = fault;
  }

  get hasCrashed(): boolean {
    return this.#hasCrashed;
  }

  /** Stops the machine between two operations. */
  crash(): void {
    this.#hasCrashed = true;
  }

  /** Another disk with the same files, all of them written; `random` is of what happens to it. */
  copy(random: Random, fault: (operation: Operation) => Fault = () => 'none'): SimulatedDisk {
    const copied = new SimulatedDisk(random, fault);
    for (const [path, { seen }] of this.#names) {
      const node = new Node();
      node.apply({ at: 0, bytes: seen });
      node.sync();
      copied.#names.set(path, node);
      copied.#durableNames.set(path, node);
    }
    return copied;
  }

  /** The disk as it is found after the power was cut. */
  afterCrash(fault: (operation: Operation) => Fault = () => 'none'): SimulatedDisk {
    const random = this.#random;
    const found = new SimulatedDisk(random, fault);
    // A journal keeps the order of names: some of the last are lost.
    const kept = random.int(this.#changes.length + 1);
    const names = new Map(this.#durableNames);
    for (const change of this.#changes.slice(0, kept)) applyName(names, change);
    for (const [path, node] of names) {
      const copy = new Node();
      copy.disk = node.disk;
      copy.pending = node.pending;
      copy.syncPartly(random);
      copy.seen = Buffer.from(copy.disk);
      found.#names.set(path, copy);
      found.#durableNames.set(path, copy);
    }
    return found;
  }

  /** The disk as the next process finds it when this one was killed: nothing is lost. */
  afterKill(fault: (operation: Operation) => Fault = () => 'none'): SimulatedDisk {
    const found = new SimulatedDisk(this.#random, fault);
    found.#names = this.#names;
    found.#durableNames = this.#durableNames;
    found.#changes = this.#changes;
    return found;
  }

  /** Changes a byte of a file behind everybody's back. */
  damage(path: string, offset: number): void {
    const node = this.#node(path);
    node.seen[offset] = (node.seen[offset] ?? 0) ^ 0x55;
    node.disk = Buffer.from(node.seen);
  }

  paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  async makeFolder(path: string): Promise<void> {
    await this.#step({ kind: 'folder', path });
  }

  list(path: string): readonly string[] {
    const prefix = `${path}/`;
    const names = [...this.#names.keys()].flatMap((each) =>
      each.startsWith(prefix) ? (each.slice(prefix.length).split('/')[0] ?? []) : [],
    );
    return [...new Set(names)].sort();
  }

  readAll(path: string): Uint8Array | null {
    const node = this.#names.get(path);
    return node === undefined ? null : Buffer.from(node.seen);
  }

  openToRead(path: string): ReadableFile | null {
    return this.#names.has(path) ? this.#open(path) : null;
  }

  openToWrite(path: string): WritableFile {
    return this.#open(path);
  }

  create(path: string): WritableFile {
    this.#now({ kind: 'create', path });
    if (this.#names.has(path)) throw Object.assign(new Error(`${path} exists`), { code: 'EEXIST' });
    this.#change({ path, node: new Node() });
    return this.#open(path);
  }

  createWhole(path: string, content: Uint8Array): boolean {
    this.#now({ kind: 'create', path });
    if (this.#names.has(path)) return false;
    const node = new Node();
    node.apply({ at: 0, bytes: Buffer.from(content) });
    this.#change({ path, node });
    return true;
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#step({ kind: 'rename', path: to });
    const moved = [...this.#names].filter(([path]) => path === from || path.startsWith(`${from}/`));
    if (moved.length === 0) throw Object.assign(new Error(`no ${from}`), { code: 'ENOENT' });
    // Both names change at once: one entry of the journal each, in this order, would lose the file between.
    for (const [path, node] of moved) {
      this.#change({ path: to + path.slice(from.length), node });
      this.#change({ path, node: null });
    }
  }

  async remove(path: string): Promise<void> {
    await this.#step({ kind: 'remove', path });
    for (const each of [...this.#names.keys()]) {
      if (each === path || each.startsWith(`${path}/`)) this.#change({ path: each, node: null });
    }
  }

  async syncFolder(path: string): Promise<void> {
    await this.#step({ kind: 'sync folder', path });
    const isWithin = (change: NameChange) => dirname(change.path) === path || change.path.startsWith(`${path}/`);
    for (const change of this.#changes) if (isWithin(change)) applyName(this.#durableNames, change);
    this.#changes = this.#changes.filter((change) => !isWithin(change));
  }

  watch(path: string, onChange: () => void): () => void {
    const watch = { path, onChange };
    this.#watches.push(watch);
    return () => {
      this.#watches = this.#watches.filter((each) => each !== watch);
    };
  }

  #node(path: string): Node {
    const node = this.#names.get(path);
    if (node === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    return node;
  }

  #change(change: NameChange): void {
    applyName(this.#names, change);
    this.#changes.push(change);
    this.#changed(change.path);
  }

  #changed(path: string): void {
    for (const watch of this.#watches) if (dirname(path) === watch.path) watch.onChange();
  }

  /** Lets others run for a while, then does the operation or its fault. */
  async #step(operation: Operation): Promise<Fault> {
    for (let turns = this.#random.int(4); turns > 0; turns--) await Promise.resolve();
    return this.#now(operation);
  }

  #now(operation: Operation): Fault {
    if (this.#hasCrashed) throw new Error('the machine has crashed');
    const fault = this.#fault(operation);
    if (fault === 'crash') this.#hasCrashed = true;
    if (fault === 'none' || operation.kind === 'write' || operation.kind === 'sync') return fault;
    throw faultError(fault, operation);
  }

  #open(path: string): WritableFile {
    const node = this.#node(path);
    const file: WritableFile = {
      size: () => node.seen.length,
      // Behind the end there is nothing, as of a file that is whole.
      read: (target, position) => (position >= node.seen.length ? 0 : node.seen.copy(target, 0, position)),
      write: async (bytes, at) => {
        const operation: Operation = { kind: 'write', path };
        // The bytes are those of the call, whatever the caller does with them while it waits.
        const copy = Buffer.from(bytes);
        const fault = await this.#step(operation);
        // What fails, or is cut short, may have written a part.
        const written = fault === 'none' ? copy.length : this.#random.int(copy.length + 1);
        node.apply({ at, bytes: copy.subarray(0, written) });
        this.#changed(path);
        if (fault !== 'none') throw faultError(fault, operation);
      },
      writeSynced: async (bytes, at) => {
        await file.write(bytes, at);
        await file.sync();
      },
      truncate: async (size) => {
        await this.#step({ kind: 'truncate', path });
        node.apply({ size });
        this.#changed(path);
      },
      sync: async () => {
        const operation: Operation = { kind: 'sync', path };
        const fault = await this.#step(operation);
        if (fault === 'none') {
          node.sync();
          return;
        }
        // The pages that could not be written are taken for clean: nobody will write them again.
        if (fault !== 'crash') node.syncPartly(this.#random);
        throw faultError(fault, operation);
      },
      close: () => {},
    };
    return file;
  }
}

function applyName(names: Map<string, Node>, { path, node }: NameChange): void {
  if (node === null) names.delete(path);
  else names.set(path, node);
}

function faultError(fault: Fault, { kind, path }: Operation): Error {
  const error = new Error(`${fault} at ${kind} of ${path}`);
  return fault === 'crash' ? error : Object.assign(error, { code: fault === 'no space' ? 'ENOSPC' : 'EIO' });
}
