import { SourceText } from '../../../src/diagnostics/source-text.ts';
import { Engine, type ExplainEvent } from '../../../src/engine.ts';
import { Memory } from '../../../src/memory/memory.ts';

const memory = Memory.create();

/** The optimized logical plan of a script's last statement, as EXPLAIN prints it, but for the types. */
export async function planText(script: string): Promise<string> {
  let last: ExplainEvent | undefined;
  for await (const event of new Engine({ memory }).explain(new SourceText('plan.sql', script))) last = event;
  if (last?.kind !== 'plan')
    throw new Error(last === undefined ? 'no query' : last.diagnostics.map(({ message }) => message).join('; '));
  const [, logical = ''] = /== Logical Plan ==\n(.*?)\n\n== /s.exec(last.text) ?? [];
  return logical.split('\n\n').map(withoutTypes).join('\n\n');
}

/** A node's own line has its branch; the one with its columns has none. */
function withoutTypes(tree: string): string {
  return tree
    .split('\n')
    .filter((line, at) => at === 0 || /[└├]─ /.test(line))
    .join('\n');
}
