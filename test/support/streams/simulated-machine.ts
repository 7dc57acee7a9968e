import type { StreamEnvironment, StreamFiles } from '../../../src/streams/stream-environment.ts';
import type { Random } from './random.ts';

/** A machine whose time a test moves; each one is another process. */
export class SimulatedMachine implements StreamEnvironment {
  readonly files: StreamFiles;
  readonly clock: { nowMs: () => number };
  readonly processes: StreamEnvironment['processes'];
  readonly random32: () => number;

  constructor(parts: { files: StreamFiles; random: Random; time: { nowMs: number }; pid: number; alive: Set<number> }) {
    const { files, random, time, pid, alive } = parts;
    this.files = files;
    this.clock = { nowMs: () => time.nowMs };
    this.processes = { self: { pid, started: 'x' }, isAlive: (process) => alive.has(process.pid) };
    this.random32 = () => random.next32();
  }
}
