import { Random } from '../streams/random.ts';
import { type Fault, type Operation, SimulatedDisk } from '../streams/simulated-disk.ts';
import { SimulatedMachine } from '../streams/simulated-machine.ts';

/** A machine whose disk holds the checkpoints and streams of a test's jobs, and fails where the test wants it to. */
export class SimulatedState extends SimulatedMachine {
  /** Moves the machine's time on, or back. */
  readonly moveTime: (ms: number) => void;

  constructor(fault: (operation: Operation) => Fault) {
    const random = new Random(1);
    const files = new SimulatedDisk(random, fault);
    const time = { nowMs: 1_000_000_000 };
    super({ files, random, time, pid: 1, alive: new Set([1]) });
    this.moveTime = (ms) => {
      time.nowMs += ms;
    };
  }
}

export function simulatedState(fault: (operation: Operation) => Fault = () => 'none'): SimulatedState {
  return new SimulatedState(fault);
}
