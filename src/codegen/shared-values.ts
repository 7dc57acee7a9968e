import { isDeterministic } from '../plan/deterministic.ts';
import type { AggregateCall } from '../plan/expression.ts';
import { expressionText } from '../plan/same-expression.ts';
import type { SqlType } from '../types/sql-type.ts';
import { callsMax } from './distinct-values.ts';

/** A DISTINCT aggregate, and the values that it tells apart. */
interface DistinctCall {
  readonly call: AggregateCall;
  readonly values: readonly SqlType[];
  readonly keepsNulls: boolean;
}

/**
 * The calls by the values that they share, each by its number: DISTINCT aggregates of the same arguments, whatever their
 * filters, are one lookup a row. Others stand alone, as do all over an updating input, which count their values.
 */
export function callsByValues(calls: readonly DistinctCall[], updating: boolean): readonly (readonly number[])[] {
  const units: number[][] = [];
  const open = new Map<string, number[]>();
  for (const [at, { call, values, keepsNulls }] of calls.entries()) {
    const isShared = call.distinct && !updating && call.args.every(isDeterministic);
    const key = JSON.stringify([call.args.map(expressionText), values, keepsNulls]);
    const known = isShared ? open.get(key) : undefined;
    if (known !== undefined && known.length < callsMax) {
      known.push(at);
      continue;
    }
    const unit = [at];
    units.push(unit);
    if (isShared) open.set(key, unit);
  }
  return units;
}
