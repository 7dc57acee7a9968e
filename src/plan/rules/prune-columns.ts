import type { Span } from '../../diagnostics/source-text.ts';
import { unreachable } from '../../types/unreachable.ts';
import { columnsRead, expressionAt } from '../columns-read.ts';
import type { AggregateCall, Expression } from '../expression.ts';
import {
  type AttachedWindow,
  type JoinMethod,
  type LogicalJoin,
  type LogicalMatch,
  type LogicalNode,
  type LogicalSink,
  type MatchReference,
  showsRight,
} from '../logical.ts';
import { referencesRead } from '../match-references.ts';
import { joinNode, projectNode } from '../nodes.ts';
import { columnsOf, mapColumns } from '../same-expression.ts';
import { readersFirst } from '../walk.ts';

/**
 * Leaves out columns that nothing reads, from the sinks down to the scans: a decoder parses only what is asked for.
 * A node that several read keeps what any of them wants. Ranks that nobody asks for are not kept up.
 */
export function pruneColumns(sinks: readonly LogicalSink[]): readonly LogicalSink[] {
  const pruned = prunedFor(sinks.map(({ input }) => ({ input, columns: input.schema.keys() })));
  return sinks.map((sink) => ({ ...sink, input: prunedOf(pruned, sink.input).node }));
}

/** All nodes below some readers, and which columns of their inputs these want. */
function prunedFor(
  readers: readonly { readonly input: LogicalNode; readonly columns: Iterable<number> }[],
): ReadonlyMap<LogicalNode, Pruned> {
  const order = readersFirst(readers);
  const wanted = new Map<LogicalNode, Set<number>>();
  const want = (node: LogicalNode, columns: Iterable<number>): void => {
    let set = wanted.get(node);
    if (set === undefined) {
      set = new Set();
      wanted.set(node, set);
    }
    for (const column of columns) set.add(column);
  };
  for (const { input, columns } of readers) want(input, columns);
  for (const node of order)
    for (const [input, columns] of columnsRead(node, wanted.get(node) ?? new Set(), (expression) =>
      columnsOf(expression),
    ))
      want(input, columns);
  const pruned = new Map<LogicalNode, Pruned>();
  for (const node of order.toReversed()) pruned.set(node, prune(node, wanted.get(node) ?? new Set(), pruned));
  return pruned;
}

interface Pruned {
  readonly node: LogicalNode;
  /** Old columns as new ones; a column that is gone is not in it. */
  readonly places: ReadonlyMap<number, number>;
}

function prunedOf(pruned: ReadonlyMap<LogicalNode, Pruned>, node: LogicalNode): Pruned {
  const found = pruned.get(node);
  if (found === undefined) throw new Error(`the ${node.kind} has not been pruned`);
  return found;
}

function prune(node: LogicalNode, wanted: ReadonlySet<number>, all: ReadonlyMap<LogicalNode, Pruned>): Pruned {
  switch (node.kind) {
    case 'scan': {
      const kept = [...node.columns.keys()].filter((at) => wanted.has(at));
      const pick = <T>(list: readonly T[]): readonly T[] => list.filter((_, at) => wanted.has(at));
      return {
        node: {
          ...node,
          columns: pick(node.columns),
          schema: pick(node.schema),
        },
        places: numbered(kept),
      };
    }
    case 'values': {
      const kept = [...node.schema.keys()].filter((at) => wanted.has(at));
      const pick = <T>(list: readonly T[]): readonly T[] => list.filter((_, at) => wanted.has(at));
      return { node: { ...node, schema: pick(node.schema), rows: node.rows.map(pick) }, places: numbered(kept) };
    }
    case 'watermark': {
      const { node: input, places } = prunedOf(all, node.input);
      const timeColumn = place(places, node.timeColumn);
      return {
        node: {
          ...node,
          input,
          timeColumn,
          expression: moved(node.expression, places),
          schema: schemaOf(node, places),
        },
        places,
      };
    }
    case 'filter': {
      const { node: input, places } = prunedOf(all, node.input);
      return {
        node: {
          ...node,
          input,
          condition: moved(node.condition, places),
          schema: schemaOf(node, places),
        },
        places,
      };
    }
    case 'project': {
      const { node: input, places } = prunedOf(all, node.input);
      const kept = [...node.schema.keys()].filter((at) => wanted.has(at));
      const own = numbered(kept);
      const expressions = kept.map((at) => moved(expressionAt(node.expressions, at), places));
      return {
        node: { ...node, input, expressions, schema: schemaOf(node, own) },
        places: own,
      };
    }
    case 'repeat': {
      const { node: input, places } = prunedOf(all, node.input);
      const countColumn = place(places, node.countColumn);
      return { node: { ...node, input, countColumn, schema: schemaOf(node, places) }, places };
    }
    case 'expand': {
      const { node: input, places } = prunedOf(all, node.input);
      const own = withAdded(places, node.input.schema.length, input.schema.length, 1);
      const sets = node.sets.map(({ keep, id }) => ({ keep: keep.map((at) => place(places, at)), id }));
      return {
        node: { ...node, input, keys: node.keys.map((at) => place(places, at)), sets, schema: schemaOf(node, own) },
        places: own,
      };
    }
    case 'unnest': {
      const { node: input, places } = prunedOf(all, node.input);
      const added = node.schema.length - node.input.schema.length;
      const own = withAdded(places, node.input.schema.length, input.schema.length, added);
      const collection = moved(node.collection, places);
      const condition = node.condition === null ? null : moved(node.condition, own);
      return { node: { ...node, input, collection, condition, schema: schemaOf(node, own) }, places: own };
    }
    case 'window': {
      const { node: input, places } =
        node.window.kind === 'session' ? narrowed(node, wanted, all) : prunedOf(all, node.input);
      const own = withAdded(places, node.input.schema.length, input.schema.length, 3);
      const window =
        node.window.kind === 'session'
          ? { ...node.window, partition: node.window.partition.map((at) => place(places, at)) }
          : node.window;
      return {
        node: { ...node, input, window, timeColumn: place(places, node.timeColumn), schema: schemaOf(node, own) },
        places: own,
      };
    }
    case 'window-aggregate': {
      const { node: input, places } = prunedOf(all, node.input);
      const { window } = node;
      let placed = window;
      if (window.kind === 'attached') placed = attachedAt(window, places);
      else if (window.window.kind === 'session') {
        const partition = window.window.partition.map((at) => place(places, at));
        placed = { ...window, timeColumn: place(places, window.timeColumn), window: { ...window.window, partition } };
      } else placed = { ...window, timeColumn: place(places, window.timeColumn) };
      const keys = node.keys.map((at) => place(places, at));
      const aggregates = node.aggregates.map((call) => movedCall(call, places));
      return { node: { ...node, input, window: placed, keys, aggregates }, places: identity(node) };
    }
    case 'aggregate': {
      const { node: input, places } = prunedOf(all, node.input);
      const keys = node.keys.map((at) => place(places, at));
      return {
        node: { ...node, input, keys, aggregates: node.aggregates.map((call) => movedCall(call, places)) },
        places: identity(node),
      };
    }
    case 'top-n':
      return pruneTopN(node, wanted, all);
    case 'deduplicate': {
      const { node: input, places } = narrowed(node, wanted, all);
      const window = node.window === null ? null : attachedAt(node.window, places);
      const keys = node.keys.map((at) => place(places, at));
      return {
        node: {
          ...node,
          input,
          keys,
          window,
          timeColumn: place(places, node.timeColumn),
          schema: schemaOf(node, places),
        },
        places,
      };
    }
    case 'over': {
      const { node: input, places } = narrowed(node, wanted, all);
      const count = node.input.schema.length;
      const kept = [...node.aggregates.keys()].filter((at) => wanted.has(count + at));
      // What nobody looks at is not kept up.
      const aggregates = kept.flatMap((at) => node.aggregates[at] ?? []).map((call) => movedCall(call, places));
      const own = new Map(places);
      for (const [at, old] of kept.entries()) own.set(count + old, input.schema.length + at);
      const partition = node.partition.map((at) => place(places, at));
      const orderColumn = place(places, node.orderColumn);
      return {
        node: { ...node, input, partition, orderColumn, aggregates, schema: schemaOf(node, own) },
        places: own,
      };
    }
    case 'sort': {
      const { node: input, places } = narrowed(node, wanted, all);
      const order = node.order.map((key) => ({ ...key, column: place(places, key.column) }));
      return {
        node: { ...node, input, order, schema: schemaOf(node, places) },
        places,
      };
    }
    case 'limit': {
      const { node: input, places } = prunedOf(all, node.input);
      return { node: { ...node, input, schema: schemaOf(node, places) }, places };
    }
    case 'match':
      return pruneMatch(node, wanted, all);
    case 'union': {
      const kept = [...node.schema.keys()].filter((at) => wanted.has(at));
      const own = numbered(kept);
      // The inputs may keep more, for other readers, and each in places of its own.
      const inputs = node.inputs.map((input) => onlyColumns(prunedOf(all, input), kept, node.span));
      return { node: { ...node, inputs, schema: schemaOf(node, own) }, places: own };
    }
    case 'join':
      return pruneJoin(node, wanted, all);
    default:
      return unreachable(node);
  }
}

/** The sides without what only other readers want: a join keeps their rows. */
function pruneJoin(node: LogicalJoin, wanted: ReadonlySet<number>, all: ReadonlyMap<LogicalNode, Pruned>): Pruned {
  const read = columnsRead(node, wanted, (expression) => columnsOf(expression));
  const sides = [node.left, node.right].map((side, at) => {
    const columns = [...new Set(read[at]?.[1] ?? [])].sort((a, b) => a - b);
    return { node: onlyColumns(prunedOf(all, side), columns, node.span), places: numbered(columns) };
  });
  const [left, right] = sides;
  if (left === undefined || right === undefined) throw new Error('a join has two inputs');
  const before = node.left.schema.length;
  const after = left.node.schema.length;
  const pair = new Map(left.places);
  for (const [old, now] of right.places) pair.set(before + old, after + now);
  const keys = node.keys.map((key) => ({
    ...key,
    left: moved(key.left, left.places),
    right: moved(key.right, right.places),
  }));
  const condition = node.condition === null ? null : moved(node.condition, pair);
  const method = movedMethod(node.method, left.places, right.places);
  const next = joinNode(left.node, right.node, { ...node, keys, condition, method }, node.span);
  const own = showsRight(node.type) ? pair : new Map(left.places);
  if (node.type === 'mark') own.set(before, after);
  // Names and time attributes are the node's own.
  return { node: { ...next, schema: schemaOf(node, own), changes: node.changes }, places: own };
}

function movedMethod(
  method: JoinMethod,
  left: ReadonlyMap<number, number>,
  right: ReadonlyMap<number, number>,
): JoinMethod {
  switch (method.kind) {
    case 'regular':
    case 'lookup':
      return method;
    case 'interval':
    case 'temporal':
      return { ...method, leftTime: place(left, method.leftTime), rightTime: place(right, method.rightTime) };
    case 'window':
      return { ...method, leftEnd: place(left, method.leftEnd), rightEnd: place(right, method.rightEnd) };
    default:
      return unreachable(method);
  }
}

/**
 * The input of a node that keeps its rows, as if nobody else read it: its state is no larger for other readers, and stays
 * as it is when one is added or goes.
 */
function narrowed(
  node: Extract<LogicalNode, { readonly kind: 'window' | 'top-n' | 'deduplicate' | 'over' | 'sort' | 'match' }>,
  wanted: ReadonlySet<number>,
  all: ReadonlyMap<LogicalNode, Pruned>,
): Pruned {
  const input = prunedOf(all, node.input);
  const read = new Set(columnsRead(node, wanted, (expression) => columnsOf(expression))[0]?.[1]);
  if ([...input.places.keys()].every((at) => read.has(at))) return input;
  const columns = columnsAlone(node.input, inOrder(read));
  return { node: onlyColumns(input, columns, node.span), places: numbered(columns) };
}

/** Answers of `columnsAlone`: the inputs of one node are asked for again from each that is above it. */
const alone = new WeakMap<LogicalNode, Map<string, readonly number[]>>();

/** The columns that a node has where one reader alone wants some of them: also those that the nodes below need. */
function columnsAlone(input: LogicalNode, columns: readonly number[]): readonly number[] {
  const known = alone.get(input) ?? new Map<string, readonly number[]>();
  alone.set(input, known);
  const key = columns.join();
  const found = known.get(key) ?? inOrder(prunedOf(prunedFor([{ input, columns }]), input).places.keys());
  known.set(key, found);
  return found;
}

function inOrder(columns: Iterable<number>): readonly number[] {
  return [...columns].sort((a, b) => a - b);
}

/** Some columns of a node, in their order: itself, or a projection of it. */
function onlyColumns({ node, places }: Pruned, columns: readonly number[], span: Span): LogicalNode {
  const isSame = node.schema.length === columns.length && columns.every((at, index) => places.get(at) === index);
  if (isSame) return node;
  const kept = columns.map((at) => {
    const index = place(places, at);
    const column = node.schema[index];
    if (column === undefined) throw new Error(`no column ${index}`);
    const expression: Expression = { kind: 'column', index, type: column.type, span };
    return { expression, name: column.name };
  });
  return projectNode(node, kept, span);
}

function pruneTopN(
  node: Extract<LogicalNode, { readonly kind: 'top-n' }>,
  wanted: ReadonlySet<number>,
  all: ReadonlyMap<LogicalNode, Pruned>,
): Pruned {
  const { node: input, places } = narrowed(node, wanted, all);
  const rank = node.input.schema.length;
  const outputRank = node.outputRank && wanted.has(rank);
  const partition = node.partition.map((at) => place(places, at));
  const order = node.order.map((key) => ({ ...key, column: place(places, key.column) }));
  const window = node.window === null ? null : attachedAt(node.window, places);
  const own = outputRank ? withAdded(places, rank, input.schema.length, 1) : places;
  const rankEnd = typeof node.rankEnd === 'number' ? node.rankEnd : { column: place(places, node.rankEnd.column) };
  const schema = schemaOf(outputRank ? node : { schema: node.schema.slice(0, rank) }, own);
  return {
    node: { ...node, input, partition, order, rankEnd, outputRank, window, schema },
    places: own,
  };
}

function attachedAt(window: AttachedWindow, places: ReadonlyMap<number, number>): AttachedWindow {
  const startColumn = window.startColumn === null ? null : place(places, window.startColumn);
  return { ...window, startColumn, endColumn: place(places, window.endColumn) };
}

function moved(expression: Expression, places: ReadonlyMap<number, number>): Expression {
  return mapColumns(expression, (index, column) => ({ ...column, index: place(places, index) }));
}

function movedCall(call: AggregateCall, places: ReadonlyMap<number, number>): AggregateCall {
  const filter = call.filter === null ? null : moved(call.filter, places);
  return { ...call, args: call.args.map((arg) => moved(arg, places)), filter };
}

/** Measures that nobody asks for are left out, and what they alone read of a match. */
function pruneMatch(node: LogicalMatch, wanted: ReadonlySet<number>, all: ReadonlyMap<LogicalNode, Pruned>): Pruned {
  const { node: input, places } = narrowed(node, wanted, all);
  const width = node.partition.length;
  const own = numbered([...node.schema.keys()].filter((at) => at < width || wanted.has(at)));
  const read = referencesRead(node, wanted);
  const kept = numbered([...node.references.keys()].filter((at) => read.has(at)));
  return {
    node: {
      ...node,
      input,
      partition: node.partition.map((at) => place(places, at)),
      order: node.order.map((key) => ({ ...key, column: place(places, key.column) })),
      references: node.references.flatMap((reference, at) => (read.has(at) ? movedReference(reference, places) : [])),
      pattern: node.pattern.map((element) => {
        return { ...element, condition: element.condition === null ? null : moved(element.condition, kept) };
      }),
      measures: node.measures.flatMap((measure, at) => (wanted.has(width + at) ? moved(measure, kept) : [])),
      schema: schemaOf(node, own),
    },
    places: own,
  };
}

function movedReference(reference: MatchReference, places: ReadonlyMap<number, number>): MatchReference {
  switch (reference.kind) {
    case 'column':
      return { ...reference, column: place(places, reference.column) };
    case 'aggregate':
      return { ...reference, call: movedCall(reference.call, places) };
    case 'time':
      return reference;
  }
}

function place(places: ReadonlyMap<number, number>, column: number): number {
  const found = places.get(column);
  if (found === undefined) throw new Error(`column ${column} was left out, and is read`);
  return found;
}

function numbered(kept: readonly number[]): ReadonlyMap<number, number> {
  return new Map(kept.map((at, index) => [at, index]));
}

function identity({ schema }: LogicalNode): ReadonlyMap<number, number> {
  return new Map([...schema.keys()].map((at) => [at, at]));
}

/** The places of an input's columns, and of those that a node adds behind them. */
function withAdded(
  places: ReadonlyMap<number, number>,
  before: number,
  after: number,
  count: number,
): ReadonlyMap<number, number> {
  const own = new Map(places);
  for (let at = 0; at < count; at++) own.set(before + at, after + at);
  return own;
}

function schemaOf({ schema }: Pick<LogicalNode, 'schema'>, places: ReadonlyMap<number, number>): LogicalNode['schema'] {
  const kept = [...places].sort(([, a], [, b]) => a - b);
  return kept.flatMap(([at]) => schema[at] ?? []);
}
