import { expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { savepointOf } from '../../src/state/savepoint.ts';
import { dropJob, storedJobs } from '../../src/state/stored-jobs.ts';
import { recordData } from '../../src/streams/segment-format.ts';
import { StreamStore } from '../../src/streams/stream-store.ts';
import { Random } from '../support/streams/random.ts';
import { type Fault, type Operation, SimulatedDisk } from '../support/streams/simulated-disk.ts';
import { SimulatedMachine } from '../support/streams/simulated-machine.ts';

const folder = '/simulated/streams';
const rows = 200;

const tables = ['source', 'a', 'b', 'c']
  .map(
    (name) => `CREATE TABLE ${name} (n INT) WITH ('connector' = 'kinesis', 'format' = 'json',
      'stream.arn' = 'arn:aws:kinesis:x:1:stream/${name}', 'source.init.position' = 'TRIM_HORIZON',
      'source.end.position' = 'LATEST');`,
  )
  .join('\n');

/** A disk with the streams, and the processes that use it one behind the other. */
class World {
  readonly #random = new Random(1);
  readonly #time = { nowMs: 1_700_000_000_000 };
  #disk = new SimulatedDisk(this.#random);
  #pid = 0;

  /** The next process, which a fault may end. */
  #machine(fault: (operation: Operation) => Fault = () => 'none'): SimulatedMachine {
    this.#disk = this.#disk.afterKill(fault);
    const pid = ++this.#pid;
    return new SimulatedMachine({
      files: this.#disk,
      random: this.#random,
      time: this.#time,
      pid,
      alive: new Set([pid]),
    });
  }

  async start(): Promise<void> {
    const store = new StreamStore(folder, {}, this.#machine());
    for (const name of ['source', 'a', 'b', 'c']) await store.createStream(name, 1);
    const records = Array.from({ length: rows }, (_, n) => ({ data: Buffer.from(`{"n":${n}}`), partitionKey: 'k' }));
    await store.stream('source').putRecords(records);
    await store.close();
  }

  /** Runs the job "copies"; what it was refused with. */
  async run(inserts: string, fault?: (operation: Operation) => Fault, before = ''): Promise<string[]> {
    const machine = this.#machine(fault);
    const engine = new Engine({ streamsFolder: folder, streamEnvironment: machine, stateEnvironment: machine });
    const refused: string[] = [];
    const script = `
      SET 'execution.checkpointing.interval' = '1 ms'; SET 'pipeline.name' = 'copies'; SET 'tidemark.batch-size' = '10';
      SET 'restart-strategy.type' = 'none'; ${tables} ${before}
      EXECUTE STATEMENT SET BEGIN ${inserts} END;`;
    try {
      for await (const event of engine.run(new SourceText('job.sql', script))) {
        if (event.kind === 'refused')
          refused.push(...event.diagnostics.map(({ code, message }) => `${code} ${message}`));
      }
    } catch (error) {
      if (!this.#disk.hasCrashed) throw error;
    }
    engine.close();
    return refused;
  }

  /** Drops the job as the command line does. */
  async drop(): Promise<void> {
    const machine = this.#machine();
    const [job] = storedJobs(machine, '/simulated/jobs');
    if (job?.manifest == null) throw new Error('there is a job');
    const { manifest, path } = job;
    const engine = new Engine({ streamsFolder: folder, streamEnvironment: machine });
    await dropJob(machine, job, () => engine.discardHeld(manifest, path));
    expect(storedJobs(machine, '/simulated/jobs')).toEqual([]);
    engine.close();
  }

  /** A savepoint of the job, which does not run. */
  async savepoint(): Promise<string> {
    const machine = this.#machine();
    const [job] = storedJobs(machine, '/simulated/jobs');
    return savepointOf(machine, job?.path ?? '', { path: null, among: '/simulated/savepoints' });
  }

  /** Names of what is held for a stream. */
  held(name: string): readonly string[] {
    return this.#machine().files.list(`${folder}/${name}/held`);
  }

  /** The numbers that are seen in a stream. */
  seen(name: string): number[] {
    const stream = new StreamStore(folder, {}, this.#machine()).stream(name);
    const cursor = stream.cursor('0', { type: 'TRIM_HORIZON' });
    const numbers: number[] = [];
    for (let read = cursor.read(); read.kind === 'frames'; read = cursor.read()) {
      for (const { frame, from, to } of read.frames)
        for (let at = from; at < to; at++)
          numbers.push((JSON.parse(recordData(frame, at).toString()) as { n: number }).n);
    }
    return numbers;
  }
}

const all = Array.from({ length: rows }, (_, n) => n);
const copy = (name: string): string => `INSERT INTO ${name} SELECT n FROM source;`;

/** The checkpoint is there, and what it has is not seen yet. */
function atFirstCommit(): (operation: Operation) => Fault {
  return ({ kind, path }) => (kind === 'truncate' && path.includes('/held/') ? 'crash' : 'none');
}

test('a query that is added in front leaves the others what their sinks have prepared', async () => {
  const world = new World();
  await world.start();
  await world.run(copy('a') + copy('c'), atFirstCommit());
  expect(world.seen('a')).toEqual([]);
  expect(await world.run(copy('b') + copy('a') + copy('c'))).toEqual([]);
  expect(world.seen('a')).toEqual(all);
  expect(world.seen('c')).toEqual(all);
  // It reads on with the others.
  expect(world.seen('b').length).toBeLessThan(rows);
});

test('a query whose rows may wait to be seen is not left out unnoticed', async () => {
  const world = new World();
  await world.start();
  await world.run(copy('a') + copy('c'), atFirstCommit());
  expect(await world.run(copy('c'))).toEqual([
    'F021 the checkpoint may have rows for default_catalog.default_database.a that are not seen yet, and it is no longer written',
  ]);
  expect(await world.run(copy('a') + copy('c'))).toEqual([]);
  expect(world.seen('a')).toEqual(all);
  expect(world.seen('c')).toEqual(all);
});

test('what was held is seen too where the table says by now that rows are put at once', async () => {
  const world = new World();
  await world.start();
  await world.run(copy('a'), atFirstCommit());
  const direct = `ALTER TABLE a SET ('sink.delivery-guarantee' = 'at-least-once');`;
  expect(await world.run(copy('a'), undefined, direct)).toEqual([]);
  expect(world.seen('a')).toEqual(all);
});

test('nor where the job was killed between its last checkpoint and the showing of its rows', async () => {
  const world = new World();
  await world.start();
  // There is one checkpoint, the last.
  await world.run(copy('a') + copy('c'), atFirstCommit(), "SET 'execution.checkpointing.interval' = '1 h';");
  expect(world.seen('a')).toEqual([]);
  expect(await world.run(copy('c'))).toEqual([
    'F021 the checkpoint may have rows for default_catalog.default_database.a that are not seen yet, and it is no longer written',
  ]);
  expect(await world.run(copy('a') + copy('c'))).toEqual([]);
  expect(world.seen('a')).toEqual(all);
  expect(world.seen('c')).toEqual(all);
});

test('what the sinks of a job held goes with it when it is dropped', async () => {
  const world = new World();
  await world.start();
  await world.run(copy('a') + copy('c'), atFirstCommit());
  expect(world.held('a')).not.toEqual([]);
  await world.drop();
  expect([world.held('a'), world.held('c')]).toEqual([[], []]);
  expect(await world.run(copy('a') + copy('c'))).toEqual([]);
  expect(world.seen('a')).toEqual(all);
  expect(world.seen('c')).toEqual(all);
});

test('but for what a savepoint has too', async () => {
  const world = new World();
  await world.start();
  await world.run(copy('a'), atFirstCommit());
  const path = await world.savepoint();
  await world.drop();
  expect(world.held('a')).not.toEqual([]);
  expect(await world.run(copy('a'), undefined, `SET 'execution.state-recovery.path' = '${path}';`)).toEqual([]);
  expect(world.seen('a')).toEqual(all);
});
