import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EngineOptions } from '../../src/engine.ts';
import { epochsIn, manifestIn, manifestNameOf } from '../../src/state/checkpoint-files.ts';
import type { Manifest } from '../../src/state/manifest.ts';
import { JumpingClock } from '../support/limits/jumping-clock.ts';
import { simulatedState } from '../support/limits/simulated-state.ts';
import { toldRun } from '../support/limits/told-run.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-shown-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Time goes on with each look at it, so that a checkpoint is due before each batch; the disk is faster than the rows. */
class TickingClock extends JumpingClock {
  override async giveTurn(): Promise<void> {
    await setTimeout(2);
  }

  override elapsedMs(): number {
    this.advance(1);
    return super.elapsedMs();
  }
}

test('a checkpoint before the newest is refused where the file that it had in work is seen since', async () => {
  mkdirSync(join(folder, 'events'));
  const lines = Array.from({ length: 400 }, (_, row) => (row === 390 ? 'no row' : JSON.stringify({ v: row })));
  writeFileSync(join(folder, 'events', '1.json'), `${lines.join('\n')}\n`);
  const state = simulatedState();
  const { files } = state;
  const options: EngineOptions = {
    clock: new TickingClock(),
    streamsFolder: join(folder, 'streams'),
    stateEnvironment: state,
  };
  // A file takes some ten batches: it is in work at most of the checkpoints.
  const script = `SET 'pipeline.name' = 'copy'; SET 'execution.checkpointing.interval' = '1 ms'; SET 'tidemark.batch-size' = '10';
    SET 'execution.checkpointing.num-retained' = '100'; SET 'restart-strategy.type' = 'none';
    CREATE TABLE events (v BIGINT) WITH ('connector' = 'filesystem', 'path' = '${folder}/events', 'format' = 'json');
    CREATE TABLE copied (v BIGINT) WITH ('connector' = 'filesystem', 'path' = '${folder}/copied', 'format' = 'csv',
      'sink.rolling-policy.file-size' = '500 b');
    INSERT INTO copied SELECT v FROM events;`;
  const failed = await toldRun(script, options);
  expect(failed.refused).toContain('F010 malformed JSON');

  // One whose file in work is full by now, and shown.
  const jobs = join(folder, 'jobs');
  const path = join(jobs, files.list(jobs)[0] ?? '');
  const copied = join(folder, 'copied');
  const shown = readdirSync(copied).filter((name) => !name.startsWith('.'));
  const contents = (): string[] => shown.map((name) => readFileSync(join(copied, name), 'utf8'));
  const before = contents();
  const epochs = epochsIn(files, path);
  const inWork = epochs.map((epoch) => shown.find((name) => openIn(manifestIn(files, path, epoch)).includes(name)));
  const at = inWork.findLastIndex((name) => name !== undefined);
  expect(at).toBeGreaterThan(0);
  for (const epoch of epochs.slice(at + 1)) await files.remove(join(path, manifestNameOf(epoch)));

  const again = await toldRun(script, options);
  expect(again.refused).toBe(
    `F014 "${join(copied, inWork[at] ?? '')}" was in work at this checkpoint, and is seen since`,
  );
  expect(contents()).toEqual(before);
});

/** The names of the files in work. */
function openIn({ sinks }: Manifest): readonly string[] {
  const token = Object.values(sinks)[0] as { readonly open: readonly { readonly name: string }[] };
  return token.open.map(({ name }) => name);
}
