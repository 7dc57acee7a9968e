import { DiagnosticError, error } from '../diagnostics/diagnostic.ts';
import { type Memory, MemoryExhausted } from '../memory/memory.ts';
import type { Operator } from '../operators/operator.ts';
import { noState, type StateSize } from '../operators/state-size.ts';
import type { PhysicalGraph, PhysicalOperator } from '../physical/graph.ts';

/** The setting that bounds a job's memory. */
export const memorySetting = 'taskmanager.memory.managed.size';

/** What is told of a job that has asked for more memory than it may have; another failure is told as it is. */
export function memoryFailure(failure: unknown, { memory, graph, operators }: MemoryFailureParts): unknown {
  const isTrap = failure instanceof WebAssembly.RuntimeError;
  if (!(isTrap && memory.isExhausted) && !(failure instanceof MemoryExhausted)) return failure;
  const sizes = graph.operators.map((node) => ({ node, size: sizeOf(operators.get(node.id)) }));
  const [largest] = sizes.sort((a, b) => b.size.bytes - a.size.bytes);
  const stateBytes = sizes.reduce((sum, { size }) => sum + size.bytes, 0);
  const notes = largest === undefined || largest.size.bytes === 0 ? [] : [holdsMost(largest.node, largest.size)];
  // Texts of rows that wait, batches and buffers, and pages that a checkpoint has put aside.
  notes.push(`state is ${bytesText(stateBytes)} in all, the rest is batches, buffers, and room for more`);
  const message = `the job needs more than the ${bytesText(memory.limitBytes)} of memory that it may have`;
  return new DiagnosticError([
    error('F023', largest?.node.span ?? null, message, {
      notes,
      help: `SET '${memorySetting}' to more; or bound what is kept: 'table.exec.state.ttl', a shorter window or interval, fewer keys; 'tidemark.batch-size' bounds batches`,
    }),
  ]);
}

export interface MemoryFailureParts {
  readonly memory: Memory;
  readonly graph: PhysicalGraph;
  readonly operators: ReadonlyMap<string, Operator>;
}

function holdsMost({ id }: PhysicalOperator, { rows, bytes }: StateSize): string {
  return `"${id}" holds most: ${rows.toLocaleString('en')} keys and rows in ${bytesText(bytes)}`;
}

/** What was at work when the memory ended may not be whole any more. */
function sizeOf(operator: Operator | undefined): StateSize {
  try {
    return operator?.stateSize ?? noState;
  } catch {
    return noState;
  }
}

/** `64 MiB` */
function bytesText(bytes: number): string {
  for (const [size, unit] of [
    [2 ** 30, 'GiB'],
    [2 ** 20, 'MiB'],
    [2 ** 10, 'KiB'],
  ] as const) {
    if (bytes >= size) return `${Number((bytes / size).toFixed(bytes < 10 * size ? 1 : 0))} ${unit}`;
  }
  return `${bytes} bytes`;
}
