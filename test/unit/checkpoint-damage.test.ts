import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Memory } from '../../src/memory/memory.ts';
import { OperatorState } from '../../src/memory/operator-state.ts';
import { CheckpointFolder } from '../../src/state/checkpoint-folder.ts';
import { DuePages, stateRegions } from '../../src/state/state-pages.ts';
import { machine } from '../../src/streams/machine.ts';
import { bareManifest } from '../support/bare-manifest.ts';

let folder = '';

/** Places in each file: with TIDEMARK_FUZZ_RUNS, every byte of a manifest. */
const samples = process.env.TIDEMARK_FUZZ_RUNS === undefined ? 100 : 4000;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-checkpoint-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Two checkpoints of a table whose only row counts on. */
async function makeCheckpoints(path: string): Promise<void> {
  const memory = Memory.create({ isTracked: true });
  const state = OperatorState.of(memory);
  const cell = state.cells('count', 8);
  const checkpoints = new CheckpointFolder(machine, path, 2);
  await checkpoints.open();
  for (const epoch of [1, 2]) {
    memory.i64[cell >>> 3] = BigInt(epoch * 100);
    const size = { bytes: 8, rows: 0 };
    const operators = {
      a: { fingerprint: 'a', lineage: { reads: [], writes: [], way: '' }, state: state.save(), running: null, size },
    };
    const regions = stateRegions(memory);
    const writer = checkpoints.begin(epoch, new DuePages(memory, regions, state.unmarked));
    // The job goes on, and no mark is set: it is of the next checkpoint.
    memory.i64[cell >>> 3] = 999n;
    const written = await writer.write();
    await checkpoints.publish(bareManifest(epoch, { regions, operators }), written);
  }
  await checkpoints.close();
}

/** The count that a restart finds; null where it finds nothing. */
function restored(path: string): { readonly count: bigint | null; readonly unreadable: readonly string[] } {
  const folderOfJob = new CheckpointFolder(machine, path, 2);
  const { memory, manifest, unreadable } = folderOfJob.load(() => Memory.create({ isTracked: true }));
  const saved = manifest?.operators.a?.state ?? null;
  const cell = saved === null ? null : OperatorState.of(memory, saved).cells('count', 8);
  const count = cell === null ? null : (memory.i64[cell >>> 3] ?? null);
  return { count, unreadable: unreadable.map(({ name, reason }) => `${name}: ${reason}`) };
}

test('of checkpoints with a changed byte, or cut short, the one before is taken, and never a wrong count', async () => {
  const path = join(folder, 'job');
  await makeCheckpoints(path);
  expect(restored(path)).toEqual({ count: 200n, unreadable: [] });
  const seen = new Set<string>();
  for (const name of readdirSync(path).filter((each) => /^(chk|pages)-000002/.test(each))) {
    const file = join(path, name);
    const whole = readFileSync(file);
    // Each byte of what is small, and a sample of the pages.
    const step = Math.max(1, Math.floor(whole.length / samples));
    for (let at = 0; at < whole.length; at += step) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      for (const damaged of [changed, whole.subarray(0, at)]) {
        writeFileSync(file, damaged);
        const { count, unreadable } = restored(path);
        expect({ name, at, count }).toEqual({ name, at, count: 100n });
        for (const text of unreadable) seen.add(text.replace(/\d+/g, 'N'));
      }
    }
    writeFileSync(file, whole);
  }
  expect([...seen].sort()).toEqual([
    'chk-N.json: "pages-N": "pages-N" is cut at byte N of N',
    'chk-N.json: "pages-N": the block at byte N is damaged',
    'chk-N.json: its checksum is wrong',
  ]);
});

test('without a checkpoint that can be read there is nothing to go on from', async () => {
  const path = join(folder, 'other');
  await makeCheckpoints(path);
  for (const name of readdirSync(path).filter((each) => each.startsWith('chk-'))) writeFileSync(join(path, name), '{}');
  expect(restored(path).count).toBe(null);
  expect(restored(path).unreadable).toHaveLength(2);
});
