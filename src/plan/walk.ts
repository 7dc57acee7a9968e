import { unreachable } from '../types/unreachable.ts';
import { inputsOf } from './children.ts';
import type { AggregateCall, Expression } from './expression.ts';
import type { LogicalNode, LogicalSink } from './logical.ts';

/** Every node of a plan once, readers before what they read. */
export function readersFirst(sinks: readonly Pick<LogicalSink, 'input'>[]): readonly LogicalNode[] {
  const done = new Set<LogicalNode>();
  const order: LogicalNode[] = [];
  const visit = (node: LogicalNode): void => {
    if (done.has(node)) return;
    done.add(node);
    for (const input of inputsOf(node)) visit(input);
    order.push(node);
  };
  for (const { input } of sinks) visit(input);
  return order.toReversed();
}

/** How many nodes and sinks read each node. */
export function countReaders(sinks: readonly LogicalSink[]): ReadonlyMap<LogicalNode, number> {
  const readers = new Map<LogicalNode, number>();
  const visit = (node: LogicalNode): void => {
    const count = readers.get(node) ?? 0;
    readers.set(node, count + 1);
    if (count === 0) for (const input of inputsOf(node)) visit(input);
  };
  for (const { input } of sinks) visit(input);
  return readers;
}

/**
 * Rebuilds a plan from its leaves up. `rewrite` gets each node once, with its inputs rewritten, and the node that it
 * was: what several read stays one node.
 */
export function rewriteNodes(
  sinks: readonly LogicalSink[],
  rewrite: (node: LogicalNode, original: LogicalNode) => LogicalNode,
): readonly LogicalSink[] {
  const rewritten = new Map<LogicalNode, LogicalNode>();
  const now = (node: LogicalNode): LogicalNode => rewritten.get(node) ?? node;
  for (const node of readersFirst(sinks).toReversed()) {
    rewritten.set(node, rewrite(withInputs(node, inputsOf(node).map(now)), node));
  }
  return sinks.map((sink) => (now(sink.input) === sink.input ? sink : { ...sink, input: now(sink.input) }));
}

/** The same node over inputs of the same columns; the node itself where they are its own. */
export function withInputs(node: LogicalNode, inputs: readonly LogicalNode[]): LogicalNode {
  if (inputsOf(node).every((input, at) => input === inputs[at])) return node;
  switch (node.kind) {
    case 'scan':
    case 'values':
      return node;
    case 'union':
      return { ...node, inputs };
    case 'join': {
      const [left, right] = inputs;
      if (left === undefined || right === undefined) throw new Error('a join has two inputs');
      return { ...node, left, right };
    }
    default: {
      const [input] = inputs;
      if (input === undefined) throw new Error(`a ${node.kind} has an input`);
      return { ...node, input };
    }
  }
}

/** The same node with other expressions; the node itself where none changes. */
export function mapExpressions(node: LogicalNode, map: (expression: Expression) => Expression): LogicalNode {
  switch (node.kind) {
    case 'values': {
      const rows = mapped(node.rows, (row) => mapped(row, map));
      return rows === node.rows ? node : { ...node, rows };
    }
    case 'watermark': {
      const expression = map(node.expression);
      return expression === node.expression ? node : { ...node, expression };
    }
    case 'filter': {
      const condition = map(node.condition);
      return condition === node.condition ? node : { ...node, condition };
    }
    case 'project': {
      const expressions = mapped(node.expressions, map);
      return expressions === node.expressions ? node : { ...node, expressions };
    }
    case 'unnest': {
      const collection = map(node.collection);
      const condition = node.condition === null ? null : map(node.condition);
      return collection === node.collection && condition === node.condition ? node : { ...node, collection, condition };
    }
    case 'window-aggregate':
    case 'over':
    case 'aggregate': {
      const aggregates = mapped(node.aggregates, (call) => mapCall(call, map));
      return aggregates === node.aggregates ? node : { ...node, aggregates };
    }
    case 'join': {
      const keys = mapped(node.keys, (key) => {
        const [left, right] = [map(key.left), map(key.right)];
        return left === key.left && right === key.right ? key : { ...key, left, right };
      });
      const condition = node.condition === null ? null : map(node.condition);
      return keys === node.keys && condition === node.condition ? node : { ...node, keys, condition };
    }
    case 'match': {
      // Conditions and measures are over the references, not over the input.
      const references = mapped(node.references, (reference) => {
        if (reference.kind !== 'aggregate') return reference;
        const call = mapCall(reference.call, map);
        return call === reference.call ? reference : { ...reference, call };
      });
      return references === node.references ? node : { ...node, references };
    }
    case 'scan':
    case 'expand':
    case 'repeat':
    case 'window':
    case 'top-n':
    case 'deduplicate':
    case 'sort':
    case 'limit':
    case 'union':
      return node;
    default:
      return unreachable(node);
  }
}

function mapCall(call: AggregateCall, map: (expression: Expression) => Expression): AggregateCall {
  const args = mapped(call.args, map);
  const filter = call.filter === null ? null : map(call.filter);
  return args === call.args && filter === call.filter ? call : { ...call, args, filter };
}

/** The list itself where no element changes. */
export function mapped<T>(list: readonly T[], map: (item: T) => T): readonly T[] {
  const result = list.map(map);
  return result.every((item, at) => item === list[at]) ? list : result;
}
