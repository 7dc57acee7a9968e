import type { RecordBatch } from 'apache-arrow';
import type { Engine } from '../engine.ts';
import { type Batch, changeKindText } from '../memory/batch.ts';
import { kindReader } from '../memory/batch-reader.ts';
import type { Memory } from '../memory/memory.ts';
import { type Observable, observableOf } from '../runtime/observable.ts';
import { Channel } from '../session/channel.ts';
import { rowTexts } from '../session/result-text.ts';
import type { AnswerHeader, ChangeKindText, ResultRow } from '../session/statement-event.ts';
import type { Statement } from '../sql/ast.ts';
import type { Schema } from '../types/column.ts';
import { toJs } from '../types/js-value.ts';
import { CurrentRows } from './current-rows.ts';

/** A change of a query's result. A query over inserts without an unbounded GROUP BY only ever sends `+I`. */
export interface Change<Row> {
  /** `+I` a row has come, `-D` it is gone; `-U` and `+U`, a pair, it was replaced. */
  readonly kind: ChangeKindText;
  /** Values by column, in the forms of `types/js-value.ts`. */
  readonly row: Row;
}

/** Changes of a result in columns. */
export interface ChangeBatch {
  /** Of its own: it may be kept. */
  readonly batch: RecordBatch;
  /** The kind of each row. */
  readonly kinds: readonly ChangeKindText[];
}

/** Batches that wait for a reader before the job does: one being read, one ready. */
const waitingBatchesMax = 2;

/**
 * A query that can be run, as often as it is asked for: each iteration and each subscription is a job of its own, which
 * ends with the input, or when who reads it stops.
 *
 * A failure is a `DiagnosticError`, thrown by the iteration or sent as the Observable's error.
 */
export class Query<Row> implements AsyncIterable<Change<Row>> {
  readonly #engine: Engine;
  readonly #statement: Statement;

  /** @internal made by `Tidemark.query` */
  constructor(engine: Engine, statement: Statement) {
    this.#engine = engine;
    this.#statement = statement;
  }

  /** The changes, one at a time. Unsubscribing stops the job. */
  get rows$(): Observable<Change<Row>> {
    return observableOf((signal) => this.#changes(signal));
  }

  /** The whole result as it stands, again each time it has changed: for a leaderboard on a page. */
  get table$(): Observable<readonly Row[]> {
    return observableOf((signal) => this.#tables(signal));
  }

  /** The changes as they come; the job waits for a reader that is slow. */
  [Symbol.asyncIterator](): AsyncGenerator<Change<Row>> {
    return this.#changes(null);
  }

  /** The changes in Arrow record batches; the job waits for a reader that is slow. */
  async *batches(): AsyncGenerator<ChangeBatch> {
    const { exportArrow } = await import('../memory/arrow/arrow-export.ts');
    const stop = new AbortController();
    const channel = new Channel<ChangeBatch>(waitingBatchesMax, () => 1);
    const onBatch = (batch: Batch, _: AnswerHeader, memory: Memory): void | Promise<void> =>
      channel.push({ batch: exportArrow(memory, batch), kinds: kindsOf(memory, batch) });
    const run = async (): Promise<void> => {
      for await (const _ of this.#engine.execute(this.#statement, { onBatch, signal: stop.signal }));
    };
    const ended = run().then(
      () => channel.end(),
      (error: unknown) => channel.fail(error),
    );
    try {
      yield* channel;
    } finally {
      stop.abort();
      channel.discard();
      await ended;
    }
  }

  /** Runs the query to its end. The rows that remain after all changes. */
  async toArray(): Promise<Row[]> {
    let rows: Row[] = [];
    for await (const table of this.#tables(null)) rows = table;
    return rows;
  }

  /** The columns of the result, in order. Nothing is read. */
  async columns(): Promise<Schema> {
    const events = this.#engine.execute(this.#statement);
    try {
      for await (const event of events) if (event.kind === 'answer') return event.header.columns;
      return [];
    } finally {
      await events.return(undefined);
    }
  }

  async *#changes(signal: AbortSignal | null): AsyncGenerator<Change<Row>> {
    for await (const { rows, header } of this.#answer(signal)) {
      const object = rowObject<Row>(header);
      for (const row of rows) yield { kind: row.kind, row: object(row) };
    }
  }

  /** The result after each batch of changes. An empty one is told too, at the end. */
  async *#tables(signal: AbortSignal | null): AsyncGenerator<Row[]> {
    const current = new CurrentRows<Row>();
    let isTold = false;
    for await (const { rows, header } of this.#answer(signal)) {
      const object = rowObject<Row>(header);
      const texts = rowTexts(header);
      for (const row of rows) current.apply(row.kind, JSON.stringify(texts(row)), object(row));
      yield current.all();
      isTold = true;
    }
    if (!isTold) yield [];
  }

  async *#answer(
    signal: AbortSignal | null,
  ): AsyncGenerator<{ readonly rows: readonly ResultRow[]; readonly header: AnswerHeader }> {
    let header: AnswerHeader | null = null;
    for await (const event of this.#engine.execute(this.#statement, { signal: signal ?? undefined })) {
      if (event.kind === 'answer') header = event.header;
      else if (event.kind === 'rows' && header !== null) yield { rows: event.rows, header };
    }
  }
}

/** A function that makes an object of a row. */
function rowObject<Row>({ columns }: AnswerHeader): (row: ResultRow) => Row {
  const fields = columns.map(({ name, type }) => ({ name, of: toJs(type) }));
  return ({ values }) => Object.fromEntries(fields.map(({ name, of }, at) => [name, of(values[at] ?? null)])) as Row;
}

function kindsOf(memory: Memory, batch: Batch): ChangeKindText[] {
  const kindOf = kindReader(memory, batch);
  return Array.from({ length: batch.rowCount }, (_, row) => changeKindText[kindOf(row)] ?? '+I');
}
