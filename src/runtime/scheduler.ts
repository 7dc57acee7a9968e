import type { SavedValue } from '../memory/operator-state.ts';
import type { ShardRun } from './shard-run.ts';
import { type SourceRun, turnRowsMax } from './source-run.ts';

type SavedTurns = {
  readonly current: { readonly source: string; readonly shard: number } | null;
  readonly party: number;
  readonly lastShards: readonly { readonly source: string; readonly index: number }[];
};

/** The turns of a checkpoint whose sources are called otherwise now; those that are no more are left out. */
export function renamedTurns(saved: SavedValue, names: ReadonlyMap<string, string>): SavedValue {
  const { current, party, lastShards } = saved as SavedTurns;
  const source = names.get(current?.source ?? '');
  return {
    current: current === null || source === undefined ? null : { ...current, source },
    party,
    lastShards: lastShards.flatMap((last) => {
      const name = names.get(last.source);
      return name === undefined ? [] : [{ ...last, source: name }];
    }),
  };
}

/** A shard whose turn it is. */
export interface Turn {
  readonly source: SourceRun;
  readonly shard: ShardRun;
}

/**
 * Which shard is read next: the one furthest behind in event time, of equals the first. So a bounded replay reads the
 * same rows in the same order on every run, and one fast shard does not make another's rows late.
 *
 * Sources without event time take turns with those that have it; the shards of a bounded one are read one after the
 * other, those of an unbounded one each in turn.
 */
export class Scheduler {
  readonly #sources: readonly SourceRun[];
  #current: Turn | null = null;
  /** The place among the parties of the one that had the last turn. */
  #party = -1;
  readonly #lastShard = new Map<SourceRun, number>();

  constructor(sources: readonly SourceRun[]) {
    this.#sources = sources;
  }

  /** The next shard to read from or to send held rows of; null: none has anything now. */
  next(nowMs: number): Turn | null {
    const current = this.#current;
    if (current !== null && current.shard.turnRows < turnRowsMax && isReady(current.shard, nowMs)) return current;
    this.#current = this.#choose(nowMs);
    if (this.#current !== null) this.#current.shard.turnRows = 0;
    return this.#current;
  }

  /** Whose turn it is, for a checkpoint. */
  save(): SavedValue {
    return {
      current: this.#current === null ? null : { source: this.#current.source.id, shard: this.#current.shard.index },
      party: this.#party,
      lastShards: [...this.#lastShard].map(([{ id }, index]) => ({ source: id, index })),
    };
  }

  /** The sources have their shards again. */
  load(saved: SavedValue): void {
    const { current, party, lastShards } = saved as SavedTurns;
    const sourceOf = (id: string): SourceRun | undefined => this.#sources.find((source) => source.id === id);
    const source = sourceOf(current?.source ?? '');
    const shard = source?.shards.find(({ index }) => index === current?.shard);
    this.#current = source === undefined || shard === undefined ? null : { source, shard };
    this.#party = party;
    for (const last of lastShards) {
      const known = sourceOf(last.source);
      if (known !== undefined) this.#lastShard.set(known, last.index);
    }
  }

  /** Ends the turn of the shard that has it. */
  endTurn(): void {
    this.#current = null;
  }

  /** Whether a shard that is further behind than a watermark will be read before time can come to that watermark. */
  waitsFor(watermarkMs: number, nowMs: number): boolean {
    return this.#sources.some(
      (source) =>
        source.hasTime &&
        source.shards.some((shard) => shard.watermarkMs < watermarkMs && !shard.isIdle && isReady(shard, nowMs)),
    );
  }

  /** All sources with event time are one party: their shards are compared. Each other source is one of its own. */
  #choose(nowMs: number): Turn | null {
    const timed = this.#sources.filter(({ hasTime }) => hasTime);
    const parties = [
      ...(timed.length > 0 ? [timed] : []),
      ...this.#sources.filter(({ hasTime }) => !hasTime).map((source) => [source]),
    ];
    for (let step = 1; step <= parties.length; step++) {
      const at = (this.#party + step) % parties.length;
      const turn = this.#ofParty(parties[at] ?? [], nowMs);
      if (turn === null) continue;
      this.#party = at;
      return turn;
    }
    return null;
  }

  #ofParty(sources: readonly SourceRun[], nowMs: number): Turn | null {
    let best: Turn | null = null;
    for (const source of sources) {
      const shards = source.shards.filter((shard) => isReady(shard, nowMs));
      const shard = source.hasTime || source.bounded ? furthestBehind(shards) : this.#inTurn(source, shards);
      if (shard !== null && (best === null || shard.watermarkMs < best.shard.watermarkMs)) best = { source, shard };
    }
    return best;
  }

  #inTurn(source: SourceRun, shards: readonly ShardRun[]): ShardRun | null {
    const last = this.#lastShard.get(source) ?? -1;
    const shard = shards.find(({ index }) => index > last) ?? shards[0] ?? null;
    if (shard !== null) this.#lastShard.set(source, shard.index);
    return shard;
  }
}

function furthestBehind(shards: readonly ShardRun[]): ShardRun | null {
  let best: ShardRun | null = null;
  for (const shard of shards) if (best === null || shard.watermarkMs < best.watermarkMs) best = shard;
  return best;
}

function isReady(shard: ShardRun, nowMs: number): boolean {
  if (shard.hasEnded || shard.isWaiting) return false;
  return shard.held !== null || shard.askAgainMs === null || shard.askAgainMs <= nowMs;
}
