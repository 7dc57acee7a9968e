import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SourceText } from '../../../src/diagnostics/source-text.ts';
import { Engine } from '../../../src/engine.ts';
import { isAppendOnly } from '../../../src/plan/logical.ts';
import type { StreamStore } from '../../../src/streams/stream-store.ts';
import { typeText, withNullable } from '../../../src/types/sql-type.ts';
import { inputStreamOptions, putLines } from './job-input.ts';
import type { KilledJob } from './killed-jobs.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The folders of the living queries whose data lie beside them. */
const folders = ['clickstream', 'fraud', 'leaderboard'];

/** Files as `setup.sql` names them. */
const fileOptions = /'connector' = 'filesystem',\s*'path' = '([^']+)',\s*'format' = 'json'/g;

/** `clickstream/hourly.sql` and the like. */
export const livingQueries: readonly string[] = folders.flatMap((folder) =>
  readdirSync(join(root, 'queries', folder))
    .filter((name) => name.endsWith('.sql') && name !== 'setup.sql')
    .map((name) => `${folder}/${name}`),
);

/** A living query as a job from streams to a stream: what its tables read from files lies in streams of the same lines. */
export async function livingJob(path: string, store: StreamStore): Promise<KilledJob> {
  const [folder = ''] = path.split('/');
  const setup = readFileSync(join(root, 'queries', folder, 'setup.sql'), 'utf8');
  const query = readFileSync(join(root, 'queries', path), 'utf8');
  for (const [, files = ''] of setup.matchAll(fileOptions)) {
    if (!store.listStreams().includes(streamOf(files)))
      await putLines(store, streamOf(files), linesOf(join(root, files)));
  }
  const tables = setup.replace(fileOptions, (_, files: string) => inputStreamOptions(streamOf(files)));
  return { name: path, over: 'streams', tables, ...(await insertable(setup, query)) };
}

function streamOf(files: string): string {
  return files.replace(/\W+/g, '-');
}

/** A shard of each file. */
function linesOf(path: string): string[][] {
  const paths = statSync(path).isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [path];
  return paths.sort().map((each) => readFileSync(each, 'utf8').trimEnd().split('\n'));
}

/** The query, with a table that takes its rows: a table has one event time at most. */
async function insertable(setup: string, query: string): Promise<Pick<KilledJob, 'columns' | 'query' | 'isUpdating'>> {
  const engine = new Engine();
  for await (const event of engine.run(new SourceText('living.sql', `${setup}\n${query}`))) {
    if (event.kind === 'refused') throw new Error(event.diagnostics.map(({ message }) => message).join('\n'));
    if (event.kind !== 'answer') continue;
    const { columns, changes } = event.header;
    const declared = columns.map(({ name, type }) => `\`${name}\` ${typeText(withNullable(type, true))}`);
    const selected = columns.map(({ name, type, timeAttribute }) =>
      timeAttribute === undefined ? `\`${name}\`` : `CAST(\`${name}\` AS ${typeText(withNullable(type, true))})`,
    );
    return {
      columns: declared.join(', '),
      query: `SELECT ${selected.join(', ')} FROM (\n${query.trim().replace(/;$/, '')}\n)`,
      isUpdating: !isAppendOnly(changes),
    };
  }
  throw new Error('it answers nothing');
}
