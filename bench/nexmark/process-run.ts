import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nexmarkQuery, nexmarkSetup } from '../../test/support/nexmark/run-nexmark.ts';
import type { Usage } from './usage.ts';

const bin = fileURLToPath(new URL('../../src/cli/launch.js', import.meta.url));
const preload = new URL('../process-usage.js', import.meta.url).href;

/** What a query over a folder's files costs as a whole process, its start included; its rows go nowhere. */
export function processUsage(folder: string, query: string): Usage {
  const sql = `${nexmarkSetup(folder)}
    CREATE TABLE nothing WITH ('connector' = 'blackhole') AS ${nexmarkQuery(query)}`;
  const fromMs = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ['--import', preload, bin, 'run', '-e', sql], {
    encoding: 'utf8',
  });
  const wallMs = performance.now() - fromMs;
  const usage = stderr.match(/^usage (.*)$/m)?.[1];
  if (status !== 0 || usage === undefined) throw new Error(`${query}: exit code ${status}: ${stderr}`);
  return { wallMs, ...(JSON.parse(usage) as Pick<Usage, 'cpuMs' | 'peakMb'>) };
}
