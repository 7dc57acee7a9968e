import { type Diagnostic, DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { Job, JobSummary } from '../../src/runtime/job.ts';
import { sessionZone } from '../../src/session/session-context.ts';
import type { SessionJob } from '../../src/session/session-jobs.ts';
import { parseScript } from '../../src/sql/parse.ts';
import type { Random } from '../support/streams/random.ts';
import type { SimulatedDisk } from '../support/streams/simulated-disk.ts';
import { SimulatedMachine } from '../support/streams/simulated-machine.ts';
import { memory, type Setting } from './planned-query.ts';
import { ProcessFiles } from './process-files.ts';
import { streamsFolder } from './records.ts';
import type { SimulatedTime } from './simulated-time.ts';
import type { SinkWeather, Stores } from './sink-store.ts';
import type { Life } from './world.ts';
import { Wrong } from './wrong.ts';

/** What a job's memory holds from its beginning to its end: the table of its time zone. */
const zoneBytes = ((): number => {
  const fresh = Memory.create();
  sessionZone(fresh, 'UTC');
  return fresh.allocatedBytes;
})();

const [stopStatement] = parseScript(new SourceText('stop.sql', "STOP JOB '1' WITH SAVEPOINT;")).statements;

/** One process with one job. */
export class SimulatedProcess {
  readonly files: ProcessFiles;
  readonly environment: SimulatedMachine;
  readonly #setting: Setting;
  readonly #time: SimulatedTime;
  readonly #pid: number;
  readonly #life: Life;
  readonly #disk: SimulatedDisk;
  readonly #random: Random;
  readonly #stores: Stores;
  readonly #from: string | null;
  readonly #stop = new AbortController();
  #jobMemory: Memory | null = null;
  #engine: Engine | null = null;
  job: Job | null = null;
  /** As the session tells it. */
  #entry: SessionJob | null = null;
  /** Where its savepoint is; null: none was told. */
  savepoint: string | null = null;

  constructor(parts: {
    readonly setting: Setting;
    readonly time: SimulatedTime;
    readonly pid: number;
    readonly life: Life;
    readonly disk: SimulatedDisk;
    readonly random: Random;
    readonly stores: Stores;
    /** The savepoint that the job is to begin from; null: none is named. */
    readonly from: string | null;
  }) {
    const { setting, time, pid, life, disk, random, stores, from } = parts;
    this.#setting = setting;
    this.#time = time;
    this.#pid = pid;
    this.#life = life;
    this.#disk = disk;
    this.#random = random;
    this.#stores = stores;
    this.#from = from;
    this.files = new ProcessFiles(disk, {
      delayMs: () => (random.chance(0.01) ? 1000 : 1) * ((random.int(100) / 100) * life.fileMs),
      wait: (ms) => time.wait(pid, ms),
    });
    const clock = time.clockOf(pid);
    this.environment = new SimulatedMachine({
      files: this.files,
      random,
      time: {
        get nowMs() {
          return clock.nowMs();
        },
      },
      pid,
      alive: new Set([pid]),
    });
  }

  /** Stops the job. */
  stop(): void {
    this.#stop.abort();
  }

  /** Stops the job as who has asked for a drain; windows are closed. */
  drain(): void {
    if (this.#entry === null) throw new Wrong('there is no job to be drained');
    void this.#entry.stop({ drains: true });
  }

  /** Stops the job, if it runs, by a statement that answers with its savepoint. */
  async stopWithSavepoint(): Promise<void> {
    if (this.#engine === null || stopStatement === undefined) return;
    try {
      for await (const event of this.#engine.execute(stopStatement))
        if (event.kind === 'rows') this.savepoint = String(event.rows[0]?.values[0]);
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
    }
  }

  /** Runs the job to its end. */
  async run(isCheckpointed = true): Promise<JobSummary> {
    const { world, plan } = this.#setting;
    const { declarations, job: statement, query } = plan;
    const engine = new Engine({
      memory,
      clock: this.#time.clockOf(this.#pid),
      settings: {
        ...query.settings,
        'table.local-time-zone': 'UTC',
        'tidemark.batch-size': String(isCheckpointed ? world.batchRows : 1),
        'execution.checkpointing.interval': `${isCheckpointed ? world.intervalMs : 0} ms`,
        'execution.checkpointing.min-pause': `${world.minPauseMs} ms`,
        'execution.checkpointing.tolerable-failed-checkpoints': String(world.tolerated),
        'restart-strategy.type': world.restarts,
        'restart-strategy.fixed-delay.attempts': '100',
        'restart-strategy.fixed-delay.delay': '20 ms',
        'table.exec.source.idle-timeout': `${isCheckpointed ? world.idleMs : 0} ms`,
        'execution.checkpointing.num-retained': String(world.retained),
        ...(world.isNamed ? { 'pipeline.name': 'job in question' } : {}),
        ...(this.#from === null ? {} : { 'execution.state-recovery.path': this.#from }),
      },
      streamsFolder,
      keptRowsFolder: streamsFolder,
      stateEnvironment: this.environment,
      streamEnvironment: this.environment,
      programTables: new Map([['labels', { lookup: (key) => this.#labels(key) }]]),
      programSinks: new Map([
        [
          'written',
          (request) => {
            this.#jobMemory = request.memory;
            const keyColumns = query.key?.length ?? 0;
            return world.sink === 'upsert'
              ? this.#stores.keyed.sink(request, keyColumns, this.#weather)
              : this.#stores.written.sink(request, this.#weather);
          },
        ],
        ['added', (request) => this.#stores.added.sink(request, this.#weather)],
      ]),
    });
    this.#engine = engine;
    for (const each of declarations) for await (const _ of engine.execute(each));
    let summary: JobSummary | null = null;
    const onJob = (job: Job, entry: SessionJob): void => {
      this.job = job;
      this.#entry = entry;
    };
    const options = { signal: this.#stop.signal, onJob };
    for await (const event of engine.execute(statement, options)) {
      if (event.kind === 'summary') summary = event.summary;
      if (event.kind === 'warnings') checkWarnings(event.diagnostics);
    }
    if (summary === null) throw new Wrong('the job has ended without a word');
    return summary;
  }

  get #weather(): SinkWeather {
    return {
      delay: () => this.#time.wait(this.#pid, (this.#random.int(100) / 100) * this.#life.sinkMs),
      fails: () => this.#random.chance(this.#life.sinkErrors),
      isDead: () => this.#disk.hasCrashed,
      withdraws: this.#setting.world.withdraws,
    };
  }

  /** The table that is looked up: of a key there is no row, one or two. */
  async #labels({ k }: Readonly<Record<string, unknown>>): Promise<readonly object[]> {
    await this.#weather.delay();
    if (this.#weather.fails()) throw new Error('the table does not answer');
    return Array.from({ length: Number(k) % 3 }, (_, at) => ({ k, label: `label ${Number(k)} ${at}` }));
  }

  /** What a process that has come to its end must not have any more. */
  check(): void {
    const { openPaths } = this.files;
    if (openPaths.length > 0) throw new Wrong(`files are still open: ${openPaths.join(', ')}`);
    if (this.#jobMemory !== null && this.#jobMemory !== memory) {
      const { allocatedBytes } = this.#jobMemory;
      if (allocatedBytes > zoneBytes)
        throw new Wrong(`${allocatedBytes - zoneBytes} bytes of memory were not given back`);
    }
  }
}

/** A job that runs again says why, by the code of what it has failed with. */
function checkWarnings(diagnostics: readonly Diagnostic[]): void {
  for (const { code, notes } of diagnostics) {
    const [cause] = notes;
    if (code === 'F022' && cause !== undefined && !/^[A-Z]\d{3}: /.test(cause.message)) throw new Wrong(cause.message);
  }
}
