import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { recordData } from '../../src/streams/segment-format.ts';
import { sequenceNumber } from '../../src/streams/sequence-number.ts';
import { shardId } from '../../src/streams/stream-metadata.ts';
import { StreamStore } from '../../src/streams/stream-store.ts';
import { Random } from '../support/streams/random.ts';

const worker = fileURLToPath(new URL('../support/kill/worker.ts', import.meta.url));
/** Of several lives each. */
const runs = process.env.TIDEMARK_FUZZ_RUNS === undefined ? 2 : Number(process.env.TIDEMARK_FUZZ_RUNS) / 2000;
const lives = 4;

/** Lets a writer live for so long after its first acknowledgement; what it has said by then, whole lines. */
function live(folder: string, seed: number, prefix: string, afterMs: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [worker, folder, String(seed), prefix], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    let failed = '';
    child.stderr.on('data', (chunk: Buffer) => {
      failed += chunk.toString();
    });
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), afterMs));
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.on('close', () => {
      if (failed !== '') reject(new Error(failed));
      else resolve(said.split('\n').slice(0, -1));
    });
  });
}

/** All records by `shard number`, with their texts, from each shard in its order. */
function readAll(store: StreamStore): Map<string, string> {
  const records = new Map<string, string>();
  const stream = store.stream('s');
  for (const shard of stream.metadata.shards) {
    const id = shardId(shard.index);
    const cursor = stream.cursor(id, { type: 'TRIM_HORIZON' });
    for (let read = cursor.read(); read.kind === 'frames'; read = cursor.read()) {
      for (const { frame, from, to } of read.frames) {
        for (let at = from; at < to; at++) {
          const number = sequenceNumber(shard, frame.firstIndex + at, frame.arrivalMs);
          records.set(`${id} ${number}`, recordData(frame, at).toString());
        }
      }
    }
    cursor.close();
  }
  return records;
}

describe('of a writer that is killed at any time', () => {
  test.each(Array.from({ length: runs }, (_, seed) => seed))(
    'every acknowledged record is there, once: seed %i',
    async (seed) => {
      const random = new Random(seed);
      const folder = mkdtempSync(join(tmpdir(), 'tidemark-kills-'));
      try {
        const store = new StreamStore(folder);
        await store.createStream('s', 2);
        const acknowledged = new Map<string, string>();
        for (let life = 0; life < lives; life++) {
          for (const line of await live(folder, random.next32(), `life ${life}`, random.int(120))) {
            const [shard = '', number = '', ...text] = line.split(' ');
            acknowledged.set(`${shard} ${number}`, text.join(' '));
          }
          store.stream('s').refresh();
          const found = readAll(store);
          expect(new Set(found.values()).size).toBe(found.size);
          const lost = [...acknowledged].filter(([place, text]) => found.get(place) !== text);
          expect(lost).toEqual([]);
        }
        expect(acknowledged.size).toBeGreaterThan(0);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    120_000,
  );
});
