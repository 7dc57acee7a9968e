import type { RecordBatch } from 'apache-arrow';
import type { Session } from '../catalog/session.ts';
import type { ProgramSinks } from '../connectors/connector.ts';
import type { KeptRows } from '../connectors/kept/kept-rows.ts';
import type { ProgramTables } from '../connectors/program/program-table.ts';
import type { Memory } from '../memory/memory.ts';
import { utcClock, type WallClock } from '../operators/wall-clock.ts';
import { zoneClock } from '../operators/zone-clock.ts';
import type { Clock } from '../runtime/clock.ts';
import type { StreamEnvironment } from '../streams/stream-environment.ts';
import { zoneBytes, zoneNamed } from '../types/zone.ts';
import type { SessionJobs } from './session-jobs.ts';

/** A zone as jobs use it: its table in the memory and its wall clock. */
export interface SessionZone {
  readonly address: number;
  readonly clock: WallClock;
}

/** What the statements of a script share. */
export interface SessionContext {
  readonly session: Session;
  /** What runs, and has run. */
  readonly jobs: SessionJobs;
  /** Of the jobs that make no checkpoints, until it has ended: then it is another. */
  readonly memory: Memory;
  readonly clock: Clock;
  readonly standardOutput: (text: string) => void;
  readonly standardError: (text: string) => void;
  /** What the embedding program gave the engine, by name: tables of connector `arrow`. */
  readonly recordBatches: ReadonlyMap<string, readonly RecordBatch[]>;
  /** What it feeds while jobs run, by name: tables of connector `program`. */
  readonly programTables: ProgramTables;
  /** What takes the rows of its own tables. */
  readonly programSinks: ProgramSinks;
  /** Where embedded streams are, unless a table says otherwise. */
  readonly streamsFolder: string;
  /** What they are on. */
  readonly streamEnvironment: StreamEnvironment;
  /** What was kept of tables. */
  readonly keptRows: KeptRows;
  /** Where checkpoints are written. */
  readonly stateEnvironment: StreamEnvironment;
  /** Each job stops at each of its checkpoints, and goes on from it in a fresh memory: of tests. */
  readonly restartsAtCheckpoints: boolean;
  /** Jobs begin without the state that they have: it is put aside. */
  readonly startsAnew: boolean;
  /** The folder of the one job that is run again from its state; null: jobs are known by their names and statements. */
  readonly resumedFolder: string | null;
  zone(name: string): SessionZone;
}

/** Zones by memory and name: their tables are a few hundred bytes and stay. */
const zones = new WeakMap<Memory, Map<string, SessionZone>>();

export function sessionZone(memory: Memory, name: string): SessionZone {
  let known = zones.get(memory);
  if (known === undefined) {
    known = new Map();
    zones.set(memory, known);
  }
  let found = known.get(name);
  if (found === undefined) {
    const zone = zoneNamed(name);
    if (zone === null) throw new Error(`no time zone "${name}"`);
    const bytes = zoneBytes(zone);
    const address = memory.alloc(bytes.length);
    memory.u8.set(bytes, address);
    found = { address, clock: zone.transitions.length === 0 && zone.offsets[0] === 0 ? utcClock : zoneClock(zone) };
    known.set(name, found);
  }
  return found;
}
