import { unreachable } from '../types/unreachable.ts';
import { inputsOf } from './children.ts';
import { type Changes, isAppendOnly, type LogicalJoin, type LogicalNode, type LogicalSink } from './logical.ts';
import { rankInputOf } from './rank-input.ts';
import { columnsOf } from './same-expression.ts';
import { type UniqueKeys, uniqueKeys } from './unique-keys.ts';
import { readersFirst } from './walk.ts';

type Keys = ReadonlyMap<LogicalNode, UniqueKeys>;

/** Whether rows that answer a query come with the rows that they replace; EXPLAIN, which has no reader, shows a plan without. */
export interface AnswerNeeds {
  readonly replacedRows: boolean;
}

/**
 * The kinds of changes that each node sends when the row that an update replaces (-U) is left out where nobody needs it.
 * Source: Flink's inference of changelog modes: what a node can send goes up from the sources, what it is asked for goes
 * down from the sinks.
 */
export function sentChanges(sinks: readonly LogicalSink[], answer: AnswerNeeds): ReadonlyMap<LogicalNode, Changes> {
  const order = readersFirst(sinks);
  const keys = uniqueKeys(sinks);
  const asked = new Set<LogicalNode>();
  for (const sink of sinks) if (sinkNeedsReplaced(sink, keys, answer)) asked.add(sink.input);
  for (const node of order) {
    const { needs } = replacedRowsOf(node, keys);
    if (needs === 'always' || (needs === 'as asked' && asked.has(node)))
      for (const input of inputsOf(node)) asked.add(input);
  }
  const sent = new Map<LogicalNode, Changes>();
  for (const node of order.toReversed()) {
    const { passesOn } = replacedRowsOf(node, keys);
    const passes = passesOn !== 'never' && inputsOf(node).some((input) => sent.get(input)?.updateBefore === true);
    const makes = passesOn !== 'only' && asked.has(node);
    const sends = node.changes.updateBefore && (passes || makes);
    sent.set(node, { ...node.changes, updateBefore: sends });
  }
  return sent;
}

/** What a node does about the rows that updates replace. */
interface ReplacedRows {
  /** Whether its inputs must send them: for the node itself, or for its readers. */
  readonly needs: 'always' | 'as asked' | 'never';
  /** Whether it sends those of its input, or makes its own, which it can leave out, or does both. */
  readonly passesOn: 'only' | 'also' | 'never';
}

function replacedRowsOf(node: LogicalNode, keys: Keys): ReplacedRows {
  switch (node.kind) {
    case 'scan':
    case 'values':
      return { needs: 'never', passesOn: 'never' };
    case 'watermark':
    case 'project':
    case 'expand':
    case 'repeat':
    case 'union':
      return { needs: 'as asked', passesOn: 'only' };
    case 'filter': {
      // By its key a row passes with all its versions. By another column an update may cease to pass: then -U is all
      // that tells.
      const read = [...columnsOf(node.condition)];
      const byKey = keys.get(node.input)?.some((key) => read.every((column) => key.includes(column)));
      return { needs: byKey === true ? 'as asked' : 'always', passesOn: 'only' };
    }
    case 'unnest':
      return { needs: node.condition === null ? 'as asked' : 'always', passesOn: 'only' };
    case 'window':
      return node.window.kind === 'session'
        ? { needs: 'always', passesOn: 'never' }
        : { needs: 'as asked', passesOn: 'only' };
    case 'sort':
      return { needs: 'always', passesOn: 'only' };
    case 'aggregate':
    case 'window-aggregate':
    case 'over':
    case 'match':
    case 'limit':
      return { needs: 'always', passesOn: 'never' };
    case 'top-n': {
      // A row that only gets better is found by its key.
      const { kind } = rankInputOf(node, keys.get(node.input) ?? []);
      return { needs: kind === 'better' ? 'never' : 'always', passesOn: 'never' };
    }
    case 'join':
      // A looked up row is the same for the row that is replaced and the one that replaces it, as far as anyone knows.
      if (node.method.kind === 'lookup') return { needs: 'as asked', passesOn: 'only' };
      // The padded rows of an outer join, and what ANTI lets through, come of their own.
      return {
        needs: replacesInPlace(node, keys) ? 'as asked' : 'always',
        passesOn: node.type === 'inner' || node.type === 'semi' ? 'only' : 'also',
      };
    case 'deduplicate':
      return { needs: node.keep === 'current' ? 'never' : 'always', passesOn: 'never' };
    default:
      return unreachable(node);
  }
}

/**
 * Whether an update leaves a row of either side with the partners that it had: a join key that is part of a unique key does
 * not change, and nothing else is asked of a pair. Flink does not look at what else is asked, and so keeps pairs that an
 * update has ended.
 */
function replacesInPlace({ left, right, keys: joinKeys, condition, method }: LogicalJoin, keys: Keys): boolean {
  if (method.kind !== 'regular' || condition !== null) return false;
  return (['left', 'right'] as const).every((side) => {
    const input = side === 'left' ? left : right;
    if (!input.changes.updateAfter) return true;
    return keyWithin(joinKeys, side, keys.get(input) ?? []) !== null;
  });
}

/** A unique key of a side of which its join key is a part; null where there is none. */
export function keyWithin(
  joinKeys: LogicalJoin['keys'],
  side: 'left' | 'right',
  unique: UniqueKeys,
): readonly number[] | null {
  const columns = joinKeys.map((key) => (key[side].kind === 'column' ? key[side].index : -1));
  return unique.find((key) => columns.every((column) => key.includes(column))) ?? null;
}

function sinkNeedsReplaced(sink: LogicalSink, keys: Keys, answer: AnswerNeeds): boolean {
  if (sink.table === null) return answer.replacedRows;
  if (sink.accepts !== 'upsert') return true;
  const { key, input } = sink;
  if (key === null) return false;
  const unique = keys.get(input) ?? [];
  // Rows that the query tells apart otherwise than the table: -U says which row of the table is gone.
  return materializes(sink, unique) || !unique.some((own) => isSubset(own, key) && isSubset(key, own));
}

/**
 * Whether the rows of each key of the sink are kept before it, so that it gets the last of those that are there: where
 * rows that the query tells apart may meet under one key of the table. `table.exec.sink.upsert-materialize`.
 */
export function materializes({ accepts, key, input, materialize }: LogicalSink, unique: UniqueKeys): boolean {
  if (accepts !== 'upsert' || key === null || key.length === 0 || materialize === 'NONE') return false;
  if (materialize === 'FORCE') return true;
  return !isAppendOnly(input.changes) && !unique.some((own) => isSubset(own, key));
}

function isSubset(part: readonly number[], whole: readonly number[]): boolean {
  return part.every((column) => whole.includes(column));
}
