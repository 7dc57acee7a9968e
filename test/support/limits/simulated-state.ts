import { Random } from '../streams/random.ts';
import { type Fault, type Operation, SimulatedDisk } from '../streams/simulated-disk.ts';
import { SimulatedMachine } from '../streams/simulated-machine.ts';

/** A machine whose disk holds the checkpoints of a test's jobs, and fails where the test wants it to. */
export function simulatedState(fault: (operation: Operation) => Fault = () => 'none'): SimulatedMachine {
  const random = new Random(1);
  const files = new SimulatedDisk(random, fault);
  return new SimulatedMachine({ files, random, time: { nowMs: 0 }, pid: 1, alive: new Set([1]) });
}
