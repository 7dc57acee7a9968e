import { Choices } from './choices.ts';
import { filters } from './queries/filters.ts';
import { groups } from './queries/groups.ts';
import { joins } from './queries/joins.ts';
import { laterals } from './queries/laterals.ts';
import { overs, timedOvers } from './queries/overs.ts';
import { rankings } from './queries/rankings.ts';
import { sessions } from './queries/sessions.ts';
import { setOperations } from './queries/set-operations.ts';
import { subqueries } from './queries/subqueries.ts';
import { intervalJoins, temporalJoins, windowJoins } from './queries/timed-joins.ts';
import { windowGroups } from './queries/window-groups.ts';
import type { World } from './random-world.ts';
import { type QueryMaker, Scope } from './scope.ts';
import type { TableOptions } from './tables.ts';
import { timedView } from './timed-view.ts';

/** A class of queries: how one is made, and over what. */
export interface QueryClass {
  readonly maker: QueryMaker;
  readonly tables: readonly TableOptions['time'][];
  /** What may stand in the place of a table. */
  readonly nested: readonly QueryMaker[];
  /** A further table is a view with an event time. */
  readonly hasView: boolean;
}

const nested: readonly QueryMaker[] = [filters, joins, groups, rankings, setOperations, subqueries, overs, laterals];
const overAnyTables = (maker: QueryMaker): QueryClass => ({ maker, tables: ['none', 'none'], nested, hasView: false });
const overTime = (maker: QueryMaker, ...tables: TableOptions['time'][]): QueryClass => ({
  maker,
  tables,
  nested: [],
  hasView: true,
});

/** All, by name. */
export const classes = {
  filters: overAnyTables(filters),
  joins: overAnyTables(joins),
  groups: overAnyTables(groups),
  rankings: overAnyTables(rankings),
  'set operations': overAnyTables(setOperations),
  subqueries: overAnyTables(subqueries),
  overs: overAnyTables(overs),
  laterals: overAnyTables(laterals),
  'overs of time': overTime(timedOvers, 'append', 'own'),
  'interval joins': overTime(intervalJoins, 'append', 'append'),
  'window joins': overTime(windowJoins, 'append', 'append'),
  'temporal joins': overTime(temporalJoins, 'append', 'versions'),
  'groups of windows': overTime(windowGroups, 'some', 'append'),
  // A session that rows have joined does not fall apart when one of them is taken back, as in Flink.
  sessions: overTime(sessions, 'append', 'append'),
} as const satisfies Readonly<Record<string, QueryClass>>;

export type ClassName = keyof typeof classes;

/** A query of a class that is made of these bytes, and the world that it is asked in. */
export function queryOf(world: World, bytes: readonly number[], { maker, nested, hasView }: QueryClass) {
  const scope = new Scope(new Choices(bytes), world.tables, nested);
  if (!hasView) return { world, scope, query: maker(scope) };
  const view = timedView(scope);
  const tables = [...world.tables, view];
  const all = new Scope(scope.choices, tables, nested);
  return { world: { ...world, tables }, scope: all, query: maker(all) };
}
