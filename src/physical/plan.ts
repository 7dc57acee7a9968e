import type { Span } from '../diagnostics/source-text.ts';
import {
  appendOnly,
  type Changes,
  type LogicalNode,
  type LogicalScan,
  type LogicalSink,
  type LogicalWindowAggregate,
  type LookupMethod,
  type WindowTime,
} from '../plan/logical.ts';
import { windowColumns } from '../plan/nodes.ts';
import { rankInputOf } from '../plan/rank-input.ts';
import { type AnswerNeeds, keyWithin, materializes, sentChanges } from '../plan/sent-changes.ts';
import { type UniqueKeys, uniqueKeys } from '../plan/unique-keys.ts';
import { countReaders } from '../plan/walk.ts';
import type { Schema } from '../types/column.ts';
import { unreachable } from '../types/unreachable.ts';
import type {
  InputRows,
  PhysicalGraph,
  PhysicalLookup,
  PhysicalOperator,
  PhysicalSink,
  PhysicalSource,
  Step,
  Work,
} from './graph.ts';
import { dropsLateRows } from './late-rows.ts';
import { type SeveralInputs, severalInputs } from './several-inputs.ts';
import { stepsFrom } from './steps-from.ts';
import { seesWatermark } from './watermark-readers.ts';

/**
 * Plans the sinks of one job as a graph. A node that several read is planned once; what is row by row (filter, project,
 * watermark, window assignment, expand) becomes steps of the operator behind it, or of the one before where the rows
 * leave for a sink.
 */
export function planPhysically(sinks: readonly LogicalSink[], answer: AnswerNeeds): PhysicalGraph {
  const planner = new Planner(sinks, sentChanges(sinks, answer));
  const planned = sinks.map((sink, at) => planner.sink(sink, at));
  const operators = planner.operators.map((operator) => ({
    ...operator,
    marksWatermarks: marksWatermarks(operator, planner.operators),
    isUnited: isUnited(operator, planner.operators),
  }));
  const sources = planner.sources.map((source) => ({ ...source, hasWatermark: hasWatermark(source, operators) }));
  return { sources, lookups: planner.lookups, operators, sinks: planned };
}

/** Rows on their way: from which node they come, and the steps they still have to take. */
interface Stream {
  readonly from: string;
  /** As they leave that node. */
  readonly fromSchema: Schema;
  readonly fromChanges: Changes;
  readonly steps: readonly Step[];
  readonly schema: Schema;
  readonly changes: Changes;
  readonly span: Span;
}

class Planner {
  readonly sources: Omit<PhysicalSource, 'hasWatermark'>[] = [];
  readonly lookups: PhysicalLookup[] = [];
  readonly operators: PhysicalOperator[] = [];
  readonly #readers: ReadonlyMap<LogicalNode, number>;
  readonly #sent: ReadonlyMap<LogicalNode, Changes>;
  readonly #keys: ReadonlyMap<LogicalNode, UniqueKeys>;
  readonly #streams = new Map<LogicalNode, Stream>();
  /** Operators whose rows go one way only: steps behind them can become theirs. */
  readonly #unshared = new Set<string>();
  readonly #counts = new Map<string, number>();

  constructor(sinks: readonly LogicalSink[], sent: ReadonlyMap<LogicalNode, Changes>) {
    this.#sent = sent;
    this.#keys = uniqueKeys(sinks);
    this.#readers = countReaders(sinks);
  }

  sink(sink: LogicalSink, at: number): PhysicalSink {
    let stream = this.#stream(sink.input);
    if (materializes(sink, this.#keys.get(sink.input) ?? [])) stream = this.#materialized(stream, sink);
    stream = this.#settled(stream);
    return {
      id: `sink-${at + 1}`,
      input: stream.from,
      schema: stream.schema,
      changes: stream.changes,
      table: sink.table,
      span: sink.span,
    };
  }

  #stream(node: LogicalNode): Stream {
    const known = this.#streams.get(node);
    if (known !== undefined) return known;
    let stream = this.#plan(node);
    if ((this.#readers.get(node) ?? 0) > 1) {
      // Computed once for all that read it.
      if (stream.steps.length > 0) stream = this.#settled(stream);
      this.#unshared.delete(stream.from);
    }
    this.#streams.set(node, stream);
    return stream;
  }

  #plan(node: LogicalNode): Stream {
    switch (node.kind) {
      case 'scan':
        return this.#scan(node);
      case 'watermark':
        return this.#step(node, node.input, {
          kind: 'watermark',
          timeColumn: node.timeColumn,
          expression: node.expression,
          span: node.span,
        });
      case 'filter':
        return this.#step(node, node.input, { kind: 'filter', condition: node.condition });
      case 'project':
        return this.#step(node, node.input, { kind: 'project', expressions: node.expressions });
      case 'repeat':
        return this.#step(node, node.input, { kind: 'repeat', countColumn: node.countColumn });
      case 'expand':
        return this.#step(node, node.input, {
          kind: 'expand',
          keys: node.keys,
          sets: node.sets,
          columnCount: node.input.schema.length,
        });
      case 'unnest': {
        const { collection, withOrdinality, isOuter, condition, input, schema } = node;
        const columnCount = input.schema.length;
        const columns = schema.slice(columnCount).map(({ type }) => type);
        return this.#step(node, input, {
          kind: 'unnest',
          collection,
          withOrdinality,
          isOuter,
          condition,
          columnCount,
          columns,
        });
      }
      case 'window': {
        const { window, timeColumn, time } = node;
        if (window.kind === 'session') {
          return this.#operator(node, [node.input], {
            kind: 'session-window',
            window: { window, timeColumn, time },
          });
        }
        return this.#step(node, node.input, {
          kind: 'window',
          window,
          timeColumn,
          time,
          columnCount: node.input.schema.length,
        });
      }
      case 'values':
        return this.#operator(node, [], { kind: 'values', rows: node.rows });
      case 'window-aggregate': {
        const { window, keys, aggregates, windowColumns: columns, legacy, emit } = node;
        const work = { kind: 'window-aggregate' as const, keys, aggregates, windowColumns: columns, legacy, emit };
        if (emit !== null && window.kind === 'assign') return this.#updatedWindows(node, work, window);
        return this.#operator(node, [node.input], { ...work, window });
      }
      case 'aggregate': {
        const { keys, aggregates, stateTtlMs, miniBatch } = node;
        return this.#operator(node, [node.input], { kind: 'aggregate', keys, aggregates, stateTtlMs, miniBatch });
      }
      case 'top-n': {
        const { partition, order, rankStart, rankEnd, outputRank, window, stateTtlMs } = node;
        const ranked = { partition, order, rankStart, rankEnd, outputRank, window, stateTtlMs };
        const work: Work = { kind: 'top-n', ...ranked, input: rankInputOf(node, this.#keys.get(node.input) ?? []) };
        return this.#operator(node, [node.input], work);
      }
      case 'deduplicate': {
        const { keys, timeColumn, time, keep, window, stateTtlMs } = node;
        const work: Work = { kind: 'deduplicate', keys, timeColumn, time, keep, window, stateTtlMs };
        return this.#operator(node, [node.input], work);
      }
      case 'over': {
        const { partition, orderColumn, time, frame, aggregates, stateTtlMs } = node;
        const work: Work = { kind: 'over', partition, orderColumn, time, frame, aggregates, stateTtlMs };
        return this.#operator(node, [node.input], work);
      }
      case 'sort':
        return this.#operator(node, [node.input], { kind: 'sort', order: node.order, time: node.time });
      case 'match': {
        const { partition, order, time, pattern, skip, withinMs, references, measures } = node;
        const work: Work = { kind: 'match', partition, order, time, pattern, skip, withinMs, references, measures };
        return this.#operator(node, [node.input], work);
      }
      case 'limit': {
        const { offset, fetch, stateTtlMs } = node;
        return this.#operator(node, [node.input], { kind: 'limit', offset, fetch, stateTtlMs });
      }
      case 'union':
        return this.#operator(node, node.inputs, { kind: 'union' });
      case 'join': {
        const several = severalInputs(node, {
          readers: (input) => this.#readers.get(input) ?? 0,
          changes: (input) => this.#changes(input),
        });
        if (several !== null) return this.#several(node, several);
        const { left, right, type, keys, condition, method } = node;
        // A row that comes without the one that it replaces is found by the key that holds the join's.
        const keyOf = (side: 'left' | 'right', input: LogicalNode): readonly number[] | null =>
          this.#changes(input).updateBefore || !this.#changes(input).updateAfter
            ? this.#smallestKey(input)
            : (keyWithin(keys, side, this.#keys.get(input) ?? []) ?? this.#smallestKey(input));
        const uniqueKeys = { left: keyOf('left', left), right: keyOf('right', right) };
        const work: Work = { kind: 'join', type, keys, condition, method, uniqueKeys };
        if (method.kind !== 'lookup') return this.#operator(node, [left, right], work);
        const rows = [this.#stream(left), this.#lookedUp(right, method)];
        return this.#worked(rows, work, { schema: node.schema, changes: this.#changes(node), span: node.span });
      }
      default:
        return unreachable(node);
    }
  }

  #scan(node: LogicalScan): Stream {
    const id = this.#id(`source-${node.table.path.name}`);
    this.sources.push({ id, scan: node });
    const { schema, changes: fromChanges, span } = node;
    const changes = this.#changes(node);
    const isLeftOut = fromChanges.updateBefore && !changes.updateBefore;
    const steps: readonly Step[] = isLeftOut ? [{ kind: 'drop-update-before' }] : [];
    return { from: id, fromSchema: schema, fromChanges, steps, schema, changes, span };
  }

  #several(node: LogicalNode, { inputs, keys, condition }: SeveralInputs): Stream {
    const stream = this.#operator(node, inputs, { kind: 'multi-join', keys });
    return condition === null ? stream : { ...stream, steps: [{ kind: 'filter', condition }] };
  }

  /** The rows of a table that a join looks up: of its own, since the answers are. Time does not go by them. */
  #lookedUp(node: LogicalNode, method: LookupMethod): Stream {
    switch (node.kind) {
      case 'scan': {
        const id = this.#id(`lookup-${node.table.path.name}`);
        this.lookups.push({ id, scan: node, method });
        const { schema, changes, span } = node;
        return { from: id, fromSchema: schema, fromChanges: changes, steps: [], schema, changes, span };
      }
      case 'watermark':
        return { ...this.#lookedUp(node.input, method), schema: node.schema };
      case 'filter':
      case 'project': {
        const below = this.#lookedUp(node.input, method);
        const step: Step =
          node.kind === 'filter'
            ? { kind: 'filter', condition: node.condition }
            : { kind: 'project', expressions: node.expressions };
        return { ...below, steps: [...below.steps, step], schema: node.schema };
      }
      default:
        throw new Error(`a ${node.kind} is not looked up`);
    }
  }

  #step(node: LogicalNode, input: LogicalNode, step: Step): Stream {
    const stream = this.#stream(input);
    const { schema, span } = node;
    const changes = this.#changes(node);
    return { ...stream, steps: [...stream.steps, step], schema, changes, span };
  }

  #operator(node: LogicalNode, inputs: readonly LogicalNode[], work: Work): Stream {
    const { schema, span } = node;
    const changes = this.#changes(node);
    return this.#worked(
      inputs.map((input) => this.#stream(input)),
      work,
      { schema, changes, span },
    );
  }

  /** Windows that are sent more than once: each row goes to each of its windows, which are groups like others. */
  #updatedWindows(
    node: LogicalWindowAggregate,
    work: Omit<Extract<Work, { readonly kind: 'window-aggregate' }>, 'window'>,
    { window, timeColumn, time }: WindowTime,
  ): Stream {
    const { schema, span } = node;
    const rows = this.#stream(node.input);
    const columnCount = rows.schema.length;
    const timed = rows.schema[timeColumn];
    if (timed === undefined) throw new Error('a window has a time column');
    const step: Step = { kind: 'window', window, timeColumn, time, columnCount, needsTime: true };
    const assigned = { ...rows, steps: [...rows.steps, step], schema: [...rows.schema, ...windowColumns(timed)] };
    const columns = { startColumn: columnCount, endColumn: columnCount + 1 };
    const attached = { kind: 'attached' as const, ...columns, window, time };
    return this.#worked([assigned], { ...work, window: attached }, { schema, changes: this.#changes(node), span });
  }

  /** The rows of each key of the sink are kept, and it gets the last of those that are there. */
  #materialized(stream: Stream, { key, stateTtlMs, span }: LogicalSink): Stream {
    const changes = { updateBefore: false, updateAfter: true, delete: true };
    const work: Work = { kind: 'upsert-materialize', keys: key ?? [], stateTtlMs };
    return this.#worked([stream], work, { schema: stream.schema, changes, span });
  }

  #smallestKey(node: LogicalNode): readonly number[] | null {
    return (this.#keys.get(node) ?? []).reduce<readonly number[] | null>(
      (least, key) => (least === null || key.length < least.length ? key : least),
      null,
    );
  }

  /** What a node is asked to send. */
  #changes(node: LogicalNode): Changes {
    return this.#sent.get(node) ?? node.changes;
  }

  #worked(
    streams: readonly Stream[],
    work: Work,
    { schema, changes, span }: Pick<Stream, 'schema' | 'changes' | 'span'>,
  ): Stream {
    // The rows of a union come without steps of their own.
    const taken = work.kind === 'union' ? streams.map((stream) => this.#settled(stream)) : streams;
    const [first, second, ...further] = taken;
    const rows = first === undefined ? noRows : inputRows(first);
    const id = this.#id(work.kind);
    this.operators.push({
      id,
      inputs: taken.map(({ from }) => from),
      ...(work.kind === 'union'
        ? { ...rows, inputChanges: unitedChanges(taken.map(({ fromChanges }) => fromChanges)) }
        : rows),
      ...(work.kind !== 'union' && second !== undefined ? { right: inputRows(second) } : {}),
      ...(work.kind === 'multi-join' ? { further: further.map(inputRows) } : {}),
      work,
      after: [],
      workSchema: schema,
      schema,
      changes,
      marksWatermarks: false,
      span,
    });
    this.#unshared.add(id);
    return { from: id, fromSchema: schema, fromChanges: changes, steps: [], schema, changes, span };
  }

  /** The same rows with no steps left to take. */
  #settled(stream: Stream): Stream {
    const { steps, schema, changes, span } = stream;
    const settled = (from: string): Stream => ({
      from,
      fromSchema: schema,
      fromChanges: changes,
      steps: [],
      schema,
      changes,
      span,
    });
    const at = this.operators.findIndex(({ id }) => id === stream.from);
    const operator = this.operators[at];
    if (operator !== undefined && steps.length === 0) return stream;
    if (operator !== undefined && this.#unshared.has(stream.from) && takesSteps(operator.work)) {
      this.operators[at] = { ...operator, after: [...operator.after, ...steps], schema, changes };
      return settled(stream.from);
    }
    const id = this.#id('collect');
    this.operators.push({
      id,
      inputs: [stream.from],
      ...inputRows(stream),
      work: { kind: 'collect' },
      after: [],
      workSchema: schema,
      schema,
      changes,
      marksWatermarks: false,
      span,
    });
    this.#unshared.add(id);
    return settled(id);
  }

  #id(name: string): string {
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    return `${name}-${count}`;
  }
}

const noRows: InputRows = { inputSchema: [], inputChanges: appendOnly, steps: [], stepSchema: [] };

function inputRows({ fromSchema, fromChanges, steps, schema }: Stream): InputRows {
  return { inputSchema: fromSchema, inputChanges: fromChanges, steps, stepSchema: schema };
}

/** Whether the work's rows can take steps on their way out. */
function takesSteps(work: Work): boolean {
  return work.kind !== 'union' && work.kind !== 'values';
}

function unitedChanges(all: readonly Changes[]): Changes {
  return all.reduce(
    (united, changes) => ({
      updateBefore: united.updateBefore || changes.updateBefore,
      updateAfter: united.updateAfter || changes.updateAfter,
      delete: united.delete || changes.delete,
    }),
    appendOnly,
  );
}

function hasWatermark({ id }: { readonly id: string }, operators: readonly PhysicalOperator[]): boolean {
  return operators.some((operator) =>
    stepsFrom(operator, id)
      .flat()
      .some(({ kind }) => kind === 'watermark'),
  );
}

/** Whether rows leave the operator as they come, and some operator behind it drops late ones or looks at the watermark. */
function marksWatermarks(operator: PhysicalOperator, operators: readonly PhysicalOperator[]): boolean {
  if (!sendsAtOnce(operator.work)) return false;
  return operators.some(
    (reader) =>
      reader.inputs.includes(operator.id) &&
      (dropsLateRows(reader.work) || seesWatermark(reader) || marksWatermarks(reader, operators)),
  );
}

/** Whether rows that are sent as they come have come over a union. */
function isUnited({ inputs }: PhysicalOperator, operators: readonly PhysicalOperator[]): boolean {
  return operators.some(
    (input) =>
      inputs.includes(input.id) &&
      sendsAtOnce(input.work) &&
      (input.work.kind === 'union' || isUnited(input, operators)),
  );
}

/** Rows that are sent when a window closes are never behind the watermark that has been sent. */
function sendsAtOnce(work: Work): boolean {
  return work.kind === 'collect' || work.kind === 'union' || (work.kind === 'over' && work.time === 'processing');
}
