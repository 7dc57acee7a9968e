import { HeldCommit, type HeldCommitParts } from './held-commit.ts';
import type { Held, ShardEnds } from './held-folder.ts';
import { storageError } from './stream-error.ts';

export interface HeldCommitsParts extends Omit<HeldCommitParts, 'router'> {
  readonly router: () => HeldCommitParts['router'];
  /** Does it while nothing else is put. @throws StreamError where nothing can be put at all */
  readonly alone: (work: () => Promise<void>) => Promise<void>;
}

/** The commits of a stream's held records, one at a time. One that failed is ended before anything else is put. */
export class HeldCommits {
  readonly #parts: HeldCommitsParts;
  #unfinished: HeldCommit | null = null;

  constructor(parts: HeldCommitsParts) {
    this.#parts = parts;
  }

  /** Whether perhaps some records of a commit were put, and not all. */
  get isUnfinished(): boolean {
    return this.#unfinished !== null;
  }

  /** Of a stream that is opened: what was begun is ended, what was not begun waits for its producer. */
  async takeUp(): Promise<void> {
    const { folder } = this.#parts;
    await folder.tidy();
    for (const name of folder.complete()) {
      const begun = folder.begun(name);
      if (begun !== null) await this.#run(this.#commitOf(begun.held, begun.ends));
    }
  }

  /** Puts what is held; where that was done before, nothing happens. @throws StreamError where it could not be ended */
  async commit(held: Held): Promise<void> {
    if (!this.#parts.folder.has(held)) return;
    const commit = this.#commitOf(held, null);
    commit.check();
    await this.#run(commit);
  }

  /** Tries once more what has failed. @throws StreamError */
  async finish(): Promise<void> {
    if (this.#unfinished !== null) await this.#run(this.#unfinished);
  }

  /** Takes away what is wanted no more. */
  async drop(names: readonly string[]): Promise<void> {
    try {
      for (const name of names) await this.#parts.folder.remove(name);
    } catch (error) {
      throw storageError('held records were dropped', error);
    }
  }

  /** Takes away what is too old. */
  async retire(horizonMs: number): Promise<void> {
    if (this.#unfinished === null) await this.#parts.folder.retire(horizonMs);
  }

  #commitOf(held: Held, ends: ShardEnds | null): HeldCommit {
    return new HeldCommit({ ...this.#parts, router: this.#parts.router() }, held, ends);
  }

  async #run(commit: HeldCommit): Promise<void> {
    try {
      await this.#parts.alone(async () => {
        this.#unfinished = commit;
        await commit.run();
        this.#unfinished = null;
      });
    } catch (error) {
      throw storageError('held records were put', error);
    }
  }
}
