import { pathText } from '../catalog/object-path.ts';
import type { PhysicalGraph } from './graph.ts';

/** Where an operator stands between tables: two of the same work are told apart by it. */
export interface Lineage {
  /** Tables whose rows come to it, each once, sorted. */
  readonly reads: readonly string[];
  /** Tables that its rows come to. */
  readonly writes: readonly string[];
  /** The kinds of steps and operators on the way from the tables. */
  readonly way: string;
}

/** Of each operator, by its id. */
export function lineages({ sources, lookups, operators, sinks }: PhysicalGraph): ReadonlyMap<string, Lineage> {
  const found = new Map<string, { readonly reads: Set<string>; readonly writes: Set<string>; readonly way: string }>();
  const tables = new Map([...sources, ...lookups].map(({ id, scan }) => [id, pathText(scan.table.path)]));
  for (const { id, inputs, steps, work } of operators) {
    const reads = new Set(inputs.flatMap((input) => tables.get(input) ?? [...(found.get(input)?.reads ?? [])]));
    const before = inputs.map((input) => tables.get(input) ?? found.get(input)?.way ?? '');
    const way = `${work.kind}(${before.join(', ')}${steps.map(({ kind }) => ` ${kind}`).join('')})`;
    found.set(id, { reads, writes: new Set(), way });
  }
  for (const { input, table } of sinks) if (table !== null) found.get(input)?.writes.add(pathText(table.path));
  for (const { id, inputs } of operators.toReversed()) {
    for (const written of found.get(id)?.writes ?? []) {
      for (const input of inputs) found.get(input)?.writes.add(written);
    }
  }
  return new Map(
    [...found].map(([id, { reads, writes, way }]) => [
      id,
      { reads: [...reads].sort(), writes: [...writes].sort(), way },
    ]),
  );
}
