import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ScriptCase } from './case-file.ts';
import { type CorpusFile, expressionName } from './corpus.ts';
import type { EnginePort } from './engine-port.ts';
import type { KnownDifference } from './known-differences.ts';
import type { Outcome } from './outcome.ts';
import { type QueryForm, runExpressions } from './run-expressions.ts';
import { runScriptCase } from './run-script-case.ts';
import { judge, type Verdict } from './verdict.ts';

/** How the cases of one file went. */
export interface FileReport {
  readonly path: string;
  readonly area: string;
  readonly cases: readonly CaseReport[];
  readonly elapsedMs: number;
}

export interface CaseReport {
  /** As the lists name it: `tumble.case: a row exactly at a boundary`. */
  readonly id: string;
  readonly outcome: Outcome;
  readonly verdict: Verdict;
}

export interface FileRun {
  readonly port: EnginePort;
  readonly known: readonly KnownDifference[];
  /** How an expression is asked. */
  readonly forms: readonly QueryForm[];
  /** Only cases whose id holds this text; empty for all. */
  readonly filter: string;
  /** A bundle of rows ends with a checkpoint, as in Flink: what it sends hangs on when that is, and is not asked. */
  readonly endsBundles?: boolean;
}

/** Scripts at once: while one waits for its files, another computes. */
const scriptsAtOnceMax = 4;

/** Runs the cases of a file. The folders of its scripts are gone when it returns. */
export async function runFile(file: CorpusFile, run: FileRun): Promise<FileReport> {
  const start = performance.now();
  const known = new Map(run.known.map((entry) => [entry.id, entry]));
  const report = (id: string, outcome: Outcome): CaseReport => ({
    id,
    outcome,
    verdict: judge(outcome, known.get(id), file.isCompared),
  });
  const cases = (await runCases(file, run)).map(({ id, outcome }) => report(id, outcome));
  return { path: file.path, area: file.area, cases, elapsedMs: performance.now() - start };
}

async function runCases(
  { name, content }: CorpusFile,
  { port, forms, filter, endsBundles = false }: FileRun,
): Promise<{ id: string; outcome: Outcome }[]> {
  if (content.kind === 'expressions') {
    const ids = uniqueIds(name, content.cases.map(expressionName));
    const wanted = [...content.cases.keys()].filter((index) => ids[index]?.includes(filter));
    const cases = wanted.flatMap((index) => content.cases[index] ?? []);
    const outcomes = await runExpressions(port, cases, forms);
    return outcomes.map((outcome, place) => ({ id: ids[wanted[place] ?? 0] ?? '', outcome }));
  }
  const ids = uniqueIds(
    name,
    content.cases.map((script) => script.name),
  );
  const wanted = content.cases.map((script, index) => ({ script, id: ids[index] ?? '' }));
  const isAsked = ({ sql }: ScriptCase): boolean =>
    !endsBundles || !/'table\.exec\.mini-batch\.enabled'\s*=\s*'true'/.test(sql);
  const chosen = wanted.filter(({ id, script }) => id.includes(filter) && isAsked(script));
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-conformance-'));
  try {
    const outcomes: Outcome[] = [];
    let next = 0;
    const takeAll = async () => {
      for (let index = next++; index < chosen.length; index = next++) {
        const script = chosen[index]?.script;
        if (script) outcomes[index] = await runScriptCase(port, script, join(folder, `${index}`));
      }
    };
    await Promise.all(Array.from({ length: scriptsAtOnceMax }, takeAll));
    return chosen.map(({ id }, index) => ({ id, outcome: outcomes[index] as Outcome }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `file: name`, with a number from the second case of the same name. */
export function uniqueIds(file: string, names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return `${file}: ${name}${count === 1 ? '' : ` (${count})`}`;
  });
}
