import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EngineOptions } from '../../src/engine.ts';
import { epochsIn, pagesNameOf } from '../../src/state/checkpoint-files.ts';
import { JumpingClock } from '../support/limits/jumping-clock.ts';
import { simulatedState } from '../support/limits/simulated-state.ts';
import { toldRun } from '../support/limits/told-run.ts';
import { TransactionalTable } from '../support/limits/transactional-sink.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-damaged-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('behind a damaged checkpoint another has another number: it is not whole with pages that are not its own', async () => {
  mkdirSync(join(folder, 'events'));
  const lines = Array.from({ length: 200 }, (_, row) =>
    row === 190 ? 'no row' : JSON.stringify({ k: row % 7, v: row }),
  );
  writeFileSync(join(folder, 'events', '1.json'), `${lines.join('\n')}\n`);
  const state = simulatedState();
  const { files } = state;
  const clock = new JumpingClock();
  const written = new TransactionalTable();
  written.before = () => clock.advance(1);
  const options: EngineOptions = {
    clock,
    streamsFolder: '/disk/streams',
    stateEnvironment: state,
    programSinks: new Map([['written', (request) => written.sink(request)]]),
  };
  const script = `SET 'execution.checkpointing.interval' = '1 ms'; SET 'tidemark.batch-size' = '10';
    SET 'execution.checkpointing.num-retained' = '100'; SET 'restart-strategy.type' = 'none';
    CREATE TABLE events (k INT, v BIGINT) WITH ('connector' = 'filesystem', 'path' = '${folder}/events', 'format' = 'json');
    CREATE TABLE written (v BIGINT) WITH ('connector' = 'program', 'table' = 'written');
    CREATE VIEW timed AS SELECT k, v, PROCTIME() AS p FROM events;
    INSERT INTO written SELECT SUM(v) OVER (PARTITION BY k ORDER BY p) FROM timed;`;
  expect((await toldRun(script, options)).refused).toContain('F010 malformed JSON');
  const path = join('/disk/jobs', files.list('/disk/jobs')[0] ?? '');
  const newest = epochsIn(files, path).at(-1) ?? 0;
  const pages = join(path, pagesNameOf(newest));
  const damaged = Uint8Array.from(files.readAll(pages) ?? []);
  damaged[100] = (damaged[100] ?? 0) ^ 1;
  await files.remove(pages);
  files.createWhole(pages, damaged);

  const { warnings, refused } = await toldRun(script, options);
  expect(refused).toContain('F010 malformed JSON');
  expect(warnings.join()).toContain(`chk-${String(newest).padStart(6, '0')}.json`);
  // The damaged one has been taken away with the next.
  expect(Math.min(...epochsIn(files, path).filter((epoch) => epoch >= newest))).toBeGreaterThan(newest);
});
