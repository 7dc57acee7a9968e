import { optionValues } from '../catalog/read-options.ts';
import type { KeptKind, Table } from '../catalog/table.ts';
import { sinkGuarantee, sourceRestart } from '../connectors/index.ts';
import { keptOptions } from '../connectors/kept/kept-options.ts';
import type { PhysicalGraph } from '../physical/graph.ts';
import { dropsLateRows } from '../physical/late-rows.ts';
import { planPhysically } from '../physical/plan.ts';
import { planAdvice } from '../plan/advice.ts';
import { costText } from '../plan/cost.ts';
import { changesText, type LogicalNode, type LogicalScan, type LogicalSink } from '../plan/logical.ts';
import { type PrintOptions, printPlan } from '../plan/print.ts';
import { materializes, sentChanges } from '../plan/sent-changes.ts';
import { type UniqueKeys, uniqueKeys } from '../plan/unique-keys.ts';
import { KeptTables } from '../runtime/kept-tables.ts';
import type { ExplainDetail, Statement } from '../sql/ast.ts';
import { format } from '../sql/format.ts';

/** What a plan does not say itself. */
export interface ExplainPlace {
  /** Whether rows that would be lost are kept on the disk. */
  readonly isOnDisk: boolean;
  /** Whether the session wants checkpoints. */
  readonly wantsCheckpoints: boolean;
  /** Whether a job of the plan would make them. */
  readonly hasCheckpoints: (graph: PhysicalGraph) => boolean;
}

/**
 * What EXPLAIN shows of a statement: its tree, the logical plan with schemas and changes, the graph of operators, and
 * what is asked for beside. Rows that answer a query have no reader here who needs the rows that updates replace.
 */
export function explainText(
  statement: Statement,
  sinks: readonly LogicalSink[],
  details: readonly ExplainDetail[],
  place: ExplainPlace,
): string {
  const graph = planPhysically(sinks, { replacedRows: false });
  const hasCheckpoints = place.hasCheckpoints(graph);
  const sections = [
    '== Abstract Syntax Tree ==',
    format(statement),
    '',
    '== Logical Plan ==',
    printPlan(sinks, { types: true, ...nodeDetails(sinks, details) }),
    '',
    '== Physical Plan ==',
    graphText(graph, place, hasCheckpoints),
    '',
  ];
  if (details.includes('PLAN_ADVICE')) sections.push('== Plan Advice ==', ...adviceLines(sinks), '');
  if (details.includes('JSON_EXECUTION_PLAN'))
    sections.push('== Physical Execution Plan ==', graphJson(graph, hasCheckpoints), '');
  return sections.join('\n');
}

/** What stands behind each node, and behind each sink. */
function nodeDetails(sinks: readonly LogicalSink[], details: readonly ExplainDetail[]): PrintOptions {
  const hasCost = details.includes('ESTIMATED_COST');
  if (!details.includes('CHANGELOG_MODE')) return hasCost ? { nodeDetail: costText } : {};
  const sent = sentChanges(sinks, { replacedRows: false });
  const keys = uniqueKeys(sinks);
  const mode = (node: LogicalNode): string => `changelogMode=${changesText(sent.get(node) ?? node.changes)}`;
  return {
    nodeDetail: (node) =>
      [mode(node), keysText(node, keys.get(node) ?? []), hasCost ? costText(node) : ''].filter(Boolean).join(', '),
    sinkDetail: (sink) =>
      `${materializes(sink, keys.get(sink.input) ?? []) ? 'upsertMaterialize=[true], ' : ''}${mode(sink.input)}`,
  };
}

/** `keys=[(k), (a, b)]`; nothing where no columns are known to tell rows apart. */
function keysText({ schema }: LogicalNode, keys: UniqueKeys): string {
  const names = keys.map((key) => `(${key.map((column) => schema[column]?.name ?? `$${column}`).join(', ')})`);
  return names.length === 0 ? '' : `keys=[${names.join(', ')}]`;
}

function adviceLines(sinks: readonly LogicalSink[]): readonly string[] {
  const advice = planAdvice(sinks);
  return advice.length === 0 ? ['No advice.'] : advice.map((line, at) => `advice[${at + 1}]: ${line}`);
}

/** Columns of the table that are read, whole or in part. */
function columnCount({ columns }: LogicalScan): number {
  return new Set(columns.map(({ path, name }) => path[0] ?? name)).size;
}

function graphText(graph: PhysicalGraph, place: ExplainPlace, hasCheckpoints: boolean): string {
  const { sources, operators, sinks } = graph;
  return [
    ...sources.map(
      ({ id, scan }) =>
        `${id}: reads ${columnCount(scan)} of ${scan.table.columns.length} columns${keptText(graph, id, place.isOnDisk)}${hasCheckpoints ? restartText(scan.table) : ''}`,
    ),
    ...operators.map(({ id, inputs, steps, after }) => {
      const kinds = (list: typeof steps): string =>
        list.length === 0 ? '' : ` [${list.map(({ kind }) => kind).join(', ')}]`;
      return `${id}: ${inputs.join(', ') || 'no input'}${kinds(steps)}${after.length === 0 ? '' : ` then${kinds(after)}`}`;
    }),
    ...sinks.map(({ id, input, table }) => {
      const promise = place.wantsCheckpoints ? guaranteeText(table) : '';
      return `${id}: ${input} to ${table?.path.name ?? 'the screen'}${promise}`;
    }),
  ].join('\n');
}

/** `; late rows are kept in clicks$late, on disk, up to 64 mb and 7 d`; nothing where no row is dropped. */
function keptText(graph: PhysicalGraph, source: string, isOnDisk: boolean): string {
  const tables = new KeptTables(graph);
  const mayBeLate = graph.operators.some(
    ({ id, inputs, work }) =>
      dropsLateRows(work) &&
      inputs.some((_, input) => {
        const table = tables.of('late', id, input);
        return table !== null && table === tables.ofSource('late', source);
      }),
  );
  const kinds: readonly (readonly [KeptKind, string])[] = [
    ...(mayBeLate ? [['late', 'late rows'] as const] : []),
    ['errors', 'rows with an error'],
  ];
  const texts = kinds.flatMap(([kind, rows]) => {
    const table = tables.ofSource(kind, source);
    if (table === null) return [];
    const options = optionValues(table.options, keptOptions);
    const bound = (name: string): string => options.string(`tidemark.${kind}.${name}`) ?? '';
    const place = isOnDisk ? 'on disk' : 'in memory';
    return `; ${rows} are kept in ${table.path.name}$${kind}, ${place}, up to ${bound('max-size')} and ${bound('max-age')}`;
  });
  return texts.join('');
}

/** `; goes on behind a restart: each file is read on behind the last record that the checkpoint has`. */
function restartText(table: Table): string {
  const { kind, how } = sourceRestart(table);
  return `; ${kind === 'goes-on' ? 'goes on' : 'begins anew'} behind a restart: ${how}`;
}

/** `; exactly once: a file is seen with the checkpoint that has its last row`. */
function guaranteeText(table: Table | null): string {
  if (table === null) return '; no checkpoints: who asks again is shown all rows again';
  const { kind, how } = sinkGuarantee(table);
  return `; ${kind === 'none' ? 'no guarantee' : kind.replaceAll('-', ' ')}: ${how}`;
}

/** The graph as data: nodes with their inputs, in the order in which rows go through them. */
function graphJson({ sources, operators, sinks }: PhysicalGraph, hasCheckpoints: boolean): string {
  const stepKinds = (steps: readonly { readonly kind: string }[]): readonly string[] => steps.map(({ kind }) => kind);
  const nodes = [
    ...sources.map(({ id, scan }) => ({
      id,
      type: 'source',
      table: scan.table.path.name,
      columns: scan.columns.map(({ path }) => path.join('.')),
      ...(hasCheckpoints ? { restart: sourceRestart(scan.table).kind } : {}),
    })),
    ...operators.map(({ id, inputs, steps, work, after, changes, schema }) => ({
      id,
      type: work.kind,
      inputs,
      steps: stepKinds(steps),
      after: stepKinds(after),
      columns: schema.map(({ name }) => name),
      changelogMode: changesText(changes),
    })),
    ...sinks.map(({ id, input, table, changes }) => ({
      id,
      type: 'sink',
      inputs: [input],
      table: table?.path.name ?? null,
      changelogMode: changesText(changes),
      ...(hasCheckpoints && table !== null ? { guarantee: sinkGuarantee(table).kind } : {}),
    })),
  ];
  return JSON.stringify({ nodes }, null, 2);
}
