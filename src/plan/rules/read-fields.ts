import type { Table } from '../../catalog/table.ts';
import type { Column } from '../../types/column.ts';
import type { ColumnExpression, Expression } from '../expression.ts';
import { FieldReads, handsOn, rootOf, throughProject } from '../field-reads.ts';
import {
  isAppendOnly,
  type LogicalNode,
  type LogicalProject,
  type LogicalScan,
  type LogicalSink,
  type LogicalUnion,
  type ScanColumn,
} from '../logical.ts';
import { expressionText } from '../same-expression.ts';
import { mapExpressions, readersFirst, withInputs } from '../walk.ts';

/** Whether a table's decoder can read a part of a row without the rest. */
type ReadsFields = (table: Table) => boolean;

/**
 * Reads fields of a ROW as columns of their own where nothing reads the ROW whole: of `who.home.city` alone, a decoder
 * parses that and skips the rest of `who`. NULL where a parent is NULL, as the field of a NULL row is.
 *
 * Fields are asked for from the sinks down to the scans; on the way up each node hands them on behind its own columns.
 * The ROW itself is then read by nobody, and `pruneColumns` leaves it out.
 */
export function readFields(sinks: readonly LogicalSink[], readsFields: ReadsFields): readonly LogicalSink[] {
  const order = readersFirst(sinks);
  const reads = new FieldReads(sinks, order);
  const built = new Map<LogicalNode, Built>();
  const builtOf = (node: LogicalNode): Built => built.get(node) ?? { node, fields: noFields };
  for (const node of order.toReversed()) built.set(node, build(node, reads, builtOf, readsFields));
  return sinks.map((sink) => {
    const { node } = builtOf(sink.input);
    return node === sink.input ? sink : { ...sink, input: firstColumns(node, sink.input) };
  });
}

interface Built {
  /** The node's columns in their places, then the fields. */
  readonly node: LogicalNode;
  /** The columns that hold fields, by the `expressionText` of what they stand for. */
  readonly fields: ReadonlyMap<string, number>;
}

const noFields: ReadonlyMap<string, number> = new Map();

function build(
  node: LogicalNode,
  reads: FieldReads,
  builtOf: (node: LogicalNode) => Built,
  readsFields: ReadsFields,
): Built {
  switch (node.kind) {
    case 'scan':
      return readsFields(node.table) && isAppendOnly(node.changes)
        ? buildScan(node, reads)
        : { node, fields: noFields };
    case 'values':
      return { node, fields: noFields };
    case 'union':
      return buildUnion(node, reads, node.inputs.map(builtOf));
    case 'project':
      return buildProject(node, reads, builtOf(node.input));
    case 'join': {
      const sides = [node.left, node.right].map((side) => firstColumns(builtOf(side).node, side));
      return { node: withInputs(node, sides), fields: noFields };
    }
    default: {
      const below = builtOf(node.input);
      const isBarrier = node.kind === 'unnest' && !handsOn(node);
      const input = isBarrier ? { node: firstColumns(below.node, node.input), fields: noFields } : below;
      const next = mapExpressions(withInputs(node, [input.node]), (expression) => withFields(expression, input.fields));
      if (input.node.schema.length === node.input.schema.length) return { node: next, fields: noFields };
      return handsOn(node) ? handedOn(next, node, input) : { node: next, fields: noFields };
    }
  }
}

/** The fields that are asked of a scan as columns of it, but for those inside another and those of a ROW read whole. */
function buildScan(node: LogicalScan, reads: FieldReads): Built {
  const asked = reads.fieldsOf(node);
  const texts = new Set(asked.map(expressionText));
  const fields = new Map<string, number>();
  const added: ScanColumn[] = [];
  for (const field of asked) {
    const root = node.columns[rootOf(field)];
    if (root === undefined || root.metadata || reads.isReadWhole(node, rootOf(field))) continue;
    if (parents(field).some((parent) => texts.has(expressionText(parent)))) continue;
    const path = [...root.path, ...namesOf(field)];
    fields.set(expressionText(field), node.columns.length + added.length);
    added.push({ name: path.join('.'), type: field.type, path, metadata: false });
  }
  if (added.length === 0) return { node, fields };
  const schema = [...node.schema, ...added.map(({ name, type }): Column => ({ name, type }))];
  return { node: { ...node, columns: [...node.columns, ...added], schema }, fields };
}

function buildProject(node: LogicalProject, reads: FieldReads, input: Built): Built {
  const expressions = node.expressions.map((expression) => withFields(expression, input.fields));
  const schema = [...node.schema];
  const fields = new Map<string, number>();
  for (const field of reads.fieldsOf(node)) {
    const composed = throughProject(field, node);
    const found = withFields(composed, input.fields);
    if (found === composed) continue;
    fields.set(expressionText(field), expressions.length);
    expressions.push(found);
    schema.push({ name: namesOf(field).join('.'), type: field.type });
  }
  return { node: { ...node, input: input.node, expressions, schema }, fields };
}

/** Each side gives the fields that some side has as columns. */
function buildUnion(node: LogicalUnion, reads: FieldReads, inputs: readonly Built[]): Built {
  const fields = reads
    .fieldsOf(node)
    .filter((field) => inputs.some((input) => withFields(field, input.fields) !== field));
  const sides = inputs.map((input, at) => {
    const original = node.inputs[at] ?? input.node;
    if (fields.length === 0) return firstColumns(input.node, original);
    const columns = original.schema.map((_, index) => columnOf(input.node, index));
    return project(input.node, [...columns, ...fields.map((field) => withFields(field, input.fields))], (place) => {
      const field = fields[place - columns.length];
      return field === undefined ? (original.schema[place]?.name ?? '') : namesOf(field).join('.');
    });
  });
  const count = node.schema.length;
  const schema = [...node.schema, ...fields.map((field) => ({ name: namesOf(field).join('.'), type: field.type }))];
  return {
    node: { ...node, inputs: sides, schema },
    fields: new Map(fields.map((field, at) => [expressionText(field), count + at])),
  };
}

/** A node whose first columns are its input's: the fields come behind them, and what the node adds goes before. */
function handedOn(next: LogicalNode, original: LogicalNode, input: Built): Built {
  const [before] = 'input' in original ? [original.input.schema.length] : [0];
  const fieldColumns = input.node.schema.slice(before);
  const schema = [...original.schema.slice(0, before), ...fieldColumns, ...original.schema.slice(before)];
  const moved = (column: number): number => (column < before ? column : column + fieldColumns.length);
  const wide: LogicalNode = { ...next, schema };
  if (original.schema.length === before) return { node: wide, fields: input.fields };
  const own = original.schema.map((_, index) => columnOf(wide, moved(index)));
  const behind = fieldColumns.map((_, index) => columnOf(wide, before + index));
  const added = original.schema.length - before;
  return {
    node: project(wide, [...own, ...behind]),
    fields: new Map([...input.fields].map(([text, column]) => [text, column + added])),
  };
}

/** An expression with columns in place of the fields that are at hand; itself where it has none. */
function withFields(expression: Expression, fields: ReadonlyMap<string, number>): Expression {
  if (fields.size === 0) return expression;
  switch (expression.kind) {
    case 'column':
    case 'literal':
      return expression;
    case 'call': {
      const args = expression.args.map((arg) => withFields(arg, fields));
      return args.every((arg, at) => arg === expression.args[at]) ? expression : { ...expression, args };
    }
    case 'cast': {
      const input = withFields(expression.input, fields);
      return input === expression.input ? expression : { ...expression, input };
    }
    case 'field': {
      const index = fields.get(expressionText(expression));
      if (index !== undefined) return { kind: 'column', index, type: expression.type, span: expression.span };
      const input = withFields(expression.input, fields);
      return input === expression.input ? expression : { ...expression, input };
    }
  }
}

/** The chains that a chain of fields goes through: of `a.b.c` `a.b`. */
function parents(field: Expression): readonly Expression[] {
  if (field.kind !== 'field' || field.input.kind !== 'field') return [];
  return [field.input, ...parents(field.input)];
}

/** The names of a chain of fields, from its root on. */
function namesOf(field: Expression): readonly string[] {
  if (field.kind !== 'field') return [];
  const row = field.input.type;
  return [
    ...namesOf(field.input),
    (row.kind === 'ROW' ? row.fields[field.index]?.name : undefined) ?? `${field.index}`,
  ];
}

/** The columns that a node had before fields came behind them. */
function firstColumns(node: LogicalNode, original: LogicalNode): LogicalNode {
  if (node.schema.length === original.schema.length) return node;
  return project(
    node,
    original.schema.map((_, index) => columnOf(node, index)),
  );
}

function columnOf({ schema, span }: LogicalNode, index: number): ColumnExpression {
  const column = schema[index];
  if (column === undefined) throw new Error(`no column ${index}`);
  return { kind: 'column', index, type: column.type, span };
}

/** Columns keep their names and time attributes; other expressions are named by `nameOf`. */
function project(
  input: LogicalNode,
  expressions: readonly Expression[],
  nameOf: (index: number) => string = () => '',
): LogicalProject {
  const schema = expressions.map((expression, index): Column => {
    const column = expression.kind === 'column' ? input.schema[expression.index] : undefined;
    return column ?? { name: nameOf(index), type: expression.type };
  });
  return { kind: 'project', input, expressions, schema, changes: input.changes, span: input.span };
}
