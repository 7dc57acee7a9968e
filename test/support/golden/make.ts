import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildKernels } from '../../../.ci/build/kernels.ts';
import { layoutVersion } from '../../../src/state/manifest.ts';
import { release } from '../../../src/state/release.ts';
import { savepointOf } from '../../../src/state/savepoint.ts';
import { machine } from '../../../src/streams/machine.ts';
import { Random } from '../streams/random.ts';
import { type GoldenJob, goldenJobs } from './golden-jobs.ts';
import { goldenFolder, runGolden } from './golden-run.ts';
import { layoutHashes } from './layout.ts';

const usage = `usage: npm run golden [-- --layout]
Makes savepoints of this release and layout in ${goldenFolder}, with what each job writes behind it. None is made twice.
  --layout  notes only that the kernels lay the state out as they did, though their sources have changed`;

/** Where the jobs write: the path is in their savepoints, and is replaced where they are read. */
const scratch = 'node_modules/.cache/golden';

/** Rows of a file; a job is stopped when it has read about half of all. */
const rowsOfFile = 70;

const [option] = process.argv.slice(2);
if (option !== undefined && option !== '--layout') {
  console.log(usage);
  process.exit(2);
}
await buildKernels();
writeFileSync(
  join(goldenFolder, 'layout.json'),
  `${JSON.stringify({ version: layoutVersion, kernels: layoutHashes() }, null, 2)}\n`,
);
if (option === undefined) await makeAll();

async function makeAll(): Promise<void> {
  if (!existsSync(join(goldenFolder, 'input'))) makeInput();
  for (const job of goldenJobs) {
    const folder = join(goldenFolder, `${release}-layout-${layoutVersion}`, job.name.replace(/\W+/g, '-'));
    if (existsSync(folder)) continue;
    await make(job, folder);
    const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    console.log(`${folder}   ${bytes.toLocaleString('en')} bytes`);
  }
  rmSync(scratch, { recursive: true, force: true });
}

async function make(job: GoldenJob, folder: string): Promise<void> {
  const { isUpdating = false } = job;
  rmSync(scratch, { recursive: true, force: true });
  const parts = { script: scriptOf(job), folder: scratch, isUpdating };
  const whole = await runGolden(parts);
  const before = await runGolden({ ...parts, stopAt: rowsOfFile });
  if (before.refusal !== null) throw new Error(before.refusal);
  const [jobFolder = ''] = readdirSync(join(scratch, 'jobs'));
  await savepointOf(machine, join(scratch, 'jobs', jobFolder), { path: folder, among: '' });
  rmSync(join(scratch, 'jobs'), { recursive: true });
  const after = await runGolden({ ...parts, settings: { 'execution.state-recovery.path': folder } });
  const both = isUpdating ? summed([...before.rows, ...after.rows]) : [...before.rows, ...after.rows].sort();
  const isRight = whole.rows.length > 0 && after.rows.length > 0 && JSON.stringify(both) === JSON.stringify(whole.rows);
  if (!isRight) {
    rmSync(folder, { recursive: true });
    throw new Error(
      `${job.name}: ${whole.rows.length} rows in one run, ${before.rows.length} and ${after.rows.length} in two ${after.refusal ?? ''}`,
    );
  }
  writeFileSync(join(folder, 'expected.txt'), `${after.rows.join('\n')}\n`);
}

/** Counts of rows, added up. */
function summed(lines: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const at = line.indexOf(' ');
    const row = line.slice(at + 1);
    counts.set(row, (counts.get(row) ?? 0) + Number(line.slice(0, at)));
  }
  return [...counts].flatMap(([row, count]) => (count === 0 ? [] : [`${count} ${row}`])).sort();
}

function scriptOf({ name, columns, query, isUpdating = false }: GoldenJob): string {
  const input = (table: string, folder: string, more = ''): string =>
    `CREATE TABLE ${table} (id INT, ts TIMESTAMP(3), k INT, v BIGINT, name STRING, ${more}WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector' = 'filesystem', 'path' = '${goldenFolder}/input/${folder}', 'format' = 'json');`;
  return [
    "SET 'execution.checkpointing.interval' = '1 h';",
    `SET 'pipeline.name' = '${name}';`,
    "SET 'tidemark.batch-size' = '20';",
    input('events', 'events'),
    input('others', 'others'),
    input('rates', 'others', 'PRIMARY KEY (k) NOT ENFORCED, '),
    `CREATE TABLE written (${columns}) WITH ('connector' = 'filesystem', 'path' = '${scratch}/written', 'format' = '${isUpdating ? 'debezium-json' : 'json'}');`,
    `INSERT INTO written ${query};`,
  ].join('\n');
}

/** Some disorder, keys that come often, over a minute: windows close on both sides of the savepoint. */
function makeInput(): void {
  const random = new Random(1);
  for (const table of ['events', 'others']) {
    mkdirSync(join(goldenFolder, 'input', table), { recursive: true });
    for (const shard of [0, 1]) {
      const lines = Array.from({ length: rowsOfFile }, (_, row) => {
        const ts = new Date(Date.UTC(2024, 0, 1) + row * 800 - random.int(900));
        const k = random.int(random.chance(0.7) ? 6 : 40);
        const name = `name ${random.int(12)} ${'x'.repeat(random.int(5))}`;
        const text = ts.toISOString().replace('T', ' ').replace('Z', '');
        return JSON.stringify({ id: row * 2 + shard, ts: text, k, v: random.int(100), name });
      });
      writeFileSync(join(goldenFolder, 'input', table, `${shard}.json`), `${lines.join('\n')}\n`);
    }
  }
}
