import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Memory } from '../../src/memory/memory.ts';
import { CheckpointFolder } from '../../src/state/checkpoint-folder.ts';
import { DuePages, stateRegions } from '../../src/state/state-pages.ts';
import { machine } from '../../src/streams/machine.ts';
import type { StreamEnvironment } from '../../src/streams/stream-environment.ts';
import { bareManifest } from '../support/bare-manifest.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-folder-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A run of a job that makes one checkpoint; with `ends` it comes to its end. */
async function runOnce(path: string, epoch: number, ends = false): Promise<void> {
  const memory = Memory.create({ isTracked: true });
  const checkpoints = new CheckpointFolder(machine, path, 1);
  await checkpoints.open();
  const regions = stateRegions(memory);
  const written = await checkpoints.begin(epoch, new DuePages(memory, regions, [])).write();
  await checkpoints.publish(bareManifest(epoch, { regions }), written);
  await checkpoints.clean();
  if (ends) await checkpoints.clear();
  await checkpoints.close();
}

function loadedFrom(path: string): CheckpointFolder {
  const checkpoints = new CheckpointFolder(machine, path, 1);
  checkpoints.load(() => Memory.create({ isTracked: true }));
  return checkpoints;
}

test('a state that was loaded while another process ran the job is not gone on from', async () => {
  const path = join(folder, 'both');
  await runOnce(path, 1);
  const late = loadedFrom(path);
  await runOnce(path, 2);
  await expect(late.open()).rejects.toThrow('another process has run the job since its state in');
  // Who loads it again has the newest, and nobody else holds the folder.
  const again = loadedFrom(path);
  await again.open();
  await again.close();
});

test('nor where that one has come to its end', async () => {
  const path = join(folder, 'ended');
  await runOnce(path, 1);
  const late = loadedFrom(path);
  await runOnce(path, 2, true);
  await expect(late.open()).rejects.toThrow('another process has run the job since its state in');
});

test('nor where the first run of the job began meanwhile', async () => {
  const path = join(folder, 'first');
  const late = loadedFrom(path);
  await runOnce(path, 1);
  await expect(late.open()).rejects.toThrow('another process has run the job since its state in');
});

test('the name of the folder is on the disk before anything in it', async () => {
  const synced: string[] = [];
  const files = {
    ...machine.files,
    syncFolder: async (path: string): Promise<void> => {
      synced.push(path);
      await machine.files.syncFolder(path);
    },
  };
  const environment: StreamEnvironment = { ...machine, files };
  const jobs = join(folder, 'jobs');
  const checkpoints = new CheckpointFolder(environment, join(jobs, 'sums'), 1);
  await checkpoints.open();
  await checkpoints.close();
  expect(synced.slice(0, 2)).toEqual([folder, jobs]);
  await runOnce(join(jobs, 'sums'), 1);
  synced.length = 0;
  await new CheckpointFolder(environment, join(jobs, 'sums'), 1).putAside(null);
  expect(synced).toEqual([jobs]);
});

test('a request that cannot be read now is no fault of the process', async () => {
  let changed: () => void = () => {};
  const files = {
    ...machine.files,
    watch: (_: string, onChange: () => void): (() => void) => {
      changed = onChange;
      return () => {};
    },
  };
  const checkpoints = new CheckpointFolder({ ...machine, files }, join(folder, 'watched'), 1);
  const failing = (error: Error): void =>
    checkpoints.watch(() => {
      throw error;
    });
  failing(Object.assign(new Error('too many open files'), { code: 'EMFILE' }));
  expect(changed).not.toThrow();
  failing(new Error('a fault'));
  expect(changed).toThrow('a fault');
});
