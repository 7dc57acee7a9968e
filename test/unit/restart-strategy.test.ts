import { expect, test } from 'vitest';
import { Settings } from '../../src/catalog/settings.ts';
import { restartStrategy } from '../../src/runtime/restart-strategy.ts';

/** The waits after failures at these times; `random`: what each asks for. */
function waits(
  settings: Readonly<Record<string, string>>,
  failuresMs: readonly number[],
  { hasCheckpoints = true, random = 0.5 } = {},
): (number | null)[] {
  const named = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`restart-strategy.${name}`, value]),
  );
  const strategy = restartStrategy(new Settings(named), { hasCheckpoints, random01: () => random });
  return failuresMs.map((failedMs) => strategy.next(failedMs));
}

test('a job with checkpoints runs again by default, after waits that grow to a minute; one without does not', () => {
  const grown = waits(
    {},
    Array.from({ length: 14 }, (_, failure) => failure * 60_000),
  );
  expect(grown.slice(0, 4)).toEqual([1000, 1500, 2250, 3375]);
  expect(grown.slice(10)).toEqual([57_665, 60_000, 60_000, 60_000]);
  expect(waits({}, [0], { hasCheckpoints: false })).toEqual([null]);
});

test.each(['none', 'off', 'disable'])('%s: it does not run again', (type) => {
  expect(waits({ type }, [0])).toEqual([null]);
});

test.each(['fixed-delay', 'fixeddelay', 'FIXED_DELAY'])('%s: so many times, each after the same wait', (type) => {
  expect(waits({ type }, [0, 10])).toEqual([1000, null]);
  expect(
    waits({ type, 'fixed-delay.attempts': '2', 'fixed-delay.delay': '3 s' }, [0, 10, 20], { hasCheckpoints: false }),
  ).toEqual([3000, 3000, null]);
});

test('failure-rate: with more failures than so many within an interval it has failed for good', () => {
  const settings = {
    type: 'failure-rate',
    'failure-rate.max-failures-per-interval': '2',
    'failure-rate.failure-rate-interval': '1 min',
    'failure-rate.delay': '5 s',
  };
  // The third is 60,001 ms behind the first, the fourth 60,000 ms behind the second.
  expect(waits(settings, [0, 10_000, 60_001, 70_000])).toEqual([5000, 5000, 5000, null]);
  expect(waits({ type: 'failure-rate' }, [0, 60_001, 120_000])).toEqual([1000, 1000, null]);
});

test('exponential-delay: the wait sways at random, and never falls below the first or rises above the highest', () => {
  const settings = { type: 'exponential-delay', 'exponential-delay.backoff-multiplier': '2' };
  expect(waits(settings, [0, 1, 2], { random: 0 })).toEqual([1000, 1800, 3600]);
  expect(waits(settings, [0, 1, 2], { random: 0.75 })).toEqual([1050, 2100, 4200]);
  expect(waits({ ...settings, 'exponential-delay.max-backoff': '2 s' }, [0, 1, 2], { random: 0.75 })).toEqual([
    1050, 2000, 2000,
  ]);
  expect(waits({ ...settings, 'exponential-delay.jitter-factor': '0' }, [0, 1], { random: 0 })).toEqual([1000, 2000]);
});

test('exponential-delay: after an hour without a failure the waits, and the attempts, begin anew', () => {
  const settings = { type: 'exponential-delay', 'exponential-delay.attempts-before-reset-backoff': '2' };
  // The second failure runs again at 2,500 ms: an hour from there.
  expect(waits(settings, [0, 1000, 3_602_499])).toEqual([1000, 1500, null]);
  expect(waits(settings, [0, 1000, 3_602_500])).toEqual([1000, 1500, 1000]);
});

test('values that make no sense are refused', () => {
  const refused = (name: string, value: string) => () => new Settings({ [`restart-strategy.${name}`]: value });
  expect(refused('type', 'always')).toThrow('"always" is no value for "restart-strategy.type"');
  expect(refused('exponential-delay.jitter-factor', '1.5')).toThrow('"1.5" is no value');
  expect(refused('exponential-delay.backoff-multiplier', '0.5')).toThrow('"0.5" is no value');
  expect(refused('failure-rate.max-failures-per-interval', '0')).toThrow('"0" is no value');
});
