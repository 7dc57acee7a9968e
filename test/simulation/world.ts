import { Random } from '../support/streams/random.ts';
import { type AddedKind, addedKinds, queries, type SimulatedQuery, type SinkKind } from './queries.ts';

/** How a process comes to its end before its job does. */
export interface End {
  /**
   * `power`: what was not synced may be lost. `kill`: nothing that was written is. `stop`: the job is told to stop.
   * `savepoint`: so it is, and begins from its savepoint then; once that is told the power is cut.
   */
  readonly how: 'power' | 'kill' | 'stop' | 'savepoint';
  /** Behind so many operations on files, or so many times that somebody was woken. */
  readonly behind: 'operations' | 'steps';
  readonly count: number;
}

/** What happens in the life of a process. */
export interface Life {
  /** Null: it goes on until its job has ended, or failed. */
  readonly end: End | null;
  /** Operations on files fail so often, from one on and up to another. */
  readonly fileErrors: { readonly rate: number; readonly from: number; readonly to: number } | null;
  /** The disk is full from one operation on and up to another. */
  readonly full: { readonly from: number; readonly to: number } | null;
  /** A file operation takes up to so long; one of a hundred takes a thousand times as long. */
  readonly fileMs: number;
  /** Calls of the sink fail so often. */
  readonly sinkErrors: number;
  readonly sinkMs: number;
  /** The wall clock jumps by so much. */
  readonly jumpMs: number;
  readonly jumpAtStep: number;
}

/** All that is decided of a run before it begins. Plain data: what was found is kept as such. */
export interface World {
  /** Of what happens by chance while it runs. */
  readonly seed: number;
  readonly query: string;
  /** Of the records. */
  readonly data: number;
  /** `before`: all records are there at the start. `live`: they come while the job runs. */
  readonly feed: 'before' | 'live';
  readonly batchRows: number;
  readonly intervalMs: number;
  readonly minPauseMs: number;
  readonly retained: number;
  /** So many checkpoints may fail in succession. */
  readonly tolerated: number;
  /** Of the job in its process; `none`: the next process runs it. */
  readonly restarts: 'none' | 'fixed-delay' | 'exponential-delay';
  readonly sink: SinkKind;
  /** Whether the program's sink takes back what it has prepared. */
  readonly withdraws: boolean;
  /** Of the time that passes when a process looks at its clock, the most. */
  readonly lookMaxMs: number;
  /** Rows that come late or cannot be read are kept, and there are such; or none are damaged. */
  readonly keeps: boolean;
  /** The job has a name: else it is known by its statement. */
  readonly isNamed: boolean;
  /** From one life on the job has a query more, in front of its own or behind it; null: never. */
  readonly added: { readonly query: AddedKind; readonly place: 'before' | 'behind'; readonly fromLife: number } | null;
  /** A shard that has no rows for so long is left out, and its rows may be late then; 0: none is. */
  readonly idleMs: number;
  /** Where the job is stopped since all was read: whether windows are closed and timers fire as at the end. */
  readonly drains: boolean;
  /** Then comes a last life in which nothing happens. */
  readonly lives: readonly Life[];
}

/** Of records there are so many kinds: what a run without faults answers is known from another world. */
const dataCount = 64;

export const calmLife: Life = {
  end: null,
  fileErrors: null,
  full: null,
  fileMs: 2,
  sinkErrors: 0,
  sinkMs: 1,
  jumpMs: 0,
  jumpAtStep: 0,
};

/** The world of a seed. */
export function worldOf(seed: number): World {
  const random = new Random(seed);
  const query = random.pick(queries);
  // What hangs on the order in which shards come is known only where all is there at the start.
  const feed = query.isByArrival === true || random.chance(0.6) ? 'before' : 'live';
  const intervalMs = random.pick([1, 5, 20, 100]);
  // Only what has a name is the same job with another statement.
  const isAddable = query.isEachRow !== true && query.isByArrival !== true && query.settings === undefined;
  const added =
    isAddable && random.chance(0.2)
      ? {
          query: random.pick(addedKinds),
          place: random.pick(['before', 'behind'] as const),
          fromLife: random.int(3),
        }
      : null;
  const lives = Array.from({ length: 1 + random.int(4) }, () => lifeOf(random));
  return {
    seed,
    query: query.name,
    data: random.int(dataCount),
    feed,
    batchRows: random.pick([1, 2, 5, 1000]),
    intervalMs,
    minPauseMs: random.chance(0.2) ? 2 * intervalMs : 0,
    retained: random.pick([1, 1, 2, 3]),
    tolerated: random.pick([0, 0, 1, 100]),
    restarts: random.pick(['none', 'fixed-delay', 'exponential-delay']),
    withdraws: random.chance(0.5),
    lookMaxMs: random.pick([0.5, 2, 5]),
    lives,
    sink: sinkOf(query, feed, random),
    keeps: query.needsKept === true || random.chance(0.5),
    isNamed: added !== null || random.chance(0.3),
    added,
    idleMs: feed === 'live' && query.isEachRow === true ? random.pick([5, 20, 100]) : 0,
    // Else the last rows wait for time that does not pass.
    drains: feed === 'live' && (query.isEachRow === true || random.chance(0.3)),
  };
}

function sinkOf({ key, isForProgram }: SimulatedQuery, feed: World['feed'], random: Random): SinkKind {
  // Rows are seen at once: of records that are not on the disk yet, none may be.
  if (key !== undefined && feed === 'before' && random.chance(0.3)) return 'upsert';
  return isForProgram !== true && random.chance(0.55) ? random.pick(['stream', 'stream', 'files']) : 'program';
}

function lifeOf(random: Random): Life {
  const hasErrors = random.chance(0.25);
  const isFull = random.chance(0.1);
  const from = random.int(80);
  return {
    end: (hasErrors || isFull) && random.chance(0.5) ? null : endOf(random),
    fileErrors: hasErrors ? { rate: random.pick([0.02, 0.1, 0.5]), from, to: from + 1 + random.int(60) } : null,
    full: isFull ? { from, to: from + 1 + random.int(40) } : null,
    fileMs: random.pick([0, 1, 5, 40]),
    sinkErrors: random.chance(0.2) ? random.pick([0.02, 0.2]) : 0,
    sinkMs: random.pick([0, 1, 50]),
    jumpMs: random.chance(0.2) ? random.pick([-7_200_000, -1000, 1000, 7_200_000]) : 0,
    jumpAtStep: random.int(100),
  };
}

function endOf(random: Random): End {
  const how = random.pick(['power', 'power', 'power', 'kill', 'stop', 'savepoint'] as const);
  const behind =
    how === 'stop' || how === 'savepoint' ? 'steps' : random.pick(['operations', 'operations', 'steps'] as const);
  // Most of what can go wrong goes wrong early; some lives are long.
  const countMax = random.pick([12, 40, 120, 300]);
  return { how, behind, count: random.int(countMax) };
}
