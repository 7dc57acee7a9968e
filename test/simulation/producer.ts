import { sharedStreams } from '../../src/streams/shared-streams.ts';
import { StreamError } from '../../src/streams/stream-error.ts';
import type { Random } from '../support/streams/random.ts';
import type { SimulatedMachine } from '../support/streams/simulated-machine.ts';
import { recordsOf, type Setting } from './planned-query.ts';
import { type Action, act, actionsOf, closingRecords, putTexts, type StreamName, streamsFolder } from './records.ts';
import type { SimulatedTime } from './simulated-time.ts';

/** The producer of a live world: it goes on whatever happens to the process that it runs in. */
export class Producer {
  readonly acknowledged: { readonly stream: StreamName; readonly id: number }[] = [];
  readonly #actions: readonly Action[];
  readonly #reads: readonly StreamName[];
  readonly #random: Random;
  readonly #time: SimulatedTime;
  #next = 0;
  #closed = 0;
  /** Failures in a row. */
  #failures = 0;

  constructor(setting: Setting, random: Random, time: SimulatedTime) {
    const { world, plan } = setting;
    const reads = [...new Set(plan.reads)];
    this.#actions = actionsOf(world.data, recordsOf(world)).filter(({ stream }) => reads.includes(stream));
    this.#reads = reads;
    this.#random = random;
    this.#time = time;
  }

  /** All is put, and time has been closed. */
  get isDone(): boolean {
    return this.#closed === this.#reads.length;
  }

  /** Goes on in a process, up to the end or until something fails. */
  async run(environment: SimulatedMachine, pid: number, gapMs: number): Promise<void> {
    const { store, release } = sharedStreams(streamsFolder, environment);
    try {
      for (let action = this.#actions[this.#next]; action !== undefined; action = this.#actions[this.#next]) {
        // Of what is under way when the process ends, nobody knows what became of it: it is not tried again.
        this.#next++;
        await this.#time.wait(pid, (this.#random.int(100) / 100) * gapMs);
        const { stream } = action;
        await this.#attempt(async () => {
          for (const id of await act(store.stream(stream), action, this.#random))
            this.acknowledged.push({ stream, id });
          return true;
        });
      }
      while (!this.isDone) {
        await this.#time.wait(pid, gapMs);
        const name = this.#reads[this.#closed];
        if (name === undefined) throw new Error('nothing left to close');
        await this.#attempt(async () => {
          const stream = store.stream(name);
          const records = closingRecords(stream);
          // Each may be there twice, where it was not known whether it is.
          const isWhole = (await putTexts(stream, records)).length === records.length;
          if (isWhole) this.#closed++;
          return isWhole;
        });
      }
    } finally {
      await release();
    }
  }

  /** What is worked at says whether all of it was taken. */
  async #attempt(work: () => Promise<boolean>): Promise<void> {
    try {
      this.#failures = (await work()) ? 0 : this.#failures + 1;
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      this.#failures++;
    }
  }

  /** Its process takes no more: a person would begin another. */
  get isStuck(): boolean {
    return this.#failures > 3;
  }

  /** Another process is begun. */
  begin(): void {
    this.#failures = 0;
  }
}
