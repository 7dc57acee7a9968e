import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expected, nexmarkSums, queryNames } from '../test/support/nexmark/run-nexmark.ts';
import type { Bench, BenchResult } from './harness.ts';
import { arrowMs, eventBatches } from './nexmark/arrow-run.ts';
import { nexmarkData } from './nexmark/data.ts';
import { flinkTools, flinkUsage } from './nexmark/flink.ts';
import { type Measured, MeasuredFile } from './nexmark/measured.ts';
import { processUsage } from './nexmark/process-run.ts';
import { rateOf, ratioOf, table, thousands, verdict } from './nexmark/summary.ts';
import type { Usage } from './nexmark/usage.ts';

/**
 * TIDEMARK_NEXMARK_EVENTS and TIDEMARK_NEXMARK_QUERIES (a list: q3,q18) make a shorter run; what stands in the file that
 * TIDEMARK_NEXMARK_RESULTS names is not measured again.
 */
const events = Number(process.env.TIDEMARK_NEXMARK_EVENTS ?? 10_000_000);
const chosen = process.env.TIDEMARK_NEXMARK_QUERIES?.split(',') ?? queryNames;

/** So many events fit in memory twice: as Arrow batches, and what a query keeps of them. */
const arrowEvents = Math.min(events, 1_000_000);

/** Every query over the same JSON lines, here and on Flink: per CPU second, as Flink runs on several threads. */
export const nexmark: Bench = {
  name: 'nexmark',
  title: `the auction benchmark over ${(events / 1e6).toLocaleString('en')} M events, per CPU second, against Apache Flink 2.2`,
  async run() {
    const strange = chosen.filter((query) => !queryNames.includes(query));
    if (strange.length > 0) throw new Error(`no query ${strange.join(', ')}; there are ${queryNames.join(', ')}`);
    const fromMs = performance.now();
    const minutes = (): string => `${((performance.now() - fromMs) / 60_000).toFixed(1)} min`;
    const file = new MeasuredFile(process.env.TIDEMARK_NEXMARK_RESULTS ?? newFile(), events);
    console.log(`  results: ${file.path}`);
    const measure = await measuring();
    const queries = queryNames.filter((name) => chosen.includes(name));
    const all: Measured[] = [];
    for (const [at, query] of queries.entries()) {
      // Where Flink failed it is tried again.
      const found = file.known(query);
      const known = found?.flink === null && flinkTools() !== null ? undefined : found;
      const measured = known ?? (await measure(query));
      if (known === undefined) file.add(measured);
      all.push(measured);
      const when = known === undefined ? minutes() : 'measured before';
      console.log(`  ${String(at + 1).padStart(2)} of ${queries.length}  ${lineOf(measured)}   ${when}`);
    }
    console.log(`\n${table(all)}\n\n  ${verdict(all)}\n  ${minutes()} in all`);
    return all.map(resultOf);
  },
};

/** A run of its own. */
function newFile(): string {
  return join(
    tmpdir(),
    'tidemark-bench',
    `nexmark-${events}-${new Date().toISOString().replaceAll(/[:.]/g, '-')}.jsonl`,
  );
}

/** Measures a query: its result first. */
async function measuring(): Promise<(query: string) => Promise<Measured>> {
  const { folder, flinkFolder } = nexmarkData(events);
  const tools = flinkTools();
  if (tools === null) console.log('  Flink is not measured: its scripts are not beside the project');
  const arrow = nexmarkData(arrowEvents).folder;
  const batches = await eventBatches(arrow);
  return async (query) => {
    const values = await checkedValues(folder, query);
    const ours = processUsage(folder, query);
    const fromArrow = (arrowEvents / (await arrowMs(arrow, batches, query))) * 1000;
    const theirs =
      tools === null || flinkFolder === null
        ? { usage: null, failed: 'not there' }
        : flinkUsage(tools.runner, flinkFolder, query);
    return { query, events, ours, fromArrow, flink: theirs.usage, flinkFailed: theirs.failed, values };
  };
}

/** How many values of the reference hold for a query over these events. @throws Error when one does not */
async function checkedValues(folder: string, query: string): Promise<number> {
  const known = Object.values(expected).find((set) => set.events === events && set.rate === 10_000)?.queries[query];
  const values = Object.entries(known?.values ?? {});
  if (values.length === 0) return 0;
  const sums = await nexmarkSums(folder, query, {});
  for (const [name, value] of values) {
    if (sums[name] !== value) throw new Error(`${query}: ${name} is ${sums[name]}, and not ${value}`);
  }
  return values.length;
}

function lineOf(measured: Measured): string {
  const { query, ours, flink, flinkFailed, fromArrow, values } = measured;
  const of = (usage: Usage): string =>
    `${thousands(rateOf(measured, usage)).padStart(6)} k/s, ${usage.peakMb.toFixed(0)} MB`;
  const theirs = flink === null ? `- (${flinkFailed?.split('\n')[0]})` : of(flink);
  return `${query.padEnd(16)} tidemark ${of(ours)}   from Arrow ${thousands(fromArrow).padStart(6)} k/s   flink ${theirs}   ratio ${ratioOf(measured)?.toFixed(1) ?? '-'}   (${values} values checked)`;
}

function resultOf(measured: Measured): BenchResult {
  const { query, ours, flink, values } = measured;
  return {
    bench: `nexmark-${query}`,
    eventsPerSecond: Math.round(rateOf(measured, ours)),
    peer: 'flink',
    peerEventsPerSecond: flink === null ? Number.NaN : Math.round(rateOf(measured, flink)),
    ratio: Number((ratioOf(measured) ?? Number.NaN).toFixed(1)),
    checked: values > 0,
  };
}
