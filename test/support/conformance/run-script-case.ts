import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ScriptCase } from './case-file.ts';
import { compareRefusal, compareResult, type Difference, headerOf, rowOrder, showRefusal } from './compare.ts';
import type { Answer, EnginePort, Refusal } from './engine-port.ts';
import { type Outcome, stackOf } from './outcome.ts';
import { within } from './within.ts';

/** How a case is run: one row at a time, where the sequence is Flink's, and in batches of the default size. */
const modes = [
  { name: 'batch size 1', oneByOne: true, settings: { 'tidemark.batch-size': '1' } },
  { name: 'default batch size', oneByOne: false, settings: {} },
] as const;

/** A script of the corpus runs in milliseconds; one that takes this long does not end. */
const timeoutMs = 20_000;

/** Runs a case in each mode, each in a folder of its own under `folder`, and says how it went. */
export async function runScriptCase(port: EnginePort, script: ScriptCase, folder: string): Promise<Outcome> {
  let refused: Refusal | null = null;
  for (const { name, oneByOne, settings } of modes) {
    const dir = join(folder, oneByOne ? 'one' : 'all');
    await writeInputs(script, dir);
    const answers: Answer[] = [];
    try {
      const sql = script.sql.replaceAll('${dir}', dir);
      await within(timeoutMs, collect(port.run(sql, { scriptName: script.name, settings }), answers));
    } catch (fault) {
      return { kind: 'crash', where: name, text: stackOf(fault) };
    }
    const shown = answers.map((answer) => withoutDir(answer, dir));
    refused = refusalIn(shown);
    const difference = compareAnswers(script, shown, oneByOne);
    if (difference) return { kind: 'differs', where: name, difference, refused };
  }
  const last = script.expected.at(-1);
  const pair = refused && last?.kind === 'error' ? { expected: last.text, got: showRefusal(refused) } : null;
  return { kind: 'passes', pair };
}

/** The first difference, or null. */
function compareAnswers(script: ScriptCase, answers: readonly Answer[], oneByOne: boolean): Difference | null {
  for (const [index, expected] of script.expected.entries()) {
    const got = answers[index];
    const which = script.expected.length === 1 ? '' : ` (answer ${index + 1} of ${script.expected.length})`;
    const difference = compareAnswer(expected, got, oneByOne);
    if (difference) return { ...difference, what: difference.what + which };
  }
  const extra = answers[script.expected.length];
  if (extra === undefined) return null;
  return { what: 'an answer too many', expected: [], got: summary(extra) };
}

function compareAnswer(
  expected: ScriptCase['expected'][number],
  got: Answer | undefined,
  oneByOne: boolean,
): Difference | null {
  const wanted = expected.kind === 'error' ? [expected.text] : [expected.header];
  if (got === undefined) return { what: 'no answer', expected: wanted, got: [] };
  if (expected.kind === 'error') {
    if ('error' in got) return compareRefusal(expected.text, got.error);
    return { what: 'not refused', expected: wanted, got: summary(got) };
  }
  if ('error' in got) return { what: 'refused', expected: wanted, got: summary(got) };
  return compareResult(expected, got, rowOrder(expected.grade, oneByOne));
}

function summary(answer: Answer): string[] {
  if ('error' in answer) return [showRefusal(answer.error)];
  return [headerOf(answer), `${answer.rows.length} rows`];
}

function refusalIn(answers: readonly Answer[]): Refusal | null {
  const last = answers.at(-1);
  return last !== undefined && 'error' in last ? last.error : null;
}

async function writeInputs(script: ScriptCase, dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const { path, text } of script.files) {
    const file = join(dir, path);
    if (path.includes('/')) await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

async function collect(answers: AsyncIterable<Answer>, into: Answer[]): Promise<void> {
  for await (const answer of answers) into.push(answer);
}

/** The corpus writes the folder of the files as `${dir}` in its answers too. */
function withoutDir(answer: Answer, dir: string): Answer {
  const shorten = (text: string) => text.replaceAll(dir, '${dir}');
  if ('error' in answer) return { error: { ...answer.error, message: shorten(answer.error.message) } };
  return {
    columns: answer.columns,
    rows: answer.rows.map(([kind, fields]) => [kind, fields.map((field) => (field === null ? null : shorten(field)))]),
  };
}
