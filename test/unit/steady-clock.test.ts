import { expect, test } from 'vitest';
import type { Clock } from '../../src/runtime/clock.ts';
import { SteadyClock } from '../../src/runtime/steady-clock.ts';

/** Wall times against the time that has passed: both by the test. */
class TwoTimes implements Clock {
  wallMs = 0;
  passedMs = 0;

  nowMs(): number {
    return this.wallMs;
  }

  elapsedMs(): number {
    return this.passedMs;
  }

  async giveTurn(): Promise<void> {}

  async wait(): Promise<void> {}
}

const at = (text: string): number => Date.parse(`2024-01-01T${text}Z`);

test('the drawing: a clock that was set back by a minute is caught up with in two', () => {
  const times = new TwoTimes();
  times.wallMs = at('12:00:00');
  const clock = new SteadyClock(times);
  const seen: number[] = [];
  for (const [passedMs, wall] of [
    [0, '12:00:00'],
    [10_000, '12:00:10'],
    [10_000, '11:59:20'],
    [30_000, '11:59:40'],
    [50_000, '12:00:00'],
    [100_000, '12:00:50'],
    [110_000, '12:01:00'],
  ] as const) {
    times.passedMs = passedMs;
    times.wallMs = at(wall);
    seen.push(clock.nowMs());
  }
  expect(seen).toEqual(['12:00:00', '12:00:10', '12:00:10', '12:00:20', '12:00:30', '12:00:55', '12:01:00'].map(at));
});

test('a clock that was set ahead is followed at once', () => {
  const times = new TwoTimes();
  const clock = new SteadyClock(times);
  times.wallMs = 3_600_000;
  expect(clock.nowMs()).toBe(3_600_000);
});

test('time goes on from where it was at a checkpoint', () => {
  const times = new TwoTimes();
  times.wallMs = 1000;
  const clock = new SteadyClock(times, 5000);
  expect(clock.nowMs()).toBe(5000);
  times.passedMs = 1000;
  times.wallMs = 2000;
  expect(clock.nowMs()).toBe(5500);
  times.passedMs = 9000;
  times.wallMs = 10_000;
  expect(clock.nowMs()).toBe(10_000);
});

test('within a millisecond it stands with the wall clock, however often it is asked', () => {
  const times = new TwoTimes();
  times.wallMs = 1000;
  const clock = new SteadyClock(times);
  for (let step = 1; step < 10; step++) {
    times.passedMs = step / 10;
    expect(clock.nowMs()).toBe(1000);
  }
});
