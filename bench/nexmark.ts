import { expected, nexmarkSums, queryNames } from '../test/support/nexmark/run-nexmark.ts';
import type { Bench, BenchResult } from './harness.ts';
import { arrowMs, eventBatches } from './nexmark/arrow-run.ts';
import { nexmarkData } from './nexmark/data.ts';
import { flinkTools, flinkUsage } from './nexmark/flink.ts';
import { processUsage } from './nexmark/process-run.ts';
import type { Usage } from './nexmark/usage.ts';

/** TIDEMARK_NEXMARK_EVENTS and TIDEMARK_NEXMARK_QUERIES make a shorter run. */
const events = Number(process.env.TIDEMARK_NEXMARK_EVENTS ?? 10_000_000);
const chosen = process.env.TIDEMARK_NEXMARK_QUERIES?.split(',') ?? queryNames;

/** So many events fit in memory twice: as Arrow batches, and what a query keeps of them. */
const arrowEvents = Math.min(events, 1_000_000);

/** Every query over the same JSON lines, here and on Flink: per CPU second, as Flink runs on several threads. */
export const nexmark: Bench = {
  name: 'nexmark',
  title: `the auction benchmark over ${(events / 1e6).toLocaleString('en')} M events, per CPU second, against Apache Flink 2.2`,
  async run() {
    const { folder, flinkFolder } = nexmarkData(events);
    const tools = flinkTools();
    if (tools === null) console.log('  Flink is not measured: its scripts are not beside the project');
    const arrow = nexmarkData(arrowEvents).folder;
    const batches = await eventBatches(arrow);
    const results: BenchResult[] = [];
    for (const query of queryNames.filter((name) => chosen.includes(name))) {
      const values = await checkedValues(folder, query);
      const ours = processUsage(folder, query);
      const fromArrow = (arrowEvents / (await arrowMs(arrow, batches, query))) * 1000;
      const flink = tools === null || flinkFolder === null ? null : flinkUsage(tools.runner, flinkFolder, query);
      const [rate, peerRate] = [perCpuSecond(ours), flink === null ? Number.NaN : perCpuSecond(flink)];
      const ratio = rate / peerRate;
      const of = (usage: Usage): string => `${thousands(perCpuSecond(usage))}, ${usage.peakMb.toFixed(0)} MB`;
      console.log(
        `  ${query.padEnd(16)} tidemark ${of(ours)}   from Arrow ${thousands(fromArrow)}   flink ${flink === null ? '-' : of(flink)}   ratio ${ratio.toFixed(1)}   (${values} values checked)`,
      );
      results.push({
        bench: `nexmark-${query}`,
        eventsPerSecond: Math.round(rate),
        peer: 'flink',
        peerEventsPerSecond: Math.round(peerRate),
        ratio: Number(ratio.toFixed(1)),
        checked: values > 0,
      });
    }
    const ratios = results.map(({ ratio }) => ratio).filter(Number.isFinite);
    if (ratios.length > 0) {
      const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
      console.log(`  geometric mean ${mean.toFixed(1)}, lowest ${Math.min(...ratios).toFixed(1)}`);
    }
    return results;
  },
};

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

function perCpuSecond({ cpuMs }: Usage): number {
  return (events * 1000) / cpuMs;
}

function thousands(rate: number): string {
  return `${Math.round(rate / 1000)
    .toLocaleString('en')
    .padStart(6)} k/s`;
}
