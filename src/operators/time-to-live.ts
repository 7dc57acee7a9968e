import { Ages } from '../codegen/ages.ts';
import type { StateLayout } from '../codegen/state-layout.ts';
import type { OperatorContext } from './operator-context.ts';

/** The ages of the rows of a table, whose layout has `ageFields`; null where they live for ever (0). */
export function agesOf(
  { state, session }: OperatorContext,
  stateTtlMs: number,
  table: number,
  layout: StateLayout,
): Ages | null {
  return stateTtlMs === 0
    ? null
    : new Ages(state.part('ages'), { ms: stateTtlMs, nowMs: () => session.processingTimeMs() }, table, layout);
}
