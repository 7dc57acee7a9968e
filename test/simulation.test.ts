import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runWorld } from './simulation/run-world.ts';
import { type World, worldOf } from './simulation/world.ts';

/** Seeds one behind the other, so many or for so long; a long run begins anywhere. */
const seconds = Number(process.env.TIDEMARK_SIM_SECONDS ?? 0);
const seeds = Number(process.env.TIDEMARK_SIM_SEEDS ?? (seconds > 0 ? Number.POSITIVE_INFINITY : 30));
const first = Number(process.env.TIDEMARK_SIM_FIRST ?? (seconds > 0 ? Date.now() % 1_000_000_000 : 0));

/** A slow machine takes half a second for a world. */
const timeout = (600 + seconds + (Number.isFinite(seeds) ? seeds / 2 : 0)) * 1000;

/** Worlds in which something was wrong once. */
const regressions = JSON.parse(
  readFileSync(new URL('./regressions/simulation.json', import.meta.url), 'utf8'),
) as readonly { readonly found: string; readonly world: World }[];

async function run(world: World): Promise<string | null> {
  try {
    await runWorld(world);
    return null;
  } catch (error) {
    const { name, message, stack } = error as Error;
    return `seed ${world.seed}: ${name === 'Wrong' ? message : stack}\n${JSON.stringify(world)}`;
  }
}

describe('a job that is stopped by anything, at any time, goes on as if nothing had happened', () => {
  test(`whatever a seed makes happen, from ${first} on`, { timeout }, async () => {
    const endMs = seconds > 0 ? performance.now() + seconds * 1000 : Number.POSITIVE_INFINITY;
    const wrong: string[] = [];
    let count = 0;
    for (; count < seeds && performance.now() < endMs && wrong.length < 10; count++) {
      const failure = await run(worldOf(first + count));
      if (failure !== null) wrong.push(failure);
    }
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(0);
    if (seconds > 0) process.stdout.write(`${count} seeds from ${first} on\n`);
  });

  test.each(regressions)('where it was wrong once: $found', { timeout: 60_000 }, async ({ world }) => {
    expect(await run(world)).toBeNull();
  });
});
