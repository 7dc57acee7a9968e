import { Observable, type Subscriber } from 'rxjs';
import { RowFailure } from '../codegen/row-failure.ts';
import type { Batch } from '../memory/batch.ts';
import type { SavedValue } from '../memory/operator-state.ts';
import type { Operator, Output } from '../operators/operator.ts';
import type { Barrier, BatchElement, Element, Origin } from './element.ts';
import { rowFailureError } from './row-failure-error.ts';
import type { RowKeeper } from './row-keeper.ts';
import { mergedWatermark, type WatermarkInput } from './watermarks.ts';

/**
 * An operator over several inputs: rows are taken as they come, the watermark is the minimum over the inputs that are
 * neither idle nor ended, and the end comes when all have ended. Behind rows that wait for what is outside of the job, time
 * and ends wait too; a table that is looked up, always the second input, has no say in them.
 */
export function runOperatorOn(
  operator: Operator,
  inputs: readonly Observable<Element>[],
  place: OperatorPlace,
): Observable<Element> {
  return new Observable((subscriber) => {
    const run = new RunningOperator(operator, subscriber, inputs.length, place);
    for (const [index, input] of inputs.entries()) {
      subscriber.add(
        input.subscribe({
          next: (element) => run.take(element, index),
          error: (error: unknown) => subscriber.error(error),
        }),
      );
    }
  });
}

/** An operator in its graph. */
export interface OperatorPlace {
  readonly id: string;
  /** Where its inputs stood at the checkpoint that the job goes on from; null: it starts anew. */
  readonly saved: SavedValue;
  /** Who keeps the rows that it would lose; null: nobody. */
  readonly keeper: RowKeeper | null;
}

/** Where the inputs of an operator stood at a checkpoint. */
type SavedRun = {
  readonly inputs: readonly { readonly watermarkMs: number; readonly isIdle: boolean; readonly hasEnded: boolean }[];
  readonly watermarkMs: number;
  readonly isIdle: boolean;
  readonly hasEnded: boolean;
};

/** The state between elements: where each input stands. */
class RunningOperator {
  readonly #id: string;
  readonly #operator: Operator;
  readonly #subscriber: Subscriber<Element>;
  readonly #out: Output;
  readonly #inputs: WatermarkInput[];
  readonly #keeper: RowKeeper | null;
  /** What is being processed: one that is sent as it is comes from where it came. */
  #current: BatchElement | null = null;
  #watermarkMs = Number.NEGATIVE_INFINITY;
  #isIdle = false;
  #hasEnded = false;
  /** Inputs that the barrier has come over. */
  #barriers = 0;

  constructor(
    operator: Operator,
    subscriber: Subscriber<Element>,
    inputCount: number,
    { id, saved, keeper }: OperatorPlace,
  ) {
    this.#id = id;
    this.#keeper = keeper;
    this.#operator = operator;
    this.#subscriber = subscriber;
    this.#out = {
      batch: (batch) => {
        subscriber.next({ kind: 'batch', batch, origin: this.#originOf(batch) });
      },
    };
    this.#inputs = Array.from({ length: inputCount }, (_, index) => {
      const isLookedUp = index === 1 && operator.takeKeys !== undefined;
      const watermarkMs = isLookedUp ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
      return { watermarkMs, isIdle: false, hasEnded: isLookedUp };
    });
    if (saved !== null) this.#load(saved as SavedRun);
  }

  #load({ inputs, watermarkMs, isIdle, hasEnded }: SavedRun): void {
    for (const [index, input] of this.#inputs.entries()) Object.assign(input, inputs[index]);
    this.#watermarkMs = watermarkMs;
    this.#isIdle = isIdle;
    this.#hasEnded = hasEnded;
  }

  /** RxJS reports what a subscriber throws later and elsewhere, so it is caught here and sent on as the stream's error. */
  take(element: Element, index: number): void {
    try {
      this.#take(element, index);
    } catch (error) {
      this.#subscriber.error(error);
    }
  }

  #take(element: Element, index: number): void {
    const input = this.#inputs[index];
    if (input === undefined) throw new Error(`no input ${index}`);
    switch (element.kind) {
      case 'batch':
        this.#process(element, index);
        return;
      case 'watermark':
        input.watermarkMs = element.watermarkMs;
        this.#advance();
        return;
      case 'idle':
        input.isIdle = element.isIdle;
        this.#advance();
        this.#passIdle();
        return;
      case 'clock': {
        const timerMs = this.#operator.processingTimerMs ?? null;
        if (timerMs !== null && timerMs <= element.nowMs) this.#operator.onProcessingTime?.(element.nowMs, this.#out);
        this.#subscriber.next(element);
        return;
      }
      case 'barrier':
        this.#takeBarrier(element.barrier, index);
        return;
      case 'answered':
        this.#operator.onAnswers?.(this.#out);
        this.#advance();
        this.#passIdle();
        this.#passEnd();
        return;
      case 'end':
        input.hasEnded = true;
        this.#advance();
        this.#passIdle();
        this.#passEnd();
        return;
    }
  }

  /** Where rows come from that are being sent: those of the batch at hand, or rows that were made of its rows one by one. */
  #originOf(batch: Batch): Origin | null {
    const current = this.#current;
    const origin = current?.origin ?? null;
    if (current === null || origin === null || batch === current.batch) return origin;
    const operator = this.#operator;
    if (operator.originOf === undefined || operator.originOf(0) === null) return null;
    const row = (rowIndex: number): number => operator.originOf?.(rowIndex) ?? 0;
    return {
      source: origin.source,
      place: (rowIndex) => origin.place(row(rowIndex)),
      record: (rowIndex) => origin.record(row(rowIndex)),
      batch: origin.batch,
      row: (rowIndex) => origin.row(row(rowIndex)),
    };
  }

  /** Goes on when it has come over all inputs; a table that is looked up has none. */
  #takeBarrier(barrier: Barrier, index: number): void {
    if (index === 1 && this.#operator.takeKeys !== undefined) return;
    const count = this.#operator.takeKeys === undefined ? this.#inputs.length : 1;
    if (++this.#barriers < count) return;
    this.#barriers = 0;
    this.#operator.onBarrier?.(this.#out);
    const saved: SavedRun = {
      inputs: this.#inputs.map((input) => ({ ...input })),
      watermarkMs: this.#watermarkMs,
      isIdle: this.#isIdle,
      hasEnded: this.#hasEnded,
    };
    barrier.passed(this.#id, saved);
    this.#subscriber.next({ kind: 'barrier', barrier });
  }

  #process(element: BatchElement, index: number): void {
    const { batch, origin } = element;
    const { lateRows, failedRows } = this.#operator;
    const keeper = this.#keeper;
    this.#current = element;
    const take = (): void => this.#operator.process(batch, this.#out, index);
    const process = (): void =>
      failedRows == null || keeper === null
        ? take()
        : failedRows.during(take, (failure) => keeper.failed(failure, element, this.#id, index));
    try {
      if (lateRows == null || keeper === null) process();
      else lateRows.during(process, (rows) => keeper.late(rows, element, this.#id, index));
    } catch (error) {
      throw error instanceof RowFailure ? rowFailureError(error, origin) : error;
    } finally {
      this.#current = null;
    }
  }

  /** Passes the merged watermark on when it has risen, behind the rows that are due by it. */
  #advance(): void {
    const watermarkMs = this.#merged();
    if (watermarkMs <= this.#watermarkMs || this.#operator.isAsking === true) return;
    this.#watermarkMs = watermarkMs;
    try {
      this.#operator.onWatermark(watermarkMs, this.#out);
    } catch (error) {
      throw error instanceof RowFailure ? rowFailureError(error, null) : error;
    }
    this.#subscriber.next({ kind: 'watermark', watermarkMs: watermarkMs - (this.#operator.watermarkDelayMs ?? 0) });
  }

  #merged(): number {
    // An input that has ended sent +Infinity first: when all have, that is the answer.
    if (this.#inputs.every(({ watermarkMs }) => watermarkMs === Number.POSITIVE_INFINITY))
      return Number.POSITIVE_INFINITY;
    return mergedWatermark(this.#inputs, this.#watermarkMs);
  }

  #passIdle(): void {
    const isIdle =
      this.#inputs.every((input) => input.isIdle || input.hasEnded) && this.#inputs.some((input) => input.isIdle);
    if (isIdle === this.#isIdle || this.#operator.isAsking === true) return;
    this.#isIdle = isIdle;
    this.#subscriber.next({ kind: 'idle', isIdle });
  }

  #passEnd(): void {
    if (this.#hasEnded || this.#operator.isAsking === true) return;
    this.#hasEnded = this.#inputs.every(({ hasEnded }) => hasEnded);
    if (this.#hasEnded) this.#subscriber.next({ kind: 'end' });
  }
}
