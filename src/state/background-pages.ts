import { Worker } from 'node:worker_threads';
import type { Memory } from '../memory/memory.ts';
import { alignedBlockBytes } from './aligned-block.ts';
import { pageBytes } from './page-blob.ts';
import type { PageOrder, PageReply } from './page-thread.ts';

/** What another thread has written. */
export interface PagesInFile {
  readonly bytes: number;
  readonly pages: Uint32Array;
}

/** A file that could not be written; `pages` had been taken by then. */
export class PagesNotWritten extends Error {
  readonly code: string | undefined;
  readonly pages: Uint32Array;

  constructor(message: string, code: string | undefined, pages: Uint32Array) {
    super(message);
    this.code = code;
    this.pages = pages;
  }
}

/**
 * A thread that writes the pages of large checkpoints, while the job goes on in its own.
 *
 * ```
 * job      ── take ──►           (puts aside what it is about to write)   ── copies ──►
 * thread              due pages ─► block ─► file                 ── taken ──►           ─► file ─► disk ── written ──►
 * ```
 */
export class BackgroundPages {
  readonly #worker: Worker;
  #hasEnded = false;
  #settle: { readonly resolve: (reply: PageReply) => void; readonly reject: (error: Error) => void } | null = null;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (reply: PageReply) => this.#settle?.resolve(reply));
    // What it had taken by then is not known: such an error has no code, and no job goes on behind it.
    worker.on('error', (error) => this.#end(`has failed: ${(error as Error).message}`));
    worker.on('exit', (code) => this.#end(`has ended (${code})`));
  }

  /** Null where there can be none: a program that was bundled with this one may lack the thread's file. */
  static async start(): Promise<BackgroundPages | null> {
    const name = import.meta.url.endsWith('.ts') ? './page-thread.ts' : './page-thread.js';
    try {
      const thread = new BackgroundPages(new Worker(new URL(name, import.meta.url), { execArgv: [] }));
      await thread.#reply();
      // Until then it is waited for; from here on it is in nobody's way when the process ends.
      thread.#worker.unref();
      return thread;
    } catch {
      return null;
    }
  }

  /**
   * Writes what is due in ranges of pages, and then the copies that were put aside, into a new file; resolves when the disk
   * has it. `unwanted`: not 0 as soon as nobody wants the file any more.
   * @throws PagesNotWritten
   */
  async write(
    memory: Memory,
    ranges: readonly (readonly [first: number, end: number])[],
    path: string,
    unwanted: Int32Array,
  ): Promise<PagesInFile> {
    const { kernels, wasm } = memory;
    const marks = kernels.pageMarks() >>> 0;
    const room = memory.alloc(alignedBlockBytes + pageBytes);
    const block = Math.ceil(room / pageBytes) * pageBytes;
    this.#worker.ref();
    const addresses: number[] = [];
    try {
      let reply = await this.#ask({ kind: 'take', memory: wasm, marks, ranges, path, block, unwanted });
      if (reply.kind === 'taken') {
        for (let at = kernels.pagesCopies() >>> 0; at !== 0; at = kernels.pagesCopies() >>> 0) addresses.push(at);
        reply = await this.#ask({ kind: 'copies', memory: wasm, addresses });
      }
      if (reply.kind === 'written') return reply;
      if (reply.kind === 'failed') throw new PagesNotWritten(reply.message, reply.code, reply.pages);
      throw new Error(`the thread of the checkpoints says "${reply.kind}"`);
    } finally {
      kernels.free(room);
      for (const address of addresses) kernels.free(address);
      this.#worker.unref();
    }
  }

  /** It takes no orders any more. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #end(how: string): void {
    this.#hasEnded = true;
    this.#settle?.reject(new Error(`the thread of the checkpoints ${how}`));
  }

  #ask(order: PageOrder): Promise<PageReply> {
    this.#worker.postMessage(order);
    return this.#reply();
  }

  #reply(): Promise<PageReply> {
    return new Promise<PageReply>((resolve, reject) => {
      this.#settle = { resolve, reject };
    }).finally(() => {
      this.#settle = null;
    });
  }
}
