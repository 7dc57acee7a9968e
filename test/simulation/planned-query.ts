import type { Table } from '../../src/catalog/table.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { Statement } from '../../src/sql/ast.ts';
import { parseScript } from '../../src/sql/parse.ts';
import { addedQueries, queries, readTables, type SimulatedQuery, tablesOf } from './queries.ts';
import type { RecordKind, StreamName } from './records.ts';
import type { World } from './world.ts';

/** With all records there from the start some are late; live, time waits for all. */
export const feeds = {
  before: { delaySeconds: 1, disorderMs: 4000 },
  live: { delaySeconds: 10, disorderMs: 4000 },
} as const;

/** What the records of a world are like. */
export function recordsOf({ feed, keeps }: World): RecordKind {
  const damage = feed === 'before' ? 'any' : 'cut';
  return { disorderMs: feeds[feed].disorderMs, damage: keeps ? damage : 'none' };
}

/** Plans and constants of all engines: the jobs have their own. */
export const memory = Memory.create();

/** What a world's runs, with faults and without, have in common. */
export interface Setting {
  readonly world: World;
  /** By life. */
  readonly plan: PlannedQuery;
}

export interface PlannedQuery {
  readonly query: SimulatedQuery;
  readonly declarations: readonly Statement[];
  /** One INSERT, or a set of two. */
  readonly job: Statement;
  /** The streams that it reads, one as often as it does. */
  readonly reads: readonly StreamName[];
  /** What is read: rows of it may be kept. */
  readonly tables: readonly Table[];
}

const planned = new Map<string, Promise<PlannedQuery>>();

/** `life`: the first is 0; the job may have another query in later ones. */
export function planOf(world: World, life: number): Promise<PlannedQuery> {
  const { feed, sink, keeps, query } = world;
  const added = world.added !== null && life >= world.added.fromLife ? world.added : null;
  const key = `${feed} ${sink} ${keeps} ${added?.query} ${added?.place} ${query}`;
  const known = planned.get(key) ?? planQuery({ ...world, added });
  planned.set(key, known);
  return known;
}

async function planQuery({ query: wanted, feed, sink, keeps, added }: World): Promise<PlannedQuery> {
  const query = queries.find(({ name }) => name === wanted);
  if (query === undefined) throw new Error(`no query "${wanted}"`);
  const { delaySeconds } = feeds[feed];
  const tables = tablesOf(query, {
    isBounded: feed === 'before',
    delaySeconds,
    sink,
    keeps,
    added: added?.query ?? null,
  });
  const inserts = [`INSERT INTO written ${query.text};`];
  if (added !== null)
    inserts.splice(added.place === 'before' ? 0 : 1, 0, `INSERT INTO added ${addedQueries[added.query].text};`);
  const text = inserts.length === 1 ? inserts.join('') : `EXECUTE STATEMENT SET BEGIN\n${inserts.join('\n')}\nEND;`;
  const script = new SourceText('world.sql', `${tables}\n${text}`);
  const { statements } = parseScript(script);
  const job = statements.at(-1);
  if (job === undefined) throw new Error('no statement');
  const engine = new Engine({ memory });
  let plan = '';
  for await (const event of engine.explain(script)) {
    if (event.kind === 'refused') throw new DiagnosticError(event.diagnostics);
    plan = event.text;
  }
  const names = [...plan.matchAll(/^source-(\w+)-\d+:/gm)].map(([, table]) => table as keyof typeof readTables);
  const { home } = engine.session;
  const read = [...new Set(names)].flatMap((name) => {
    const found = engine.session.find({ ...home, name });
    return found?.kind === 'table' ? found.table : [];
  });
  const reads = names.map((table) => readTables[table]);
  return { query, declarations: statements.slice(0, -1), job, reads, tables: read };
}
