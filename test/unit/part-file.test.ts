import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hiddenParts, PartFile, showParts } from '../../src/connectors/filesystem/part-file.ts';
import { machine } from '../../src/streams/machine.ts';
import { makeFolders } from '../../src/streams/make-folders.ts';
import type { StreamFiles } from '../../src/streams/stream-environment.ts';

const { files } = machine;
let folder = '';
let work: Promise<void> = Promise.resolve();

const later = (each: () => Promise<void>): void => {
  work = work.then(each);
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-parts-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Rows of different lengths, over several blocks. */
const rows = Array.from({ length: 9000 }, (_, at) => Buffer.from(`${'x'.repeat(at % 50)} ${at}\n`));
const all = Buffer.concat(rows);

test('what is written is in the file in its order, and seen when it is shown', async () => {
  const part = PartFile.create(files, later, { folder, name: 'part-r-0-0', openedMs: 1 });
  for (const row of rows.slice(0, 10)) part.write(row, 2);
  // Longer than a block.
  part.write(Buffer.concat(rows.slice(10)), 3);
  part.complete();
  await work;
  expect(part.saved).toEqual({ folder, name: 'part-r-0-0', bytes: all.length, openedMs: 1, lastWriteMs: 3 });
  expect(readdirSync(folder)).toEqual(['.part-r-0-0.inprogress']);
  await showParts(files, [part.saved]);
  await showParts(files, [part.saved]);
  expect(readdirSync(folder)).toEqual(['part-r-0-0']);
  expect(readFileSync(join(folder, 'part-r-0-0')).equals(all)).toBe(true);
});

test('a file of a checkpoint goes on where that was, and what came behind it is gone', async () => {
  const part = PartFile.create(files, later, { folder, name: 'part-r-0-0', openedMs: 1 });
  for (const row of rows.slice(0, 4000)) part.write(row, 2);
  const { saved } = part;
  for (const row of rows.slice(0, 4000)) part.write(row, 2);
  part.complete();
  await work;
  const resumed = PartFile.resume(files, later, saved);
  for (const row of rows.slice(4000, 4500)) resumed.write(row, 3);
  resumed.complete();
  await work;
  const [path = ''] = hiddenParts(files, folder, 'r');
  expect(readFileSync(path).equals(Buffer.concat(rows.slice(0, 4500)))).toBe(true);
});

test('hidden files of a run are found in the folders of its partitions', async () => {
  const day = join(folder, 'day=1', 'shop=2');
  await makeFolders(files, day, false);
  for (const [place, name] of [
    [folder, 'part-r-0-0'],
    [day, 'part-r-0-1'],
    [day, 'part-other-0-1'],
  ] as const)
    PartFile.create(files, later, { folder: place, name, openedMs: 1 }).complete();
  await work;
  expect(hiddenParts(files, folder, 'r')).toEqual([
    join(folder, '.part-r-0-0.inprogress'),
    join(day, '.part-r-0-1.inprogress'),
  ]);
});

test('the names of folders that were missing are on the disk', async () => {
  const synced: string[] = [];
  const watched: StreamFiles = {
    ...files,
    syncFolder: async (path) => {
      synced.push(path);
      await files.syncFolder(path);
    },
  };
  const day = join(folder, 'day=1', 'shop=2');
  await makeFolders(watched, day, true);
  expect(synced).toEqual([folder, join(folder, 'day=1')]);
  await makeFolders(watched, day, true);
  await makeFolders(watched, join(folder, 'day=2'), false);
  expect(synced).toHaveLength(2);
  expect(readdirSync(folder)).toEqual(['day=1', 'day=2']);
});
