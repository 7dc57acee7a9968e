import type { PhysicalOperator } from '../physical/graph.ts';
import { isAppendOnly } from '../plan/logical.ts';
import { unreachable } from '../types/unreachable.ts';
import { ChangelogNormalize } from './changelog-normalize.ts';
import { Collect } from './collect.ts';
import { FirstRow } from './first-row.ts';
import { GroupAggregate } from './group-aggregate.ts';
import { IntervalJoin } from './interval-join.ts';
import { Limit } from './limit.ts';
import { LookupJoin } from './lookup-join.ts';
import { MultiJoin } from './multi-join.ts';
import type { Operator } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { OverArrival } from './over-arrival.ts';
import { OverSorted } from './over-sorted.ts';
import { OverTime } from './over-time.ts';
import type { JoinWork } from './pairing.ts';
import { PatternMatch } from './pattern-match.ts';
import { RegularJoin } from './regular-join.ts';
import { SessionAggregate } from './session-aggregate.ts';
import { SessionRows } from './session-rows.ts';
import { TemporalJoin } from './temporal-join.ts';
import { TemporalSort } from './temporal-sort.ts';
import { TopN } from './top-n.ts';
import { Union } from './union.ts';
import { UpdatedWindows } from './updated-windows.ts';
import { Values } from './values.ts';
import { WindowAggregate } from './window-aggregate.ts';
import { WindowJoin } from './window-join.ts';
import { WindowTopN } from './window-top-n.ts';

/** The running operator of a node of the plan. @throws DiagnosticError W for what is not executed yet */
export function createOperator(node: PhysicalOperator, context: OperatorContext): Operator {
  const { work } = node;
  switch (work.kind) {
    case 'collect':
      return new Collect(node, context);
    case 'values':
      return new Values(node, work, context);
    case 'window-aggregate':
      if (work.window.kind === 'assign' && work.window.window.kind === 'session') {
        return new SessionAggregate(node, { ...work, window: { ...work.window, window: work.window.window } }, context);
      }
      if (work.emit !== null && work.window.kind === 'attached')
        return new UpdatedWindows(node, { ...work, window: work.window, emit: work.emit }, context);
      return new WindowAggregate(node, work, context);
    case 'aggregate':
      return new GroupAggregate(node, work, context);
    case 'top-n':
      return work.window === null ? TopN.of(node, work, context) : WindowTopN.of(node, work, work.window, context);
    case 'deduplicate':
      if (work.keep === 'current') return new ChangelogNormalize(node, work, context);
      if (work.window === null && work.keep === 'first' && work.time === 'event' && isAppendOnly(node.inputChanges))
        return new FirstRow(node, work, context);
      return work.window === null
        ? TopN.ofDeduplication(node, work, context)
        : WindowTopN.ofDeduplication(node, work, work.window, context);
    case 'over':
      if (work.time === null) return new OverSorted(node, work, context);
      return work.time === 'processing' && (work.frame.unit === 'rows' || work.frame.precedingMs === null)
        ? new OverArrival(node, work, context)
        : new OverTime(node, work, context);
    case 'sort':
      return new TemporalSort(node, work, context);
    case 'limit':
      return isAppendOnly(node.inputChanges) ? new Limit(node, work, context) : TopN.ofLimit(node, work, context);
    case 'upsert-materialize':
      return TopN.ofSink(node, work, context);
    case 'match':
      return new PatternMatch(node, work, context);
    case 'union':
      return new Union();
    case 'join':
      return createJoin(node, work, context);
    case 'multi-join':
      return new MultiJoin(node, work, context);
    case 'session-window':
      return SessionRows.of(node, work.window, context);
    default:
      return unreachable(work);
  }
}

function createJoin(node: PhysicalOperator, work: JoinWork, context: OperatorContext): Operator {
  const { method } = work;
  switch (method.kind) {
    case 'regular':
      return new RegularJoin(node, work, method, context);
    case 'interval':
      return new IntervalJoin(node, work, method, context);
    case 'window':
      return new WindowJoin(node, work, method, context);
    case 'temporal':
      return new TemporalJoin(node, work, method, context);
    case 'lookup':
      return new LookupJoin(node, work, method, context);
    default:
      return unreachable(method);
  }
}
