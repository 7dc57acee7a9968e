import { DiagnosticError } from '../../../src/diagnostics/diagnostic.ts';
import { SourceText } from '../../../src/diagnostics/source-text.ts';
import { Engine } from '../../../src/engine.ts';
import { Memory } from '../../../src/memory/memory.ts';
import { rowTexts } from '../../../src/session/result-text.ts';
import type { AnswerHeader, StatementEvent } from '../../../src/session/statement-event.ts';
import { machine } from '../../../src/streams/machine.ts';
import { columnTypeText } from '../../../src/types/column.ts';
import { Random } from '../streams/random.ts';
import { SimulatedDisk } from '../streams/simulated-disk.ts';
import type { Answer, EnginePort } from './engine-port.ts';

/**
 * The engine of the sources as a port. One memory serves all scripts: each gives back what it took. `restarts`: behind
 * each batch a job is stopped at a checkpoint, and goes on from it in a fresh memory.
 */
export async function openEngine({ restarts = false }: { readonly restarts?: boolean } = {}): Promise<EnginePort> {
  const memory = Memory.create();
  return {
    async *run(script, { scriptName, settings }) {
      const silent = (): void => {};
      const start = (given: typeof settings) =>
        new Engine({
          memory,
          settings: given,
          standardOutput: silent,
          standardError: silent,
          ...(restarts
            ? { restartsAtCheckpoints: true, stateEnvironment: { ...machine, files: new SimulatedDisk(new Random(1)) } }
            : {}),
        });
      let engine: Engine;
      try {
        engine = start(settings);
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error;
        // A setting that is refused has a place where it is SET.
        const sets = Object.entries(settings).map(([key, value]) => `SET '${key}' = '${value}';`);
        yield* answers(start({}).run(new SourceText(scriptName, sets.join('\n'))));
        return;
      }
      yield* answers(engine.run(new SourceText(scriptName, script)));
    },
  };
}

async function* answers(events: AsyncIterable<StatementEvent>): AsyncGenerator<Answer> {
  let header: AnswerHeader | null = null;
  let texts: ReturnType<typeof rowTexts> | null = null;
  let rows: [string, readonly (string | null)[]][] = [];
  for await (const event of events) {
    switch (event.kind) {
      case 'answer':
        header = event.header;
        texts = rowTexts(header);
        rows = [];
        break;
      case 'rows':
        for (const row of event.rows) rows.push([row.kind, texts?.(row) ?? []]);
        break;
      case 'done':
        if (header !== null) {
          yield {
            columns: header.columns.map((column) => ({ name: column.name, type: columnTypeText(column) })),
            rows,
          } as Answer;
        }
        header = null;
        break;
      case 'refused': {
        const [diagnostic] = event.diagnostics;
        if (diagnostic === undefined) throw new Error('refused without a reason');
        const { code, message, span } = diagnostic;
        const place = span === null ? null : span.source.position(span.start);
        yield {
          error: { code, message, line: place?.line ?? null, column: place?.column ?? null, stage: event.stage },
        } as Answer;
        return;
      }
      case 'statement':
      case 'progress':
      case 'summary':
      case 'warnings':
      case 'begun':
        break;
    }
  }
}
