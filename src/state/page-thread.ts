import { parentPort } from 'node:worker_threads';
import { AlignedBlock } from './aligned-block.ts';
import { DirectFile } from './direct-file.ts';
import { copiesIn, pageBytes } from './page-blob.ts';

/** Takes the pages that are due, and begins a file with them. */
export interface TakePages {
  readonly kind: 'take';
  readonly memory: WebAssembly.Memory;
  /** Address of the marks: a byte a page (kernels/pages.ts). */
  readonly marks: number;
  /** Of pages. */
  readonly ranges: readonly (readonly [first: number, end: number])[];
  /** Of a file that is not there yet. */
  readonly path: string;
  /** Of an aligned block, for as long as the file is written. */
  readonly block: number;
  /** Not 0: nobody wants the file any more. */
  readonly unwanted: Int32Array;
}

/** Adds copies that writes have put aside, and ends the file. */
export interface WriteCopies {
  readonly kind: 'copies';
  readonly memory: WebAssembly.Memory;
  /** Of blocks of copies (kernels/pages.ts). */
  readonly addresses: readonly number[];
}

export type PageOrder = TakePages | WriteCopies;

export type PageReply =
  | { readonly kind: 'ready' }
  /** Nothing is due any more: what was touched in time has been put aside. */
  | { readonly kind: 'taken' }
  /** The disk has the file. */
  | { readonly kind: 'written'; readonly bytes: number; readonly pages: Uint32Array<ArrayBuffer> }
  /** `pages`: what was taken by then, and is due no more. */
  | {
      readonly kind: 'failed';
      readonly code: string | undefined;
      readonly message: string;
      readonly pages: Uint32Array<ArrayBuffer>;
    };

/** Marks, as in kernels/page-marks.ts. */
const [unchanged, due, taking] = [0, 2, 3];

/** One file of pages. */
class PageFileWriter {
  readonly #file: DirectFile;
  readonly #unwanted: Int32Array;
  readonly #block: AlignedBlock;
  #pages = new Uint32Array(4096);
  #pageCount = 0;
  #bytes = 0;

  constructor({ memory, path, block, unwanted }: TakePages) {
    this.#unwanted = unwanted;
    this.#block = new AlignedBlock(memory, block);
    this.#file = new DirectFile(path);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get pages(): Uint32Array<ArrayBuffer> {
    return this.#pages.slice(0, this.#pageCount);
  }

  /** Of a page that is due one has the copying: this thread, or who is about to write to it. */
  take({ memory, marks, ranges }: TakePages): void {
    const bytes = new Uint8Array(memory.buffer);
    for (const [first, end] of ranges) {
      for (let page = first; page < end; page++) {
        if (bytes[marks + page] !== due) continue;
        if (Atomics.compareExchange(bytes, marks + page, due, taking) !== due) continue;
        this.#add(page, page * pageBytes);
        Atomics.store(bytes, marks + page, unchanged);
        this.#writeFull();
      }
    }
  }

  copies({ memory, addresses }: WriteCopies): void {
    const bytes = new Uint8Array(memory.buffer);
    for (const address of addresses) {
      for (const { page, from } of copiesIn(bytes, address)) {
        this.#add(page, from);
        this.#writeFull();
      }
    }
  }

  end(): void {
    if (!this.#block.isEmpty) this.#write();
    this.#check();
    this.#file.sync();
  }

  close(): void {
    this.#file.close();
  }

  #add(page: number, from: number): void {
    if (this.#pageCount === this.#pages.length) {
      const wider = new Uint32Array(this.#pageCount * 2);
      wider.set(this.#pages);
      this.#pages = wider;
    }
    this.#pages[this.#pageCount++] = page;
    this.#block.add(page, from);
  }

  #writeFull(): void {
    if (!this.#block.isFull) return;
    this.#check();
    this.#write();
  }

  #check(): void {
    if (Atomics.load(this.#unwanted, 0) !== 0) throw new Error('nobody wants the file any more');
  }

  #write(): void {
    const block = this.#block.take();
    this.#file.write(block, this.#bytes);
    this.#bytes += block.length;
  }
}

/** Of the file that is being written. */
let writer: PageFileWriter | null = null;

function reply(message: PageReply): void {
  parentPort?.postMessage(message);
}

function obey(order: PageOrder): void {
  try {
    if (order.kind === 'take') {
      writer = new PageFileWriter(order);
      writer.take(order);
      reply({ kind: 'taken' });
      return;
    }
    if (writer === null) throw new Error('no file was begun');
    writer.copies(order);
    writer.end();
    const { bytes, pages } = writer;
    writer.close();
    writer = null;
    reply({ kind: 'written', bytes, pages });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const pages = writer?.pages ?? new Uint32Array(0);
    closeFailed();
    reply({ kind: 'failed', code, message, pages });
  }
}

/** The file is taken away: what else is wrong with it matters no more. */
function closeFailed(): void {
  const failed = writer;
  writer = null;
  try {
    failed?.close();
  } catch {
    // Told already.
  }
}

parentPort?.on('message', obey);
reply({ kind: 'ready' });
