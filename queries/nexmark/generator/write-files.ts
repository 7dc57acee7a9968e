import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Events } from './events.ts';

export interface NexmarkFiles {
  readonly folder: string;
  readonly events: number;
  /** Events in a second of event time. */
  readonly rate: number;
  /** Files that the lines are dealt out to by their key, in order; 1: all in one. */
  readonly shards: number;
  /** Told after every so many events. */
  readonly onProgress?: ((events: number) => void) | undefined;
}

export interface NexmarkSummary {
  readonly bytes: number;
  /** Of all lines in their order, whatever the shards. */
  readonly sha256: string;
}

/** Rows of the small table that q13 joins with. */
const sideInputRows = 10_000;

/** Writes FOLDER/events/shard-0.jsonl and so on, and FOLDER/side-input.csv. */
export function writeNexmarkFiles({ folder, events, rate, shards, onProgress }: NexmarkFiles): NexmarkSummary {
  mkdirSync(join(folder, 'events'), { recursive: true });
  const side = Array.from({ length: sideInputRows }, (_, key) => `${key},${key}\n`);
  writeFileSync(join(folder, 'side-input.csv'), side.join(''));
  const files = Array.from({ length: shards }, (_, at) => openSync(join(folder, `events/shard-${at}.jsonl`), 'w'));
  const source = new Events(rate);
  const { lines } = source;
  const hash = createHash('sha256');
  let bytes = 0;
  // Where each line begins, and its shard: lines of one shard that follow each other go out in one piece.
  let pieces: { shard: number; from: number }[] = [];
  const flush = (done: number): void => {
    hash.update(lines.bytes.subarray(0, lines.length));
    for (const [at, { shard, from }] of pieces.entries())
      writeAll(files[shard] ?? 0, lines.bytes.subarray(from, pieces[at + 1]?.from ?? lines.length));
    bytes += lines.length;
    lines.length = 0;
    pieces = [];
    onProgress?.(done);
  };
  for (let event = 0; event < events; event++) {
    const from = lines.length;
    const shard = source.write(event) % shards;
    if (pieces.at(-1)?.shard !== shard) pieces.push({ shard, from });
    if (lines.isFull) flush(event + 1);
  }
  flush(events);
  for (const file of files) closeSync(file);
  return { bytes, sha256: hash.digest('hex') };
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}
