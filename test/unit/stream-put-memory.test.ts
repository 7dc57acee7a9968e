import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { machine } from '../../src/streams/machine.ts';
import { StreamStore } from '../../src/streams/stream-store.ts';

let folder = '';
let collect: () => void = () => {};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-put-memory-'));
  setFlagsFromString('--expose-gc');
  collect = runInNewContext('gc') as () => void;
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Files whose segments reach the disk when they are told to. */
function slowDisk(): { readonly environment: typeof machine; readonly release: () => void } {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const create: typeof machine.files.create = (path) => {
    const file = machine.files.create(path);
    if (!path.endsWith('.log')) return file;
    let syncs = 0;
    const sync = file.sync.bind(file);
    file.sync = async () => {
      // The first is that of the segment's header.
      if (syncs++ > 0) await released;
      await sync();
    };
    return file;
  };
  return { environment: { ...machine, files: { ...machine.files, create } }, release };
}

test('records that wait for a slow disk are copies: nothing of what was put is kept', async () => {
  const { environment, release } = slowDisk();
  const stream = await new StreamStore(folder, {}, environment).createStream('s', 2);
  await stream.startWriting();
  const put = (at: number) => {
    const entry = { data: Buffer.from(`record ${at}`), partitionKey: `k${at}` };
    const entries = [entry, { data: Buffer.from('other'), partitionKey: `k${at + 1}` }];
    const kept = [new WeakRef(entries), new WeakRef(entry), new WeakRef(entry.data)];
    return { kept, result: stream.putRecords(entries) };
  };
  const puts = Array.from({ length: 5 }, (_, at) => put(at));
  for (let turns = 0; turns < 5; turns++) await turn();
  collect();
  expect(puts.flatMap(({ kept }) => kept.filter((reference) => reference.deref() !== undefined))).toEqual([]);
  release();
  for (const { result } of puts) expect((await result).failedRecordCount).toBe(0);
  await stream.close();
});
