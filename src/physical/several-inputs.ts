import type { Expression } from '../plan/expression.ts';
import { type Changes, isAppendOnly, type JoinKey, type LogicalJoin, type LogicalNode } from '../plan/logical.ts';

/** Inputs that are joined by one key. */
export interface SeveralInputs {
  readonly inputs: readonly LogicalNode[];
  /** Of each input, the values that must be equal in all, over its columns. */
  readonly keys: readonly (readonly Expression[])[];
  /** What else must be TRUE, over the columns of all inputs. */
  readonly condition: Expression | null;
}

/** What is asked of the plan around a join. */
export interface AroundJoin {
  readers(node: LogicalNode): number;
  changes(node: LogicalNode): Changes;
}

/**
 * Inner joins one on top of the other, all by the same key, as one join of three inputs or more: so no rows of a join
 * are kept, which may be more than those of all its inputs. Null for others. Inputs that are taken back, or kept for a
 * time only, are joined one by one.
 */
export function severalInputs(node: LogicalJoin, around: AroundJoin): SeveralInputs | null {
  const found = joined(node, around);
  return found !== null && found.inputs.length > 2 ? found : null;
}

function joined(node: LogicalJoin, around: AroundJoin): SeveralInputs | null {
  const { left, right, type, keys, condition, method } = node;
  if (type !== 'inner' || method.kind !== 'regular' || keys.length === 0) return null;
  if (method.stateTtlMs.left > 0 || method.stateTtlMs.right > 0) return null;
  if (keys.some(({ nullsMeet }) => nullsMeet) || !isAppendOnly(around.changes(right))) return null;
  const rightKeys = keys.map((key) => key.right);
  const before = left.kind === 'join' && around.readers(left) === 1 ? joined(left, around) : null;
  if (before !== null && before.condition === null && isKey(keys, before))
    return { inputs: [...before.inputs, right], keys: [...before.keys, rightKeys], condition };
  if (!isAppendOnly(around.changes(left))) return null;
  return { inputs: [left, right], keys: [keys.map((key) => key.left), rightKeys], condition };
}

/** Whether the left values of a key are columns of a join that are its key, each that of any of its inputs. */
function isKey(key: readonly JoinKey[], { inputs, keys }: SeveralInputs): boolean {
  const isColumn = ({ left }: JoinKey, at: number): boolean => {
    let first = 0;
    return inputs.some(({ schema }, input) => {
      const own = keys[input]?.[at];
      const isIt = left.kind === 'column' && own?.kind === 'column' && first + own.index === left.index;
      first += schema.length;
      return isIt;
    });
  };
  return key.length === keys[0]?.length && key.every(isColumn);
}
