import { SourceText } from '../../../src/diagnostics/source-text.ts';
import { Engine, type EngineOptions, type RunOptions } from '../../../src/engine.ts';
import type { JobSummary } from '../../../src/runtime/job.ts';

/** What a script has told of its jobs. */
export interface ToldRun {
  /** `F022 message | note | note`, in their order. */
  readonly warnings: readonly string[];
  /** What ended it; null: nothing did. */
  readonly refused: string | null;
  /** Of the last job. */
  readonly summary: JobSummary | null;
}

/** Runs a script to its end, in an engine of its own. */
export async function toldRun(script: string, options: EngineOptions, run: RunOptions = {}): Promise<ToldRun> {
  const engine = new Engine(options);
  const warnings: string[] = [];
  let refused: string | null = null;
  let summary: JobSummary | null = null;
  for await (const event of engine.run(new SourceText('job.sql', script), run)) {
    if (event.kind === 'warnings') warnings.push(...event.diagnostics.map(textOf));
    else if (event.kind === 'refused') refused = event.diagnostics.map(textOf).join('\n');
    else if (event.kind === 'summary') summary = event.summary;
  }
  engine.close();
  return { warnings, refused, summary };
}

function textOf({
  code,
  message,
  notes,
}: {
  code: string;
  message: string;
  notes: readonly { message: string }[];
}): string {
  return [`${code} ${message}`, ...notes.map((note) => note.message)].join(' | ');
}
