import { savedSource } from '../runtime/source-run.ts';
import type { JobBegin } from '../session/statement-event.ts';
import { ageText } from './quantities.ts';
import { count } from './summary-line.ts';

/** What a job begins with: `sums goes on from checkpoint 19 (3 min old, 20,000 events in)`. */
export function begunLines({ name, from, putAside }: JobBegin): readonly string[] {
  const lines: string[] = [];
  if (putAside !== null) lines.push(`the state that ${name} had is put aside: ${putAside}`);
  if (from !== null) {
    const { epoch, atMs, sources } = from.manifest;
    const events = Object.values(sources).reduce<number>((sum, saved) => sum + savedSource(saved).rows, 0);
    const age = ageText(Date.now() - atMs);
    lines.push(`${name} goes on from checkpoint ${epoch} in ${from.path} (${age} old, ${count(events, 'event')} in)`);
  }
  return lines;
}
