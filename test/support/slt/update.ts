import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildKernels } from '../../../.ci/build/kernels.ts';
import { headerOf } from '../conformance/compare.ts';
import { openEngine } from '../conformance/engine.ts';
import type { EnginePort, Result } from '../conformance/engine-port.ts';
import { cellsOf, settingsOf } from './matrix.ts';
import { remainingTexts, rowText } from './row-text.ts';
import { queryResults, writeFeeds } from './run-transcript.ts';
import { parseTranscript, type Step } from './transcript.ts';

const usage = `usage: npm run slt:update -- FILE...
Writes what the engine answers, one row at a time and from one shard, into the answers of transcripts.
Read the difference before you commit it: an answer is right because you know it, not because it came out.`;

if (import.meta.main) await main(process.argv.slice(2));

async function main(files: readonly string[]): Promise<void> {
  if (files.length === 0 || files.includes('--help')) {
    console.log(usage);
    return;
  }
  await buildKernels();
  const port = await openEngine();
  for (const file of files) {
    const before = readFileSync(file, 'utf8');
    const after = await updated(port, file, before);
    if (after !== before) writeFileSync(file, after);
    console.log(`${file}: ${after === before ? 'as it was' : 'written'}`);
  }
}

/** The text of the transcript with the engine's answers. @throws Error when a statement is refused */
export async function updated(port: EnginePort, path: string, text: string): Promise<string> {
  const transcript = parseTranscript(path, text);
  const cell = cellsOf(transcript.pins)[0];
  if (cell === undefined) return text;
  const dir = await mkdtemp(join(tmpdir(), 'tidemark-slt-'));
  try {
    await writeFeeds(transcript.steps, cell, dir);
    const context = { port, path, dir, settings: settingsOf(cell) };
    const { results, refused } = await queryResults(context, transcript.steps);
    if (refused !== null) throw new Error(`${path}:${refused.line}: ${refused.what}: ${refused.got.join(' ')}`);
    const lines = text.split('\n');
    const queries = transcript.steps.filter((step) => step.kind === 'query');
    // From the last, so that the lines of those before stay where they are.
    for (const [index, query] of [...queries.entries()].reverse()) {
      const result = results[index];
      const { start, end } = query.answerLines;
      if (result) lines.splice(start, end - start, ...answerLines(query, result, lines.slice(start, end)));
    }
    return lines.join('\n');
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** An answer as lines; a line that says the same as before keeps its alignment and its comment. */
function answerLines(query: Extract<Step, { kind: 'query' }>, result: Result, before: readonly string[]): string[] {
  const rows = query.order === 'materialized' ? remainingTexts(result.rows) : result.rows.map(rowText);
  const header = query.header === null ? [] : [`| ${headerOf(result)}`];
  const old = before.slice(header.length);
  return [...header, ...rows.map((row, index) => (query.rows[index] === row ? (old[index] ?? row) : row))];
}
