import { Observable, type Subscriber } from 'rxjs';
import { RowFailure } from '../codegen/row-failure.ts';
import type { Batch } from '../memory/batch.ts';
import type { Operator, Output } from '../operators/operator.ts';
import type { BatchElement, Element, Origin } from './element.ts';
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
  keeping: Keeping | null = null,
): Observable<Element> {
  return new Observable((subscriber) => {
    const run = new RunningOperator(operator, subscriber, inputs.length, keeping);
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

/** Who keeps the rows that the operator would lose, and how the operator is called there. */
export interface Keeping {
  readonly keeper: RowKeeper;
  readonly id: string;
}

/** The state between elements: where each input stands. */
class RunningOperator {
  readonly #operator: Operator;
  readonly #subscriber: Subscriber<Element>;
  readonly #out: Output;
  readonly #inputs: WatermarkInput[];
  readonly #keeping: Keeping | null;
  /** What is being processed: one that is sent as it is comes from where it came. */
  #current: BatchElement | null = null;
  #watermarkMs = Number.NEGATIVE_INFINITY;
  #isIdle = false;
  #hasEnded = false;

  constructor(operator: Operator, subscriber: Subscriber<Element>, inputCount: number, keeping: Keeping | null) {
    this.#keeping = keeping;
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
      place: (rowIndex) => origin.place(row(rowIndex)),
      record: (rowIndex) => origin.record(row(rowIndex)),
      batch: origin.batch,
      row: (rowIndex) => origin.row(row(rowIndex)),
    };
  }

  #process(element: BatchElement, index: number): void {
    const { batch, origin } = element;
    const { lateRows, failedRows } = this.#operator;
    const keeping = this.#keeping;
    this.#current = element;
    const take = (): void => this.#operator.process(batch, this.#out, index);
    const process = (): void =>
      failedRows == null || keeping === null
        ? take()
        : failedRows.during(take, (failure) => keeping.keeper.failed(failure, element, keeping.id, index));
    try {
      if (lateRows == null || keeping === null) process();
      else lateRows.during(process, (rows) => keeping.keeper.late(rows, element, keeping.id, index));
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
