import { Observable } from 'rxjs';

export type { Observable } from 'rxjs';

/**
 * A cold Observable of what an asynchronous iterable gives: each subscriber has a run of its own, made with a signal
 * that is aborted when it unsubscribes.
 */
export function observableOf<T>(run: (signal: AbortSignal) => AsyncIterable<T>): Observable<T> {
  return new Observable((subscriber) => {
    const stop = new AbortController();
    const deliver = async (): Promise<void> => {
      for await (const item of run(stop.signal)) {
        if (stop.signal.aborted) return;
        subscriber.next(item);
      }
      subscriber.complete();
    };
    deliver().catch((error: unknown) => subscriber.error(error));
    return () => stop.abort();
  });
}
