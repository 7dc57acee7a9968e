import { type Observable, Subject, share } from 'rxjs';
import type { Sink } from '../connectors/connector.ts';
import type { SavedValue } from '../memory/operator-state.ts';
import type { Operator } from '../operators/operator.ts';
import type { PhysicalGraph } from '../physical/graph.ts';
import type { Element } from './element.ts';
import type { RowKeeper } from './row-keeper.ts';
import { runOperatorOn } from './run-operator.ts';

/** A graph whose operators are wired, ready to be fed. */
export interface WiredGraph {
  /** Feeds the operators that have no input (VALUES): they answer to the end of time. */
  readonly start: Subject<Element>;
  /** Promises of sinks that have not taken their rows yet; the job waits for them before it reads on. */
  takePending(): readonly Promise<void>[];
  /** Throws what an operator or a sink has thrown. */
  check(): void;
  unsubscribe(): void;
}

/**
 * Wires a physical graph: each node becomes one shared stream, so that what several read is read and computed once.
 *
 * ```
 * source ──┬── operator ──── sink
 *          └── operator ──── sink
 * ```
 */
export function wireGraph(
  graph: PhysicalGraph,
  nodes: {
    /** Also the tables that are looked up. */
    readonly sources: ReadonlyMap<string, Observable<Element>>;
    readonly operators: ReadonlyMap<string, Operator>;
    readonly sinks: ReadonlyMap<string, Sink>;
    /** Keeps the rows that would be lost; left out: nobody does. */
    readonly keeper?: RowKeeper;
    /** Where the operators' inputs stood at the checkpoint that the job goes on from. */
    readonly saved?: ReadonlyMap<string, SavedValue>;
  },
): WiredGraph {
  const start = new Subject<Element>();
  const streams = new Map(nodes.sources);
  for (const { id, inputs } of graph.operators) {
    const operator = found(nodes.operators, id);
    const read = inputs.length === 0 ? [start] : inputs.map((input) => found(streams, input));
    const place = { id, saved: nodes.saved?.get(id) ?? null, keeper: nodes.keeper ?? null };
    streams.set(id, runOperatorOn(operator, read, place).pipe(share()));
  }

  const pending: Promise<void>[] = [];
  let failure: { readonly error: unknown } | null = null;
  const fail = (error: unknown): void => {
    failure ??= { error };
  };
  const subscriptions = graph.sinks.map(({ id, input }) => {
    const sink = found(nodes.sinks, id);
    return found(streams, input).subscribe({
      next: (element) => {
        if (element.kind !== 'batch' || element.batch.rowCount === 0 || failure !== null) return;
        try {
          const written = sink.write(element.batch);
          if (written instanceof Promise) {
            // A rejection must not be "unhandled" while the batch that caused it is still on its way.
            written.catch(() => {});
            pending.push(written);
          }
        } catch (error) {
          fail(error);
        }
      },
      error: fail,
    });
  });
  return {
    start,
    takePending: () => pending.splice(0),
    check: () => {
      if (failure !== null) throw failure.error;
    },
    unsubscribe: () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
    },
  };
}

function found<T>(nodes: ReadonlyMap<string, T>, id: string): T {
  const node = nodes.get(id);
  if (node === undefined) throw new Error(`the plan names "${id}", which is none of its nodes`);
  return node;
}
