import { inputsOf } from '../children.ts';
import type { LogicalNode, LogicalSink } from '../logical.ts';
import { rewriteNodes } from '../walk.ts';

/**
 * Makes one node of those that do the same to the same rows, wherever they stand in the statement or the statement
 * set: a subquery that is written twice, a view under two names, is computed once for all that read it.
 *
 * As in Flink, what is not deterministic is shared too: both readers see the same random values.
 */
export function sharePlans(sinks: readonly LogicalSink[]): readonly LogicalSink[] {
  /** By kind and inputs. Most are the only ones of theirs: what they do is compared only where it must be. */
  const known = new Map<string, { readonly node: LogicalNode; key: string | null }[]>();
  const ids = new Map<object, number>();
  const idOf = (object: object): number => {
    const id = ids.get(object) ?? ids.size;
    ids.set(object, id);
    return id;
  };
  return rewriteNodes(sinks, (node) => {
    const place = `${node.kind} ${inputsOf(node).map(idOf).join(' ')}`;
    const alike = known.get(place);
    if (alike === undefined) {
      known.set(place, [{ node, key: null }]);
      return node;
    }
    const key = keyOf(node, idOf);
    for (const entry of alike) {
      entry.key ??= keyOf(entry.node, idOf);
      if (entry.key === key) return entry.node;
    }
    alike.push({ node, key });
    return node;
  });
}

/** Equal for nodes that do the same to the same inputs. Where they stand in the text does not count. */
function keyOf(node: LogicalNode, idOf: (object: object) => number): string {
  const inputs = inputsOf(node);
  return JSON.stringify(node, (name, value: unknown) => {
    if (name === 'span' || name === 'overload') return undefined;
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
    if (typeof value !== 'object' || value === null) return value;
    // A table is one object in a statement, and so is a node that has been met.
    if (name === 'table' || inputs.some((input) => input === value)) return idOf(value);
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
    return value;
  });
}
