import { rename, writeFile } from 'node:fs/promises';

/** Writes a file whole or not at all, so that a reader of the old one never sees half of the new. */
export async function replaceFile(file: string, contents: string | Uint8Array): Promise<void> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, contents);
  await rename(draft, file);
}
