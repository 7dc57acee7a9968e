import { Subject } from 'rxjs';
import type { LookupSource } from '../connectors/connector.ts';
import type { Operator } from '../operators/operator.ts';
import type { Element } from './element.ts';

/**
 * A table that is looked up while a job runs: it brings an operator the rows of the keys that it waits for. Nothing else is
 * read in the meantime, so what waits is what came of one batch of a source.
 */
export class LookupRun {
  readonly id: string;
  readonly elements = new Subject<Element>();
  readonly #source: LookupSource;
  readonly #operator: Operator;

  constructor(id: string, source: LookupSource, operator: Operator) {
    this.id = id;
    this.#source = source;
    this.#operator = operator;
  }

  open(): Promise<void> {
    return this.#source.open();
  }

  /**
   * Has the keys answered that the operator asks for; false where it asks for none. An aborted signal ends it, unless the
   * operator has a part of the rows: it then gets all, or would have that part twice when the job goes on.
   * @throws DiagnosticError where the table cannot be looked up
   */
  async answer(signal: AbortSignal): Promise<boolean> {
    const keys = this.#operator.takeKeys?.() ?? null;
    if (keys === null) return false;
    const asking = new AbortController();
    const rows = this.#source.rows(keys, asking.signal)[Symbol.asyncIterator]();
    const stopped = whenAborted(signal);
    let hasRows = false;
    try {
      for (;;) {
        const next = await (hasRows ? rows.next() : Promise.race([rows.next(), stopped.promise]));
        if (next === null) {
          asking.abort();
          return false;
        }
        if (next.done === true) break;
        hasRows = true;
        this.elements.next({ kind: 'batch', batch: next.value, origin: null });
      }
    } finally {
      stopped.forget();
    }
    this.elements.next({ kind: 'answered' });
    return true;
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}

/** Null as soon as the signal is aborted. */
function whenAborted(signal: AbortSignal): { readonly promise: Promise<null>; readonly forget: () => void } {
  let forget = (): void => {};
  const promise = new Promise<null>((resolve) => {
    const stop = (): void => resolve(null);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    forget = () => signal.removeEventListener('abort', stop);
  });
  return { promise, forget };
}
