import { pathText } from '../catalog/object-path.ts';
import { fail } from '../diagnostics/diagnostic.ts';
import type { SavedOperator, SavedValue } from '../memory/operator-state.ts';
import { fingerprint } from '../physical/fingerprint.ts';
import type { PhysicalGraph } from '../physical/graph.ts';
import { type Lineage, lineages } from '../physical/lineage.ts';
import { renamedTurns } from '../runtime/scheduler.ts';
import type { Manifest, SavedNode } from '../state/manifest.ts';
import { release } from '../state/release.ts';

/** What a job that cannot take its state over may do. */
export const waysOn =
  "go back to the query as it was; or go on without that state: 'execution.state-recovery.ignore-unclaimed-state' = " +
  "'true', or tidemark run --allow-non-restored-state; or start anew: tidemark run --fresh";

/**
 * Which saved operator each of the graph goes on from: one of the same work over a table of the same name. Of several the
 * one that has the most in common with it, so that a query may be put before another in a statement set.
 */
export function claims(graph: PhysicalGraph, manifest: Manifest): Map<string, SavedNode> {
  const origins = lineages(graph);
  const pairs = graph.operators.flatMap((node) => {
    const wanted = fingerprint(node);
    const origin = origins.get(node.id);
    return Object.entries(manifest.operators).flatMap(([savedId, saved]) => {
      if (origin === undefined || saved.fingerprint !== wanted || !isRelated(origin, saved.lineage)) return [];
      return [
        { id: node.id, savedId, saved, likeness: likeness(origin, saved.lineage) + (node.id === savedId ? 1 : 0) },
      ];
    });
  });
  pairs.sort((a, b) => b.likeness - a.likeness);
  const claimed = new Map<string, SavedNode>();
  const taken = new Set<string>();
  for (const { id, savedId, saved } of pairs) {
    if (claimed.has(id) || taken.has(savedId)) continue;
    claimed.set(id, saved);
    taken.add(savedId);
  }
  return claimed;
}

function isRelated(now: Lineage, saved: Lineage): boolean {
  return now.reads.length === 0 || saved.reads.length === 0 || now.reads.some((table) => saved.reads.includes(table));
}

function likeness(now: Lineage, saved: Lineage): number {
  const isSame = (of: (lineage: Lineage) => unknown): boolean => JSON.stringify(of(now)) === JSON.stringify(of(saved));
  const sharesSink = now.writes.some((table) => saved.writes.includes(table));
  return (isSame(({ reads }) => reads) ? 8 : 0) + (sharesSink ? 4 : 0) + (isSame(({ way }) => way) ? 2 : 0);
}

/** @throws DiagnosticError F021 where state would be lost */
export function refuseUnclaimed(
  graph: PhysicalGraph,
  manifest: Manifest,
  claimed: ReadonlyMap<string, SavedNode>,
): void {
  const taken = new Set(claimed.values());
  const lost = Object.entries(manifest.operators).filter(([, node]) => !taken.has(node) && hasState(node.state));
  const [first] = lost;
  if (first === undefined) return;
  const [id, { fingerprint: saved, lineage, size }] = first;
  const free = graph.operators.filter((node) => !claimed.has(node.id));
  const now = free.find((node) => node.id === id) ?? free.find((node) => node.work.kind === kindIn(saved));
  const changes =
    now === undefined ? ['the query has no such operator any more'] : differences(saved, fingerprint(now));
  const others =
    lost.length === 1
      ? []
      : [
          `and state of ${lost
            .slice(1)
            .map(([other]) => `"${other}"`)
            .join(', ')}`,
        ];
  const made =
    manifest.release === release ? [] : [`it was made by tidemark ${manifest.release}, and this is ${release}`];
  fail('F021', now?.span ?? null, `the checkpoint has state of "${id}", which the query no longer has as it was`, {
    notes: [
      `it keeps ${size.rows.toLocaleString('en')} rows over ${lineage.reads.join(', ') || 'no table'}`,
      ...changes,
      ...others,
      ...made,
    ].map((message) => ({ message, span: null })),
    help: waysOn,
  });
}

/**
 * What a sink has prepared is shown by that sink alone: rows of a checkpoint that no stop made, or whose process was killed
 * before it had shown them, may wait for it.
 * @throws DiagnosticError F021 where they would never be seen
 */
export function refuseUnshown(graph: PhysicalGraph, manifest: Manifest, wasKilled: boolean): void {
  const { isLast, sinks, job } = manifest;
  if (isLast && !wasKilled) return;
  const kept = new Set(matched(sinkTables(graph), sinks, manifest).values());
  const [lost] = Object.entries(sinks).find(([id, token]) => token !== null && !kept.has(id)) ?? [];
  if (lost === undefined) return;
  const message = `the checkpoint may have rows for ${job.tables[lost]?.path ?? lost} that are not seen yet, and it is no longer written`;
  fail('F021', null, message, { help: `run the query as it was, and stop it: its rows are seen then; or ${waysOn}` });
}

function kindIn(saved: string): string {
  return (JSON.parse(saved) as { readonly kind?: string }).kind ?? '';
}

/** What of an operator is another now. */
function differences(saved: string, now: string): readonly string[] {
  const [before, after] = [saved, now].map((text) => JSON.parse(text) as Readonly<Record<string, unknown>>);
  if (before === undefined || after === undefined || saved === now) return ['it reads other tables now'];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => {
    const [was, is] = [JSON.stringify(before[name]) ?? 'nothing', JSON.stringify(after[name]) ?? 'nothing'];
    return was === is ? [] : [`${name} was ${shown(was)}, and is ${shown(is)} now`];
  });
}

const shownLengthMax = 300;

function shown(json: string): string {
  return json.length <= shownLengthMax ? json : `${json.slice(0, shownLengthMax)}...`;
}

/** Structures beside the cells that every operator has. */
function hasState({ places }: SavedOperator): boolean {
  return Object.keys(places).some((name) => name !== 'cells');
}

/** The checkpoint in the words of the present graph: its ids. Sources and sinks are known by their tables. */
export function asOf(graph: PhysicalGraph, manifest: Manifest, claimed: ReadonlyMap<string, SavedNode>): Manifest {
  const tablesNow = new Map(graph.sources.map(({ id, scan }) => [id, pathText(scan.table.path)]));
  const sources = matched(tablesNow, manifest.sources, manifest);
  const sinks = matched(sinkTables(graph), manifest.sinks, manifest);
  const pick = (from: Readonly<Record<string, SavedValue>>, ids: ReadonlyMap<string, string>) =>
    Object.fromEntries([...ids].map(([id, saved]) => [id, from[saved] ?? null]));
  const nowOf = new Map([...sources].map(([id, saved]) => [saved, id]));
  return {
    ...manifest,
    operators: Object.fromEntries(claimed),
    sources: pick(manifest.sources, sources),
    sinks: pick(manifest.sinks, sinks),
    scheduler: renamedTurns(manifest.scheduler, nowOf),
  };
}

function sinkTables({ sinks }: PhysicalGraph): ReadonlyMap<string, string> {
  return new Map(sinks.map(({ id, table }) => [id, table === null ? '' : pathText(table.path)]));
}

/** The saved id of each present one, by the tables; of several of one table best the one of the same id. */
function matched(
  now: ReadonlyMap<string, string>,
  saved: Readonly<Record<string, SavedValue>>,
  { job }: Manifest,
): ReadonlyMap<string, string> {
  const free = new Set(Object.keys(saved));
  const found = new Map<string, string>();
  const isOf = (savedId: string, table: string): boolean => (job.tables[savedId]?.path ?? '') === table;
  for (const [id, table] of now) {
    if (!free.has(id) || !isOf(id, table)) continue;
    free.delete(id);
    found.set(id, id);
  }
  for (const [id, table] of now) {
    if (found.has(id)) continue;
    const savedId = [...free].find((each) => isOf(each, table));
    if (savedId === undefined) continue;
    free.delete(savedId);
    found.set(id, savedId);
  }
  return found;
}
