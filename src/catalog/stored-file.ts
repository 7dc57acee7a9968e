import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { fail } from '../diagnostics/diagnostic.ts';

/** How long another process may take to replace a file: it writes some kilobytes, and waits for the disk once. */
const lockTries = 100;
const lockPauseMs = 10;

/** The text of a file, null where there is none. @throws DiagnosticError F013 */
export function readStored(path: string, what: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    return fail('F013', null, `could not read ${what}: ${(error as Error).message}`);
  }
}

/**
 * Replaces a file as a whole, where it is still what it was when it was read; null stands for no file. Whoever reads it
 * meanwhile, or after a crash, sees the old text or the new.
 * @throws DiagnosticError F014 where it cannot be written, and F020 where another process was faster or does not end
 */
export function replaceStored(path: string, what: string, was: string | null, next: string | null): void {
  const isFaster = writing(what, () => {
    mkdirSync(dirname(path), { recursive: true });
    const unlock = lock(`${path}.lock`, what);
    try {
      if (readStored(path, what) !== was) return true;
      if (next === null) rmSync(path, { force: true });
      else writeWhole(path, next);
      return false;
    } finally {
      unlock();
    }
  });
  if (isFaster) {
    fail('F020', null, `another process changed ${what} at this very moment`, {
      help: 'nothing was done: run the statement again',
    });
  }
}

function writeWhole(path: string, text: string): void {
  const file = openSync(`${path}.next`, 'w', 0o644);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.next`, path);
}

/** Takes a lock file, which holds the owner's process id, for the time of one write. @throws DiagnosticError F020 */
function lock(path: string, what: string): () => void {
  const own = `${process.pid}`;
  let owner = own;
  for (let tries = 0; tries < lockTries; tries++) {
    try {
      writeFileSync(path, own, { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    }
    owner = readStored(path, what) ?? '';
    if (owner !== '' && !isAlive(Number(owner))) removeStale(path, owner);
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lockPauseMs);
  }
  return fail('F020', null, `process ${owner === '' ? 'unknown' : owner} has been writing ${what} for too long`, {
    help: `if no process writes it, remove ${path}`,
  });
}

/** Of several processes that find the same dead owner each moves what it finds aside, and looks what it was. */
function removeStale(path: string, stale: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    // Another was faster, and this is its lock: it gets it back.
    if (readFileSync(aside, 'utf8') !== stale) linkSync(aside, path);
  } catch (error) {
    if (!isCode(error, 'ENOENT') && !isCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Not ours to signal is alive nevertheless.
    return isCode(error, 'EPERM');
  }
}

function writing<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error;
    return fail('F014', null, `could not write ${what}: ${error.message}`);
  }
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}
