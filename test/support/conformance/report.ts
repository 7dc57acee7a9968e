import { relative } from 'node:path';
import { styleText } from 'node:util';
import type { CaseReport, FileReport } from './run-file.ts';

/** Lines for one file: its failures, in detail when `isVerbose`. Empty when all is well. */
export function showFailures(report: FileReport, isVerbose: boolean): string[] {
  const path = relative(process.cwd(), report.path);
  return report.cases.flatMap((entry) => {
    if (entry.verdict.kind !== 'failed') return [];
    const name = entry.id.slice(entry.id.indexOf(': ') + 2);
    const head = `${styleText('red', '✗')} ${path}: ${name}\n    ${entry.verdict.why}`;
    return [head, ...showOutcome(entry, isVerbose)];
  });
}

/** Lines that a person needs to see why: all of them when `isVerbose`, else the first that differ. */
function showOutcome({ outcome }: CaseReport, isVerbose: boolean): string[] {
  if (outcome.kind === 'passes') return [];
  if (outcome.kind === 'crash') {
    const lines = outcome.text.split('\n');
    return (isVerbose ? lines : lines.slice(0, 3)).map((line) => `    ${line}`);
  }
  const { expected, got } = outcome.difference;
  const lines = diffLines(expected, got);
  if (isVerbose) return lines.map(paint);
  const changed = lines.filter((line) => !line.startsWith('  '));
  return changed.slice(0, 4).map((line) => paint(line.length > 200 ? `${line.slice(0, 200)}…` : line));
}

function paint(line: string): string {
  if (line.startsWith('- ')) return `    ${styleText('red', line)}`;
  if (line.startsWith('+ ')) return `    ${styleText('green', line)}`;
  return `    ${line}`;
}

/** `- ` expected only, `+ ` got only, two blanks for both; by the longest common subsequence, O(n m). */
export function diffLines(expected: readonly string[], got: readonly string[]): string[] {
  // lengths[i][j]: the longest common subsequence of expected[i..] and got[j..].
  const lengths = Array.from({ length: expected.length + 1 }, () => new Uint32Array(got.length + 1));
  const length = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = expected.length - 1; i >= 0; i--) {
    for (let j = got.length - 1; j >= 0; j--) {
      const row = lengths[i];
      if (row === undefined) continue;
      row[j] = expected[i] === got[j] ? length(i + 1, j + 1) + 1 : Math.max(length(i + 1, j), length(i, j + 1));
    }
  }
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < expected.length || j < got.length) {
    if (i < expected.length && j < got.length && expected[i] === got[j]) {
      lines.push(`  ${expected[i]}`);
      i++;
      j++;
    } else if (j >= got.length || (i < expected.length && length(i + 1, j) >= length(i, j + 1))) {
      lines.push(`- ${expected[i]}`);
      i++;
    } else {
      lines.push(`+ ${got[j]}`);
      j++;
    }
  }
  return lines;
}

/** Both texts of the refusals that passed, for a person to judge. */
export function showRefusalPairs(report: FileReport): string[] {
  return report.cases.flatMap(({ id, outcome }) => {
    if (outcome.kind !== 'passes' || outcome.pair === null) return [];
    return [id, `    Flink    ${firstLine(outcome.pair.expected)}`, `    Tidemark ${outcome.pair.got}`];
  });
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

/** Sums over cases. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly later: number;
  readonly fault: number;
  readonly folded: number;
  readonly batch: number;
  readonly notCompared: number;
}

export function countCases(cases: readonly CaseReport[]): Counts {
  const count = (test: (verdict: CaseReport['verdict']) => boolean) =>
    cases.filter(({ verdict }) => test(verdict)).length;
  return {
    passed: count(({ kind }) => kind === 'passed'),
    failed: count(({ kind }) => kind === 'failed'),
    later: count((verdict) => verdict.kind === 'listed' && verdict.list === 'later'),
    fault: count((verdict) => verdict.kind === 'listed' && verdict.list === 'fault'),
    folded: count((verdict) => verdict.kind === 'listed' && verdict.list === 'folded'),
    batch: count((verdict) => verdict.kind === 'listed' && verdict.list === 'batch'),
    notCompared: count(({ kind }) => kind === 'not compared'),
  };
}

/** A table of the areas and their sum, aligned. */
export function showSummary(reports: readonly FileReport[]): string[] {
  const areas = Map.groupBy(reports, ({ area }) => area);
  const row = (name: string, of: readonly FileReport[]): string[] => {
    const counts = countCases(of.flatMap(({ cases }) => cases));
    const seconds = of.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0) / 1000;
    return [
      name,
      `${counts.passed}`,
      `${counts.failed}`,
      `${counts.later}`,
      `${counts.fault}`,
      `${counts.folded}`,
      `${counts.batch}`,
      `${counts.notCompared}`,
      seconds.toFixed(1),
    ];
  };
  const rows = [
    ['area', 'passed', 'failed', 'later', "Flink's fault", 'folded', 'by batch', 'not compared', 'seconds'],
    ...[...areas].map(([name, of]) => row(name, of)),
    ...(areas.size > 1 ? [row('all', reports)] : []),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows.map((cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
}
