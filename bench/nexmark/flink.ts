import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root } from '../../test/support/tidy/source-files.ts';
import type { Usage } from './usage.ts';

/** Object reuse, mini-batches, two-phase and split distinct aggregation, two threads: Flink at its best. */
const configuration = 'F-heap-mb-2';
/**
 * Those whose state fills a heap of 4 GB: collecting it holds the TaskManager up until its heartbeat is missed, or costs
 * most of the time.
 */
const heaps: Readonly<Record<string, string>> = { q6: '14g', q7: '8g', q9: '14g', q16: '8g', q23: '14g' };

/** The scripts that run the same queries on Apache Flink 2.2, beside the project or where TIDEMARK_NEXMARK_FLINK says. */
export function flinkTools(): { readonly generator: string; readonly runner: string } | null {
  const folder = resolve(root, process.env.TIDEMARK_NEXMARK_FLINK ?? '../shared/nexmark');
  const tools = { generator: join(folder, 'generate.mjs'), runner: join(folder, 'flink/run.mjs') };
  return existsSync(tools.generator) && existsSync(tools.runner) ? tools : null;
}

/** What a query costs Flink, its start (which an empty input costs too) taken off; or why it did not get through. */
export function flinkUsage(
  runner: string,
  folder: string,
  query: string,
): { readonly usage: Usage; readonly failed: null } | { readonly usage: null; readonly failed: string } {
  const work = mkdtempSync(join(tmpdir(), 'tidemark-bench-'));
  const out = join(work, 'times.json');
  try {
    execFileSync(
      process.execPath,
      [
        ...[runner, 'time', '--data', folder, '--queries', query, '--configs', configuration],
        ...['--heap', heaps[query] ?? '4g', '--out', out],
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const [row] = JSON.parse(readFileSync(out, 'utf8')) as FlinkRow[];
    if (row === undefined) return { usage: null, failed: 'no answer' };
    if ('error' in row) return { usage: null, failed: row.error };
    const usage = { wallMs: row.netMs, cpuMs: row.cpuMs - row.startCpuMs, peakMb: row.peakMb };
    return { usage, failed: null };
  } catch (error) {
    return { usage: null, failed: String(error) };
  } finally {
    rmSync(work, { recursive: true });
  }
}

type FlinkRow =
  | { readonly error: string }
  | { readonly netMs: number; readonly cpuMs: number; readonly startCpuMs: number; readonly peakMb: number };
