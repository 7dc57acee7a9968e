import type { CodeWriter, RowScope } from '../codegen/expression-writer.ts';
import type { PipelineRow } from '../codegen/pipeline.ts';
import { sameValues } from '../codegen/same-value.ts';
import type { ByteRange } from '../codegen/sort-key.ts';
import type { Value } from '../functions/value.ts';
import { changeKind } from '../memory/batch.ts';
import type { RankInput } from '../plan/rank-input.ts';
import { type I32, i32, type Local, select } from '../wasm/code.ts';
import type { RankedRows, RankPartition, RankSettings } from './ranked-rows.ts';

/** A row of the input, and what it meets. */
export interface RankingParts {
  readonly writer: CodeWriter;
  readonly row: PipelineRow;
  readonly partition: RankPartition;
  readonly ranked: RankedRows;
  readonly settings: RankSettings;
  readonly input: RankInput;
  readonly key: readonly number[];
  /** Sends a stored row, by its number + 1. */
  send(number: Local<'i32'>, kind: number, rank: I32): void;
}

/** Writes what one row of the input does to the ranks. Entries are those of the ordered map, 0 for none. */
export class Ranking {
  readonly #parts: RankingParts;
  /** Ranks are sent, and not only rows. */
  readonly #showsRanks: boolean;
  /** One row takes the place of another. */
  readonly #replaces: boolean;
  /** Rows behind the last rank are kept. */
  readonly #keepsAll: boolean;
  /** Rows only come: a partition knows its last one. */
  readonly #knowsLast: boolean;
  readonly #lastRank: Local<'i32'>;

  constructor(parts: RankingParts) {
    this.#parts = parts;
    const { settings, input, writer, ranked, partition } = parts;
    this.#showsRanks = settings.outputRank || settings.start > 1;
    this.#keepsAll = input.kind === 'changes';
    this.#knowsLast = input.kind === 'inserts';
    this.#replaces = settings.replaces ?? (settings.end === 1 && !this.#keepsAll);
    this.#lastRank = writer.f.local('i32', ranked.end(writer, partition));
  }

  /** A row that came. */
  add(): void {
    const { input, writer } = this.#parts;
    if (input.kind !== 'better') {
      this.#insert();
      return;
    }
    const known = this.#find();
    writer.f.if(
      known,
      () => this.#improve(known),
      () => this.#insert(),
    );
  }

  #insert(): void {
    const { writer, row, partition, ranked } = this.#parts;
    const { f } = writer;
    const arrival = ranked.kept.nextArrival(writer);
    const key = ranked.key(writer, partition, row.scope, arrival);
    const count = f.local('i32', ranked.count(partition));
    const isFull = f.local('i32', i32.geU(count, this.#lastRank));
    const border = f.local('i32', i32.const(0));
    f.if(isFull, () => {
      // No rank at all: a limit of 0.
      if (!this.#keepsAll) f.brIf(row.next, i32.eqz(this.#lastRank));
      f.set(border, this.#keepsAll ? ranked.border(partition) : this.#last());
      // Nothing is taken back, so what is behind the last rank never comes into one.
      if (!this.#keepsAll) f.brIf(row.next, ranked.isBehind(writer, key, border));
    });
    const isIn = f.local('i32', i32.const(1));
    if (this.#keepsAll) {
      f.if(isFull, () => {
        f.set(isIn, i32.const(0));
        f.if(border, () => f.set(isIn, i32.eqz(ranked.isBehind(writer, key, border))));
      });
    }
    const stored = this.#stored(arrival);
    const entry = ranked.insert(writer, key, stored, partition.table);
    f.set(count, i32.add(count, i32.const(1)));
    ranked.setCount(writer, partition, count);
    f.if(isIn, () => {
      if (this.#keepsAll) {
        const isNowFull = i32.eq(count, this.#lastRank);
        f.if(
          isFull,
          () => ranked.setBorder(writer, partition, ranked.previous(writer, border)),
          () => f.if(isNowFull, () => ranked.setBorder(writer, partition, ranked.last(writer, partition))),
        );
      }
      if (this.#knowsLast) this.#moveLast(entry, border, key);
      this.#sendInserted(entry, border);
      if (!this.#keepsAll) {
        f.if(border, () => {
          ranked.remove(writer, border, partition.table);
          ranked.setCount(writer, partition, i32.sub(count, i32.const(1)));
        });
      }
    });
  }

  /** The entry of the partition's last row, which has one. */
  #last(): I32 {
    const { writer, partition, ranked } = this.#parts;
    return this.#knowsLast ? ranked.border(partition) : ranked.last(writer, partition);
  }

  /** The last row is the one before that which has fallen, or the new one where it is behind all others. */
  #moveLast(entry: Local<'i32'>, fallen: Local<'i32'>, key: ByteRange): void {
    const { writer, partition, ranked } = this.#parts;
    const { f } = writer;
    f.if(
      fallen,
      () => ranked.setBorder(writer, partition, ranked.previous(writer, fallen)),
      () => {
        const last = f.local('i32', this.#last());
        const isLast = f.local('i32', i32.eqz(last));
        f.if(last, () => f.set(isLast, ranked.isBehind(writer, key, last)));
        f.if(isLast, () => ranked.setBorder(writer, partition, entry));
      },
    );
  }

  /** `fallen`: the row that was at the last rank and is no more. */
  #sendInserted(entry: Local<'i32'>, fallen: Local<'i32'>): void {
    const { writer } = this.#parts;
    const { f } = writer;
    if (this.#showsRanks) {
      this.#sendShiftedBack(entry, fallen);
      return;
    }
    const { updateBefore, updateAfter, insert } = changeKind;
    f.if(
      fallen,
      () => {
        this.#send(fallen, this.#replaces ? updateBefore : changeKind.delete);
        this.#send(entry, this.#replaces ? updateAfter : insert);
      },
      () => this.#send(entry, insert),
    );
  }

  /** From the new row on each rank has the row that was before. */
  #sendShiftedBack(entry: Local<'i32'>, fallen: Local<'i32'>): void {
    const { writer, partition, ranked } = this.#parts;
    const { f } = writer;
    const count = f.local('i32', ranked.count(partition));
    const last = f.local('i32', select(fallen, this.#lastRank, count));
    const lastEntry = f.local('i32', i32.const(0));
    if (this.#knowsLast) f.set(lastEntry, this.#last());
    else
      f.if(
        fallen,
        () => f.set(lastEntry, ranked.previous(writer, fallen)),
        () => f.set(lastEntry, this.#last()),
      );
    const rank = ranked.rankBefore(writer, entry, lastEntry, last);
    this.#eachShift({ entry, rank, last, beyond: fallen }, (at, next) => this.#sendRank(rank, next, at));
  }

  /** Each rank from that of an entry to the last, with its entry and the one behind: for the last rank `beyond`, if not 0. */
  #eachShift(
    shifted: {
      readonly entry: Local<'i32'>;
      readonly rank: Local<'i32'>;
      readonly last: Local<'i32'>;
      readonly beyond: Local<'i32'>;
    },
    send: (at: Local<'i32'>, next: Local<'i32'> | null) => void,
  ): void {
    const { writer, ranked } = this.#parts;
    const { f } = writer;
    const { entry, rank, last, beyond } = shifted;
    const at = f.local('i32', entry);
    const next = f.local('i32');
    f.block((done) => {
      f.loop((again) => {
        f.if(i32.eq(rank, last), () => {
          f.if(
            beyond,
            () => send(at, beyond),
            () => send(at, null),
          );
          f.br(done);
        });
        f.set(next, ranked.next(writer, at));
        send(at, next);
        f.set(at, next);
        f.set(rank, i32.add(rank, i32.const(1)));
        f.br(again);
      });
    });
  }

  /** A row that was taken back: the ones behind it come up. */
  takeBack(): void {
    const { writer, row, partition, ranked, settings } = this.#parts;
    const { f } = writer;
    const stored = this.#find();
    f.if(i32.eqz(stored), () => {
      // The partition may have come with it.
      f.if(i32.eqz(ranked.count(partition)), () => ranked.erase(writer, partition));
      f.br(row.next);
    });
    const entry = f.local('i32', i32.load(stored, { offset: ranked.kept.rows.offset('entry') }));
    ranked.handOver(writer, partition.table, stored);
    const count = f.local('i32', ranked.count(partition));
    const border = f.local('i32', ranked.border(partition));
    const isIn = f.local('i32', i32.const(1));
    f.if(border, () => f.set(isIn, i32.eqz(ranked.isEntryBehind(writer, entry, border))));
    if (typeof settings.end !== 'number') f.set(isIn, i32.and(isIn, i32.ne(this.#lastRank, i32.const(0))));
    f.if(isIn, () => {
      const pulled = f.local('i32', i32.const(0));
      f.if(i32.gtU(count, this.#lastRank), () => f.set(pulled, ranked.next(writer, border)));
      if (this.#showsRanks) this.#sendShiftedUp(entry, pulled, select(border, this.#lastRank, count), border);
      else {
        this.#sendPulledUp(entry, pulled);
      }
      ranked.setBorder(writer, partition, pulled);
    });
    ranked.remove(writer, entry, partition.table);
    f.set(count, i32.sub(count, i32.const(1)));
    ranked.setCount(writer, partition, count);
    // The limit of a partition is that of its very first row.
    if (typeof settings.end === 'number') f.if(i32.eqz(count), () => ranked.erase(writer, partition));
  }

  #sendPulledUp(entry: Local<'i32'>, pulled: Local<'i32'>): void {
    const { updateBefore, updateAfter, insert } = changeKind;
    this.#parts.writer.f.if(
      pulled,
      () => {
        this.#send(entry, this.#replaces ? updateBefore : changeKind.delete);
        this.#send(pulled, this.#replaces ? updateAfter : insert);
      },
      () => this.#send(entry, changeKind.delete),
    );
  }

  #sendShiftedUp(entry: Local<'i32'>, pulled: Local<'i32'>, lastRank: I32, border: Local<'i32'>): void {
    const { writer, partition, ranked } = this.#parts;
    const { f } = writer;
    const last = f.local('i32', lastRank);
    const lastEntry = f.local('i32', border);
    f.if(i32.eqz(lastEntry), () => f.set(lastEntry, ranked.last(writer, partition)));
    const rank = ranked.rankBefore(writer, entry, lastEntry, last);
    this.#eachShift({ entry, rank, last, beyond: pulled }, (at, next) => this.#sendRank(rank, at, next));
  }

  /** The row of a key that is ranked already gets better: it stays in the ranks. */
  #improve(known: Local<'i32'>): void {
    const { writer, row, partition, ranked } = this.#parts;
    const { f } = writer;
    const { table } = partition;
    const old = f.local('i32', i32.load(known, { offset: ranked.kept.rows.offset('entry') }));
    const oldNumber = ranked.numberOf(writer, old);
    const count = f.local('i32', ranked.count(partition));
    const oldRank = this.#showsRanks
      ? ranked.rankBefore(writer, old, ranked.last(writer, partition), count)
      : f.local('i32', i32.const(0));
    const isEqual = this.#isEqualInOrder(known);
    const arrival = ranked.kept.nextArrival(writer);
    const stored = this.#stored(arrival);
    // One that is no better keeps its place among equal ones.
    f.if(isEqual, () => {
      ranked.replace(writer, old, stored, table);
      this.#whereShown(oldRank, () => {
        this.#parts.send(oldNumber, changeKind.updateBefore, oldRank);
        this.#send(old, changeKind.updateAfter, oldRank);
      });
      f.br(row.next);
    });
    ranked.remove(writer, old, table);
    const entry = ranked.insert(writer, ranked.key(writer, partition, row.scope, arrival), stored, table);
    if (!this.#showsRanks) {
      this.#parts.send(oldNumber, changeKind.updateBefore, oldRank);
      this.#send(entry, changeKind.updateAfter);
      return;
    }
    const rank = ranked.rankBefore(writer, entry, ranked.last(writer, partition), count);
    // Behind the new row are those that were at its rank and the next ones.
    const at = f.local('i32', entry);
    const before = f.local('i32', rank);
    f.while(i32.ltU(before, oldRank), () => {
      f.set(at, ranked.next(writer, at));
      this.#sendFromStart(at, changeKind.updateBefore, before);
      f.set(before, i32.add(before, i32.const(1)));
    });
    this.#whereShown(oldRank, () => this.#parts.send(oldNumber, changeKind.updateBefore, oldRank));
    f.set(at, entry);
    f.while(i32.leU(rank, oldRank), () => {
      this.#sendFromStart(at, changeKind.updateAfter, rank);
      f.set(at, ranked.next(writer, at));
      f.set(rank, i32.add(rank, i32.const(1)));
    });
  }

  #isEqualInOrder(known: Local<'i32'>): Local<'i32'> {
    const { writer, row, ranked, settings } = this.#parts;
    const columns = settings.order.map(({ column }) => column);
    const old = ranked.kept.rows.scope(writer, known);
    const values = (scope: RowScope): readonly Value[] => columns.map((column) => scope.column(column));
    return writer.f.local('i32', sameValues(writer, values(old), values(row.scope)));
  }

  /** A rank with its old row and its new one. */
  #sendRank(rank: I32, old: Local<'i32'> | null, row: Local<'i32'> | null): void {
    const isBoth = old !== null && row !== null;
    this.#whereShown(rank, () => {
      if (old !== null) this.#send(old, isBoth ? changeKind.updateBefore : changeKind.delete, rank);
      if (row !== null) this.#send(row, isBoth ? changeKind.updateAfter : changeKind.insert, rank);
    });
  }

  #sendFromStart(entry: Local<'i32'>, kind: number, rank: I32): void {
    this.#whereShown(rank, () => this.#send(entry, kind, rank));
  }

  #whereShown(rank: I32, then: () => void): void {
    const { writer, settings } = this.#parts;
    if (settings.start === 1) then();
    else writer.f.if(i32.geU(rank, i32.const(settings.start)), then);
  }

  #send(entry: Local<'i32'>, kind: number, rank: I32 = i32.const(0)): void {
    const { writer, ranked, send } = this.#parts;
    send(ranked.numberOf(writer, entry), kind, rank);
  }

  /** The stored row that the one at hand replaces or takes back, 0 for none. */
  #find(): Local<'i32'> {
    const { writer, row, partition, ranked, key } = this.#parts;
    const hash = ranked.kept.rows.hash(writer, row.scope, key);
    return ranked.find(writer, partition.table, { scope: row.scope, columns: key, hash });
  }

  /** Stores the row at hand. */
  #stored(arrival: Local<'i64'>): Local<'i32'> {
    const { writer, row, input, partition, ranked, key } = this.#parts;
    const { f } = writer;
    const { table } = partition;
    switch (input.kind) {
      case 'inserts':
        return this.#aged(ranked.kept.rows.add(writer, table, row.scope, ranked.kept.spread(arrival)));
      case 'better':
        return this.#aged(ranked.addFound(writer, table, row.scope, ranked.kept.rows.hash(writer, row.scope, key)));
      case 'changes': {
        const stored = f.local('i32');
        const leader = this.#find();
        f.if(
          leader,
          () => {
            const number = f.local('i32', ranked.kept.rows.number(table, leader));
            f.set(stored, ranked.addEqual(writer, table, row.scope, number, arrival));
            this.#aged(f.local('i32', ranked.kept.rows.at(table, number)));
          },
          () => {
            f.set(stored, ranked.addFound(writer, table, row.scope, ranked.kept.rows.hash(writer, row.scope, key)));
            this.#aged(stored);
          },
        );
        return stored;
      }
    }
  }

  /** The row's time to live begins. */
  #aged(stored: Local<'i32'>): Local<'i32'> {
    const { writer, ranked, partition } = this.#parts;
    ranked.written(writer, partition, stored);
    return stored;
  }
}
