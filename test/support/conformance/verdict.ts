import type { DifferenceKind, KnownDifference } from './known-differences.ts';
import type { Outcome } from './outcome.ts';

/** What an outcome means, given the list of known differences. */
export type Verdict =
  | { readonly kind: 'passed' }
  /** Differs, and is on the list. */
  | { readonly kind: 'listed'; readonly reason: string; readonly list: DifferenceKind }
  /** Run, but Flink's answer is no measure. */
  | { readonly kind: 'not compared' }
  | { readonly kind: 'failed'; readonly why: string };

/** Listing excuses a difference, never a crash; and it does not outlive its cause. */
export function judge(outcome: Outcome, known: KnownDifference | undefined, isCompared: boolean): Verdict {
  if (outcome.kind === 'crash') return { kind: 'failed', why: `crashed (${outcome.where})` };
  if (!isCompared) return { kind: 'not compared' };
  if (outcome.kind === 'passes') {
    if (known) return { kind: 'failed', why: 'passes, and is on the list of known differences' };
    return { kind: 'passed' };
  }
  const why = `${outcome.difference.what} (${outcome.where})`;
  if (known === undefined) return { kind: 'failed', why };
  if (known.kind === 'batch' && outcome.where !== 'default batch size') return { kind: 'failed', why };
  if (known.kind === 'later' && !outcome.refused?.code.startsWith('W')) {
    const code = outcome.refused === null ? 'runs' : `is refused as ${outcome.refused.code}`;
    return { kind: 'failed', why: `is listed for later, but ${code} instead of saying so (W0nn): ${why}` };
  }
  return { kind: 'listed', reason: known.reason, list: known.kind };
}
