import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { Engine } from '../../src/engine.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { Job, JobSummary } from '../../src/runtime/job.ts';
import { sessionZone } from '../../src/session/session-context.ts';
import type { Random } from '../support/streams/random.ts';
import type { SimulatedDisk } from '../support/streams/simulated-disk.ts';
import { SimulatedMachine } from '../support/streams/simulated-machine.ts';
import { memory, type Setting } from './planned-query.ts';
import { ProcessFiles } from './process-files.ts';
import { streamsFolder } from './records.ts';
import type { SimulatedTime } from './simulated-time.ts';
import type { SinkStore } from './sink-store.ts';
import type { Life } from './world.ts';
import { Wrong } from './wrong.ts';

/** What a job's memory holds from its beginning to its end: the table of its time zone. */
const zoneBytes = ((): number => {
  const fresh = Memory.create();
  sessionZone(fresh, 'UTC');
  return fresh.allocatedBytes;
})();

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
  readonly #store: SinkStore;
  readonly #stop = new AbortController();
  #jobMemory: Memory | null = null;
  job: Job | null = null;

  constructor(parts: {
    readonly setting: Setting;
    readonly time: SimulatedTime;
    readonly pid: number;
    readonly life: Life;
    readonly disk: SimulatedDisk;
    readonly random: Random;
    readonly store: SinkStore;
  }) {
    const { setting, time, pid, life, disk, random, store } = parts;
    this.#setting = setting;
    this.#time = time;
    this.#pid = pid;
    this.#life = life;
    this.#disk = disk;
    this.#random = random;
    this.#store = store;
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

  /** Runs the job to its end. */
  async run(isCheckpointed = true): Promise<JobSummary> {
    const { world, plan } = this.#setting;
    const { declarations, insert, query } = plan;
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
        'execution.checkpointing.num-retained': String(world.retained),
      },
      streamsFolder,
      keptRowsFolder: streamsFolder,
      stateEnvironment: this.environment,
      streamEnvironment: this.environment,
      programSinks: new Map([
        [
          'written',
          (request) => {
            this.#jobMemory = request.memory;
            return this.#store.sink(request, {
              delay: () => this.#time.wait(this.#pid, (this.#random.int(100) / 100) * this.#life.sinkMs),
              fails: () => this.#random.chance(this.#life.sinkErrors),
              isDead: () => this.#disk.hasCrashed,
              withdraws: world.withdraws,
            });
          },
        ],
      ]),
    });
    for (const statement of declarations) for await (const _ of engine.execute(statement));
    let summary: JobSummary | null = null;
    const onJob = (job: Job): void => {
      this.job = job;
    };
    const options = { signal: this.#stop.signal, onJob };
    for await (const event of engine.execute(insert, options)) {
      if (event.kind === 'summary') summary = event.summary;
      if (event.kind === 'warnings') checkWarnings(event.diagnostics);
    }
    if (summary === null) throw new Wrong('the job has ended without a word');
    return summary;
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
