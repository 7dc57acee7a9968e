import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Memory } from '../../src/memory/memory.ts';

const memory = Memory.create();
const { kernels } = memory;

/** A time that is pushed, or null: the earliest is taken out. Mostly in order, so that both parts of the queue are met. */
const pushed = fc.record({ late: fc.constantFrom(0, 0, 0, 0, 0, 1, 5, 40), ahead: fc.nat(3) });
const step = fc.oneof({ weight: 2, arbitrary: pushed }, { weight: 1, arbitrary: fc.constant(null) });

test('numbers come out in the order of their times, each once, and the memory is given back', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const before = kernels.allocatedBytes();
      const queue = kernels.queueNew();
      const waiting: { readonly time: bigint; readonly number: number }[] = [];
      let now = 0;
      for (const [number, each] of steps.entries()) {
        if (each !== null) {
          now += each.ahead;
          const time = BigInt(now - each.late) * 1_000_000_007n;
          kernels.queuePush(queue, time, number);
          waiting.push({ time, number });
        } else if (waiting.length > 0) {
          waiting.sort((a, b) => Number(a.time - b.time));
          const earliest = waiting[0]?.time ?? 0n;
          expect(kernels.queueFirst(queue)).toBe(earliest);
          const taken = kernels.queuePop(queue) >>> 0;
          const at = waiting.findIndex((entry) => entry.number === taken);
          expect(waiting[at]?.time).toBe(earliest);
          waiting.splice(at, 1);
        }
        expect(kernels.queueCount(queue)).toBe(waiting.length);
      }
      if (waiting.length === 0) expect(kernels.queueFirst(queue)).toBe(2n ** 63n - 1n);
      kernels.queueDrop(queue);
      expect(kernels.allocatedBytes()).toBe(before);
    }),
    { numRuns: Number(process.env.TIDEMARK_FUZZ_RUNS ?? 500) },
  );
});
