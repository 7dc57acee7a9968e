import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { Statement } from '../../src/sql/ast.ts';
import { parseScript } from '../../src/sql/parse.ts';
import { queries, type SimulatedQuery, tablesOf } from './queries.ts';
import type { StreamName } from './records.ts';
import type { World } from './world.ts';

/** With all records there from the start some are late; live, time waits for all. */
export const feeds = {
  before: { delaySeconds: 1, disorderMs: 4000 },
  live: { delaySeconds: 10, disorderMs: 4000 },
} as const;

/** Plans and constants of all engines: the jobs have their own. */
export const memory = Memory.create();

/** What a world's runs, with faults and without, have in common. */
export interface Setting {
  readonly world: World;
  readonly plan: PlannedQuery;
}

export interface PlannedQuery {
  readonly query: SimulatedQuery;
  readonly declarations: readonly Statement[];
  readonly insert: Statement;
  /** The streams that it reads, one as often as it does. */
  readonly reads: readonly StreamName[];
}

const planned = new Map<string, Promise<PlannedQuery>>();

export function planOf(world: World): Promise<PlannedQuery> {
  const key = `${world.feed} ${world.sink} ${world.query}`;
  const known = planned.get(key) ?? planQuery(world);
  planned.set(key, known);
  return known;
}

async function planQuery({ query: wanted, feed, sink }: World): Promise<PlannedQuery> {
  const query = queries.find(({ name }) => name === wanted);
  if (query === undefined) throw new Error(`no query "${wanted}"`);
  const tables = tablesOf(query, { isBounded: feed === 'before', delaySeconds: feeds[feed].delaySeconds, sink });
  const script = new SourceText('world.sql', `${tables}\nINSERT INTO written ${query.text};`);
  const { statements } = parseScript(script);
  const insert = statements.at(-1);
  if (insert === undefined) throw new Error('no statement');
  let text = '';
  for await (const event of new Engine({ memory }).explain(script)) {
    if (event.kind === 'refused') throw new DiagnosticError(event.diagnostics);
    text = event.text;
  }
  const tableNames = [...text.matchAll(/^source-(\w+)-\d+:/gm)].map(([, table]) => table);
  const reads = tableNames.map((table) => (table === 'events' ? 'events' : 'others'));
  return { query, declarations: statements.slice(0, -1), insert, reads };
}
