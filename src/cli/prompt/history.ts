import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** What is kept over sessions; older entries are forgotten. */
const entriesMax = 1000;
/** A longer text is a script, which has its own place. */
const entryLengthMax = 20_000;

/** `~/.tidemark/history`, or what TIDEMARK_HISTORY names; null where it is empty: nothing is kept. */
export function historyFile(environment: NodeJS.ProcessEnv): string | null {
  const named = environment.TIDEMARK_HISTORY;
  if (named !== undefined) return named === '' ? null : named;
  return join(homedir(), '.tidemark', 'history');
}

/**
 * What was entered, oldest first, and a walk through it. Kept in a file of the user's alone, a JSON string a line;
 * several prompts may add to it at the same time.
 */
export class History {
  readonly #path: string | null;
  readonly #entries: string[];
  /** Where the walk stands: behind the last entry is what is being typed. */
  #at: number;
  #typed = '';
  /** Why nothing is kept, once that is so. */
  #problem: string | null = null;

  constructor(path: string | null) {
    this.#path = path;
    this.#entries = path === null ? [] : this.#load(path);
    this.#at = this.#entries.length;
  }

  /** What went wrong with the file, told once. */
  takeProblem(): string | null {
    const problem = this.#problem;
    this.#problem = null;
    return problem;
  }

  /** Adds what was entered, and ends the walk. */
  add(text: string): void {
    const entry = text.trim();
    if (entry !== '' && entry !== this.#entries.at(-1) && entry.length <= entryLengthMax) {
      this.#entries.push(entry);
      if (this.#entries.length > entriesMax) this.#entries.shift();
      this.#append(entry);
    }
    this.#at = this.#entries.length;
  }

  /** The entry before; null where there is none. `typed` is what stands there now, and comes back at the other end. */
  older(typed: string): string | null {
    if (this.#at === 0) return null;
    if (this.#at === this.#entries.length) this.#typed = typed;
    this.#at--;
    return this.#entries[this.#at] ?? null;
  }

  newer(): string | null {
    if (this.#at === this.#entries.length) return null;
    this.#at++;
    return this.#at === this.#entries.length ? this.#typed : (this.#entries[this.#at] ?? null);
  }

  /** The last entry with a text in it, `skip` of those left out; null where there is none. */
  search(text: string, skip: number): string | null {
    const found = [...new Set(this.#entries.toReversed())].filter((entry) => entry.includes(text));
    return found[skip] ?? null;
  }

  #load(path: string): string[] {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      if (!isMissing(error)) this.#fail(error);
      return [];
    }
    const entries = text.split('\n').flatMap(entryOf);
    if (entries.length <= 2 * entriesMax) return entries.slice(-entriesMax);
    const kept = entries.slice(-entriesMax);
    this.#guarded(() => {
      writeFileSync(`${path}.new`, kept.map(lineOf).join(''), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    });
    return kept;
  }

  #append(entry: string): void {
    const path = this.#path;
    if (path === null) return;
    this.#guarded(() => {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      appendFileSync(path, lineOf(entry), { mode: 0o600 });
    });
  }

  #guarded(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#problem ??= error instanceof Error ? error.message : String(error);
  }
}

function lineOf(entry: string): string {
  return `${JSON.stringify(entry)}\n`;
}

/** A line that someone else has written into the file is none of ours. */
function entryOf(line: string): string[] {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'string' && entry !== '' ? [entry] : [];
  } catch {
    return [];
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
