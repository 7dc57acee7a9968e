import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Bench, BenchResult } from './harness.ts';
import { pageViews } from './json/lines.ts';

const bin = fileURLToPath(new URL('../src/cli/launch.js', import.meta.url));
/** Of a whole process, in MB. */
const boundMb = 250;
/** A job's memory must not grow with its input: of twice the events it takes no more than chance adds. */
const growthMax = 1.1;

/** Peak resident memory of the process while events stream from a file into 1,000 keys. */
export const memory: Bench = {
  name: 'memory',
  title: `peak resident memory of a job over 10 M and 20 M events: at most ${boundMb} MB, and the same`,
  async run() {
    const results: BenchResult[] = [];
    let lowestMb = Number.POSITIVE_INFINITY;
    for (const events of [10_000_000, 20_000_000]) {
      const path = pageViews(events);
      const sql = `
        CREATE TABLE page_views (user_id BIGINT, event_time TIMESTAMP(3), WATERMARK FOR event_time AS event_time - INTERVAL '0.001' SECOND)
        WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = 'json');
        SELECT SUM(n) FROM (SELECT COUNT(*) AS n FROM TUMBLE(TABLE page_views, DESCRIPTOR(event_time), INTERVAL '1' HOUR)
          GROUP BY user_id, window_start, window_end);`;
      const from = performance.now();
      const { stdout, status, stderr } = spawnSync(
        '/usr/bin/env',
        [
          process.execPath,
          '--import',
          new URL('./process-usage.js', import.meta.url).href,
          bin,
          'run',
          '-e',
          sql,
          '--format',
          'jsonl',
        ],
        { encoding: 'utf8', maxBuffer: 1 << 30 },
      );
      const seconds = (performance.now() - from) / 1000;
      if (status !== 0) throw new Error(`exit code ${status}: ${stderr}`);
      const total = Number(
        stdout
          .trim()
          .split('\n')
          .at(-1)
          ?.match(/(\d+)\D*$/)?.[1],
      );
      if (total !== events) throw new Error(`${total} of ${events} events were counted`);
      const { peakMb } = JSON.parse(stderr.match(/^usage (.*)$/m)?.[1] ?? '{}') as { readonly peakMb: number };
      console.log(`  ${events / 1e6} M events: ${peakMb.toFixed(0)} MB`);
      if (!(peakMb <= boundMb)) throw new Error(`${peakMb.toFixed(0)} MB is above ${boundMb}`);
      lowestMb = Math.min(lowestMb, peakMb);
      if (peakMb > lowestMb * growthMax)
        throw new Error(`${peakMb.toFixed(0)} MB after ${lowestMb.toFixed(0)} MB: it grows`);
      results.push({
        bench: `memory-${events / 1e6}m`,
        eventsPerSecond: Math.round(events / seconds),
        peer: `${boundMb} MB`,
        peerEventsPerSecond: 0,
        ratio: Number((boundMb / peakMb).toFixed(2)),
        checked: true,
      });
    }
    return results;
  },
};
