import { BatchBuilder } from '../memory/batch-builder.ts';
import { Memory } from '../memory/memory.ts';
import { OperatorState } from '../memory/operator-state.ts';
import { createOperator } from '../operators/create.ts';
import type { PhysicalGraph, PhysicalOperator } from '../physical/graph.ts';
import { type Changes, isAppendOnly } from '../plan/logical.ts';
import type { Schema } from '../types/column.ts';
import { disassemble } from '../wasm/disassemble.ts';
import { isTrackedJob } from './job-state.ts';
import type { SessionContext } from './session-context.ts';

/** The WebAssembly of a plan's operators, as it would be emitted for native batches, with checkpoints where the session makes them. Nothing is read. */
export function codeText(graph: PhysicalGraph, context: SessionContext): string {
  return graph.operators.map((node) => `;; ${node.id}\n${operatorCode(node, graph, context)}`).join('\n\n');
}

function operatorCode(node: PhysicalOperator, graph: PhysicalGraph, context: SessionContext): string {
  const { clock, session } = context;
  // With checkpoints, what is written is marked.
  const memory = isTrackedJob(graph, context) ? Memory.create({ isTracked: true }) : context.memory;
  const { timeZone } = session.settings;
  const zone = context.zone(timeZone);
  const modules: string[] = [];
  const operator = createOperator(node, {
    memory,
    state: OperatorState.of(memory),
    session: {
      timeZone,
      database: session.currentDatabase,
      zoneAddress: zone.address,
      processingTimeMs: () => clock.nowMs(),
      onModule: (bytes) => void modules.push(disassemble(bytes)),
    },
    batchRows: 1,
    zone: zone.clock,
  });
  const out = { batch: (): void => {} };
  try {
    // Code is made for the first batch: an empty one will do.
    for (const [index, input] of node.inputs.entries()) {
      const { schema, changes } = outputOf(input, graph);
      const batch = new BatchBuilder(memory, schema, { capacity: 1, kinds: !isAppendOnly(changes) });
      operator.process(batch.batch(0), out, index);
      batch.close();
    }
    if (node.inputs.length === 0) operator.onWatermark(Number.POSITIVE_INFINITY, out);
  } finally {
    operator.close();
  }
  return modules.length === 0 ? ';; passes batches on as they are' : modules.join('\n');
}

/** What a node of the graph sends. */
function outputOf(id: string, graph: PhysicalGraph): { readonly schema: Schema; readonly changes: Changes } {
  const operator = graph.operators.find((node) => node.id === id);
  if (operator !== undefined) return operator;
  const source = graph.sources.find((node) => node.id === id);
  if (source === undefined) throw new Error(`the plan names "${id}", which is none of its nodes`);
  return source.scan;
}
