import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type KnownDifference, listFolder, printList, readList } from './known-differences.ts';
import type { CaseReport, FileReport } from './run-file.ts';

/**
 * Brings the lists in step with the reports: failures that may be excused go on, passes go off.
 * @returns what was done, a line each
 * @throws Error when something is to be added and there is no reason
 */
export function updateLists(reports: readonly FileReport[], reason: string | undefined): string[] {
  const parsed = reason === undefined ? null : parseReason(reason);
  const said: string[] = [];
  for (const [area, files] of Map.groupBy(reports, (report) => report.area)) {
    const before = readList(area);
    const after = updatedList(
      before,
      files.flatMap(({ cases }) => cases),
      parsed,
    );
    const [old, fresh] = [printList(area, before), printList(area, after)];
    if (old === fresh) continue;
    mkdirSync(listFolder, { recursive: true });
    writeFileSync(join(listFolder, `${area}.list`), fresh);
    said.push(`${area}.list: ${before.length} cases before, ${after.length} now`);
  }
  return said.length > 0 ? said : ['the lists are as they were'];
}

/** The list after the cases that ran; those that did not run stay as they are. */
export function updatedList(
  before: readonly KnownDifference[],
  cases: readonly CaseReport[],
  reason: Pick<KnownDifference, 'kind' | 'reason'> | null,
): KnownDifference[] {
  const passing = new Set(cases.filter(({ outcome }) => outcome.kind === 'passes').map(({ id }) => id));
  const listed = new Set(before.map(({ id }) => id));
  const failing = cases.filter(
    ({ id, outcome, verdict }) => verdict.kind === 'failed' && outcome.kind === 'differs' && !listed.has(id),
  );
  const added = failing.filter(
    ({ outcome }) => reason?.kind === 'fault' || (outcome.kind === 'differs' && outcome.refused?.code.startsWith('W')),
  );
  if (added.length > 0 && reason === null) {
    throw new Error(`${added.length} cases would go on a list: say why with --reason "later: ..." or "fault: ..."`);
  }
  const kept = before.filter(({ id }) => !passing.has(id));
  return reason === null ? kept : [...kept, ...added.map(({ id }) => ({ id, ...reason }))];
}

function parseReason(text: string): Pick<KnownDifference, 'kind' | 'reason'> {
  const match = /^(later|fault): (\S.*)$/.exec(text);
  if (!match) throw new Error('--reason is "later: ..." or "fault: ..."');
  return { kind: match[1] as 'later' | 'fault', reason: match[2] ?? '' };
}
