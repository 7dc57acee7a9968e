import { performance } from 'node:perf_hooks';

/** One line of a bench's answer. Rates in events per second; `ratio` is ours over the peer's. */
export interface BenchResult {
  readonly bench: string;
  readonly eventsPerSecond: number;
  readonly peer: string;
  readonly peerEventsPerSecond: number;
  readonly ratio: number;
  readonly checked: boolean;
}

export interface Bench {
  readonly name: string;
  readonly title: string;
  run(): Promise<readonly BenchResult[]>;
}

/** A way to do the work. */
export interface Contender {
  readonly name: string;
  /** Does it once; with `check`, gives a checksum that all ways must agree on. */
  work(check: boolean): Promise<string>;
}

const rounds = 5;

/**
 * Runs both once for their results, which must be equal, then five times in turn; medians.
 * @throws Error when the results differ
 */
export async function compare(bench: string, events: number, ours: Contender, peer: Contender): Promise<BenchResult> {
  const [result, peerResult] = [await ours.work(true), await peer.work(true)];
  if (result !== peerResult)
    throw new Error(`${bench}: ${ours.name} gives ${result}, ${peer.name} gives ${peerResult}`);
  const [ms = 0, peerMs = 0] = await inTurn([ours, peer], rounds);
  const rate = events / (ms / 1000);
  const peerRate = events / (peerMs / 1000);
  console.log(
    `  ${ours.name} ${millions(rate)}   ${peer.name} ${millions(peerRate)}   ratio ${(rate / peerRate).toFixed(2)}   (checked: ${result})`,
  );
  return {
    bench,
    eventsPerSecond: Math.round(rate),
    peer: peer.name,
    peerEventsPerSecond: Math.round(peerRate),
    ratio: Number((rate / peerRate).toFixed(2)),
    checked: true,
  };
}

/** The median of each contender's times, in ms, when they take turns: what slows the machine down slows all of them. */
export async function inTurn(contenders: readonly Contender[], rounds: number): Promise<readonly number[]> {
  const times: number[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [at, contender] of contenders.entries()) times[at]?.push(await timed(contender));
  }
  return times.map(median);
}

/** Milliseconds of one run. */
export async function timed({ work }: Pick<Contender, 'work'>): Promise<number> {
  const start = performance.now();
  await work(false);
  return performance.now() - start;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

function millions(rate: number): string {
  return `${(rate / 1e6).toFixed(1)} M/s`;
}
