import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = join(tmpdir(), 'tidemark-bench');

/** The path of a file or folder that benches read: made where it is not there yet, and there only whole. */
export function madeOnce(name: string, make: (part: string) => void): string {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  make(`${path}.part`);
  renameSync(`${path}.part`, path);
  return path;
}

/** A file of so many lines, written by the megabyte. */
export function linesFile(name: string, lines: number, line: (index: number) => string): string {
  return madeOnce(name, (part) => {
    const file = openSync(part, 'w');
    let text = '';
    for (let index = 0; index < lines; index++) {
      text += line(index);
      if (text.length < 1 << 20) continue;
      writeSync(file, text);
      text = '';
    }
    writeSync(file, text);
    closeSync(file);
  });
}
