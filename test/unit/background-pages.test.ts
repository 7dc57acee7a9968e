import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Memory } from '../../src/memory/memory.ts';
import { CheckpointFolder, type CheckpointWriter, OvertakenCheckpoint } from '../../src/state/checkpoint-folder.ts';
import { DuePages, stateRegions } from '../../src/state/state-pages.ts';
import { machine } from '../../src/streams/machine.ts';
import { bareManifest } from '../support/bare-manifest.ts';
import { Random } from '../support/streams/random.ts';

/** More than what the job's own thread writes. */
const stateBytes = 24 * 1024 * 1024;

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-pages-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A job's state that is written to all the time. */
class BusyState {
  readonly memory = Memory.create({ isTracked: true });
  readonly address = this.memory.stateAlloc(stateBytes);
  readonly #random = new Random(3);

  /** Writes words here and there. */
  write(count: number): void {
    for (let at = 0; at < count; at++) {
      const place = this.address + this.#random.int(stateBytes / 4) * 4;
      this.memory.touch(place, 4);
      this.memory.u32[place >>> 2] = this.#random.int(0x7fff_ffff);
    }
  }

  content(memory = this.memory): Buffer {
    return Buffer.copyBytesFrom(memory.u8, this.address, stateBytes);
  }

  cut(): DuePages {
    return new DuePages(this.memory, stateRegions(this.memory), []);
  }
}

/** Writes on until the checkpoint is on the disk. */
async function writeMeanwhile(state: BusyState, writer: CheckpointWriter) {
  let isDone = false;
  const written = writer.write().finally(() => {
    isDone = true;
  });
  written.catch(() => {});
  for (; !isDone; await nextTurn()) state.write(2000);
  return written;
}

/** A checkpoint of what the state is now, that is written to meanwhile. */
async function publish(state: BusyState, checkpoints: CheckpointFolder, epoch: number, due = state.cut()) {
  const regions = stateRegions(state.memory);
  await checkpoints.publish(
    bareManifest(epoch, { regions }),
    await writeMeanwhile(state, checkpoints.begin(epoch, due)),
  );
}

describe('another thread writes the pages of a large checkpoint', () => {
  test('as they were at the barrier, whatever is written meanwhile', async () => {
    const path = join(folder, 'busy');
    const state = new BusyState();
    const checkpoints = new CheckpointFolder(machine, path, 1);
    await checkpoints.open();
    expect(await checkpoints.thread(4096)).not.toBeNull();
    for (let epoch = 1; epoch <= 6; epoch++) {
      state.write(20_000);
      const expected = state.content();
      const due = state.cut();
      expect(due.count).toBeGreaterThan(4096);
      await publish(state, checkpoints, epoch, due);
      const { memory, manifest } = new CheckpointFolder(machine, path, 1).load(() =>
        Memory.create({ isTracked: true }),
      );
      expect(manifest?.epoch).toBe(epoch);
      expect(state.content(memory).equals(expected)).toBe(true);
    }
    await checkpoints.close();
    // Nothing that was put aside is kept.
    const { memory } = state;
    const before = memory.allocatedBytes;
    memory.kernels.pagesDropCopies();
    expect(memory.allocatedBytes).toBe(before);
  });

  test('and where it cannot, its pages are due with the next', async () => {
    const path = join(folder, 'failing');
    const state = new BusyState();
    const checkpoints = new CheckpointFolder(machine, path, 1);
    await checkpoints.open();
    const failing = checkpoints.begin(1, state.cut());
    rmSync(path, { recursive: true });
    await expect(writeMeanwhile(state, failing)).rejects.toMatchObject({ code: 'ENOENT' });
    failing.undo();
    mkdirSync(path);
    const expected = state.content();
    await publish(state, checkpoints, 2);
    expect(statSync(join(path, 'pages-000002')).size).toBeGreaterThan(stateBytes);
    const { memory } = new CheckpointFolder(machine, path, 1).load(() => Memory.create({ isTracked: true }));
    expect(state.content(memory).equals(expected)).toBe(true);
    await checkpoints.close().catch(() => {});
  });

  test('until nobody wants it any more: no file is left, and its pages are due with the next', async () => {
    const path = join(folder, 'overtaken');
    const state = new BusyState();
    const checkpoints = new CheckpointFolder(machine, path, 1);
    await checkpoints.open();
    const overtaken = checkpoints.begin(1, state.cut());
    const writing = writeMeanwhile(state, overtaken);
    overtaken.overtake();
    await expect(writing).rejects.toThrow(OvertakenCheckpoint);
    overtaken.undo();
    expect(existsSync(join(path, 'pages-000001'))).toBe(false);
    const expected = state.content();
    await publish(state, checkpoints, 2);
    const { memory } = new CheckpointFolder(machine, path, 1).load(() => Memory.create({ isTracked: true }));
    expect(state.content(memory).equals(expected)).toBe(true);
    await checkpoints.close();
  });

  test('and is waited for where nothing else keeps the process', () => {
    const module = new URL('../../src/state/background-pages.ts', import.meta.url).href;
    const script = `const { BackgroundPages } = await import('${module}');
      console.log(await BackgroundPages.start() === null ? 'none' : 'ready');`;
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect({ stdout, status }).toEqual({ stdout: 'ready\n', status: 0 });
  });

  test('one that has ended is followed by another', async () => {
    const checkpoints = new CheckpointFolder(machine, join(folder, 'ended'), 1);
    await checkpoints.open();
    const first = await checkpoints.thread(4096);
    await first?.close();
    expect(first?.hasEnded).toBe(true);
    const state = new BusyState();
    const expected = state.content();
    await publish(state, checkpoints, 1);
    expect(await checkpoints.thread(4096)).not.toBe(first);
    const { memory } = new CheckpointFolder(machine, join(folder, 'ended'), 1).load(() =>
      Memory.create({ isTracked: true }),
    );
    expect(state.content(memory).equals(expected)).toBe(true);
    await checkpoints.close();
  });
});
