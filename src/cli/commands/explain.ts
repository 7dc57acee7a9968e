import { renderDiagnostic } from '../../diagnostics/render.ts';
import { SourceText } from '../../diagnostics/source-text.ts';
import { Engine } from '../../engine.ts';
import { defaultStreamsFolder } from '../../streams/default-folder.ts';
import { exitCode } from '../exit-codes.ts';
import { scriptFiles } from '../script-files.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

export interface ExplainOptions {
  readonly execute: readonly string[];
  readonly config: Readonly<Record<string, string>>;
  readonly stage?: 'ast' | 'logical' | 'physical' | 'code' | undefined;
}

const titles = {
  ast: '== Abstract Syntax Tree ==',
  logical: '== Logical Plan ==',
  physical: '== Physical Plan ==',
} as const;

/** `tidemark explain`: the plans of the queries and INSERTs in scripts, whose other statements are executed. */
export async function explain(
  paths: readonly string[],
  options: ExplainOptions,
  out: Terminal,
  err: Terminal,
): Promise<number> {
  const scripts = scriptFiles(paths, options.execute);
  if (scripts.length === 0) throw new UsageError('nothing to explain', "name a file, a folder or -e 'SELECT ...'");
  const engine = new Engine({ settings: options.config, keptRowsFolder: defaultStreamsFolder });
  for (const script of scripts) {
    const source = new SourceText(script.source.name, script.source.text);
    for await (const event of engine.explain(source, { code: options.stage === 'code' })) {
      if (event.kind === 'plan') out.write(`${stageOf(event.text, options.stage)}\n`);
      else {
        for (const diagnostic of event.diagnostics)
          err.write(`${renderDiagnostic(diagnostic, { color: err.colors.isColorSupported })}\n`);
        return exitCode.failed;
      }
    }
  }
  return exitCode.ok;
}

/** One section of the plan, or all of it. Code comes alone. */
function stageOf(plan: string, stage: ExplainOptions['stage']): string {
  if (stage === undefined || stage === 'code') return plan;
  const from = plan.indexOf(titles[stage]);
  const next = plan.indexOf('\n== ', from + 1);
  return plan.slice(from, next < 0 ? undefined : next).trimEnd();
}
