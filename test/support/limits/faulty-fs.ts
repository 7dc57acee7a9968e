import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** Operations of Node's file system that a test may let fail, and what each is asked about. */
type FaultyOperation = 'openSync' | 'readSync' | 'closeSync';

type Call = (...args: unknown[]) => unknown;

/**
 * Lets the file system of this process fail where a test wants it to: a missing permission, which root would have. A file
 * is known by its path, also once it is open.
 */
export class FaultyFs {
  /** The code of the error; null: it works. */
  fails: (operation: FaultyOperation, path: string) => 'EACCES' | 'EIO' | null = () => null;
  readonly #real = new Map<FaultyOperation, Call>();
  readonly #paths = new Map<number, string>();

  constructor() {
    for (const name of ['openSync', 'readSync', 'closeSync'] as const) {
      const real = fs[name] as unknown as Call;
      this.#real.set(name, real);
      this.#set(name, (...args) => this.#run(name, real, args));
    }
    syncBuiltinESMExports();
  }

  restore(): void {
    for (const [name, real] of this.#real) this.#set(name, real);
    syncBuiltinESMExports();
  }

  #set(name: FaultyOperation, call: Call): void {
    Object.assign(fs, { [name]: call });
  }

  #run(name: FaultyOperation, real: Call, args: unknown[]): unknown {
    const [target] = args;
    const path = typeof target === 'number' ? (this.#paths.get(target) ?? '') : String(target);
    const code = path === '' ? null : this.fails(name, path);
    if (code !== null) throw Object.assign(new Error(`${code}: ${name} '${path}'`), { code });
    const result = real(...args);
    if (name === 'openSync') this.#paths.set(result as number, path);
    if (name === 'closeSync') this.#paths.delete(target as number);
    return result;
  }
}
