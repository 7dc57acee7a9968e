import type { RecordBatch } from 'apache-arrow';
import { summary } from '../src/diagnostics/diagnostic.ts';
import { SourceText } from '../src/diagnostics/source-text.ts';
import { Engine } from '../src/engine.ts';
import type { Batch } from '../src/memory/batch.ts';
import type { Memory } from '../src/memory/memory.ts';

/** Runs a script from its text to its end; each batch of an answer goes to `take`. @throws Error when it is refused */
export async function runScript(
  sql: string,
  options: {
    readonly memory: Memory;
    readonly recordBatches?: ReadonlyMap<string, readonly RecordBatch[]>;
    readonly take: (batch: Batch) => void;
  },
): Promise<void> {
  const engine = new Engine({ memory: options.memory, recordBatches: options.recordBatches, onBatch: options.take });
  for await (const event of engine.run(new SourceText('bench', sql))) {
    if (event.kind === 'refused') throw new Error(event.diagnostics.map(summary).join('\n'));
  }
  engine.close();
}
