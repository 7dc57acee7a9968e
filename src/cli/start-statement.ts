import type { Engine } from '../engine.ts';
import type { Job } from '../runtime/job.ts';
import type { SessionJob } from '../session/session-jobs.ts';
import type { StatementEvent } from '../session/statement-event.ts';
import type { Statement } from '../sql/ast.ts';

/** An INSERT without an end is waited for so long: what is wrong with it mostly shows at its start. */
const goesOnAfterMs = 300;

/** A statement that was started, and waited for. */
export interface Started<T> {
  /** Of who takes its events. */
  readonly ended: Promise<T>;
  /** Its job, where it goes on behind what comes next; null: it has ended. */
  readonly goesOn: SessionJob | null;
}

/**
 * Starts a statement and waits for its end; of an INSERT that reads without end only until it runs, as Flink's client
 * does unless `table.dml-sync` is set. `take` gets all events, and does not throw.
 */
export async function startStatement<T>(
  engine: Engine,
  statement: Statement,
  options: {
    readonly signal: AbortSignal;
    readonly onJob?: (job: Job) => void;
    readonly take: (events: AsyncIterable<StatementEvent>) => Promise<T>;
  },
): Promise<Started<T>> {
  const { signal, take } = options;
  const goesOn = Promise.withResolvers<SessionJob>();
  let timer: NodeJS.Timeout | undefined;
  let hasAnswer = false;
  const onJob = (job: Job, entry: SessionJob): void => {
    options.onJob?.(job);
    const isWaitedFor = hasAnswer || job.isBounded || engine.session.settings.boolean('table.dml-sync');
    if (!isWaitedFor) timer = setTimeout(() => goesOn.resolve(entry), goesOnAfterMs);
  };
  async function* events(): AsyncGenerator<StatementEvent> {
    for await (const event of engine.execute(statement, { signal, onJob })) {
      if (event.kind === 'answer') hasAnswer = true;
      yield event;
    }
  }
  const ended = take(events());
  try {
    const first = await Promise.race([ended.then(() => null), goesOn.promise]);
    if (first !== null && !signal.aborted) return { ended, goesOn: first };
    await ended;
    return { ended, goesOn: null };
  } finally {
    clearTimeout(timer);
  }
}
