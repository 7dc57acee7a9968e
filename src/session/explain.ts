import type { PhysicalGraph } from '../physical/graph.ts';
import { planPhysically } from '../physical/plan.ts';
import type { LogicalScan, LogicalSink } from '../plan/logical.ts';
import { printPlan } from '../plan/print.ts';
import type { Statement } from '../sql/ast.ts';
import { format } from '../sql/format.ts';

/** What EXPLAIN shows of a statement: its tree, the logical plan with schemas and changes, the graph of operators. */
export function explainText(statement: Statement, sinks: readonly LogicalSink[]): string {
  return [
    '== Abstract Syntax Tree ==',
    format(statement),
    '',
    '== Logical Plan ==',
    printPlan(sinks, { types: true }),
    '',
    '== Physical Plan ==',
    graphText(planPhysically(sinks)),
    '',
  ].join('\n');
}

/** Columns of the table that are read, whole or in part. */
function columnCount({ columns }: LogicalScan): number {
  return new Set(columns.map(({ path, name }) => path[0] ?? name)).size;
}

function graphText({ sources, operators, sinks }: PhysicalGraph): string {
  return [
    ...sources.map(({ id, scan }) => `${id}: reads ${columnCount(scan)} of ${scan.table.columns.length} columns`),
    ...operators.map(({ id, inputs, steps, after }) => {
      const kinds = (list: typeof steps): string =>
        list.length === 0 ? '' : ` [${list.map(({ kind }) => kind).join(', ')}]`;
      return `${id}: ${inputs.join(', ') || 'no input'}${kinds(steps)}${after.length === 0 ? '' : ` then${kinds(after)}`}`;
    }),
    ...sinks.map(({ id, input, table }) => `${id}: ${input} to ${table?.path.name ?? 'the screen'}`),
  ].join('\n');
}
