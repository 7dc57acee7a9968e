import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import { failToRead, type ListedFile } from './file-list.ts';

/** Tells a file from another of its name: checksums of its first bytes, and of the last before a place. */
export type FileMark = { readonly head: number; readonly tail: number };

/** Of each end so many bytes: a line or two of most files, and one read. */
const markBytes = 1024;

/** What stands before a place. */
export function fileMark(file: number, offset: number): FileMark {
  const bytes = Math.min(markBytes, offset);
  return { head: checksum(file, 0, bytes), tail: checksum(file, offset - bytes, bytes) };
}

/**
 * Refuses a file that is not the one that was read up to a place before a restart.
 * @throws DiagnosticError F013
 */
export function checkMark({ name, absolutePath }: ListedFile, offset: number, mark: FileMark, span: Span | null): void {
  let file: number;
  try {
    file = openSync(absolutePath, 'r');
  } catch (error) {
    failToRead(error, name, span);
  }
  try {
    const now = fileMark(file, offset);
    if (now.head === mark.head && now.tail === mark.tail) return;
    const place = now.head === mark.head ? `before byte ${offset.toLocaleString('en')}` : 'at its beginning';
    fail('F013', span, `"${name}" is not the file that was read before the restart: it has other bytes ${place}`, {
      help: 'put the file back, or start the job anew',
    });
  } finally {
    closeSync(file);
  }
}

/** What was read is gone: nobody can tell where to go on. @throws DiagnosticError F013 */
export function failAtShrunkFile(
  { name, sizeBytes }: Pick<ListedFile, 'name' | 'sizeBytes'>,
  offset: number,
  span: Span | null,
): never {
  fail(
    'F013',
    span,
    `"${name}" has ${sizeBytes.toLocaleString('en')} bytes, of which ${offset.toLocaleString('en')} were read already`,
    { help: 'a file must not become shorter while a job reads it; put it back, or start the job anew' },
  );
}

function checksum(file: number, position: number, bytes: number): number {
  const buffer = Buffer.alloc(bytes);
  let have = 0;
  while (have < bytes) {
    const count = readSync(file, buffer, have, bytes - have, position + have);
    if (count === 0) break;
    have += count;
  }
  return crc32(buffer.subarray(0, have));
}
