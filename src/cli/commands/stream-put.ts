import { randomUUID } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { type PutEntry, putRecordsMax } from '../../streams/put-request.ts';
import type { Stream } from '../../streams/stream.ts';
import { StreamError } from '../../streams/stream-error.ts';
import { exitCode } from '../exit-codes.ts';
import { Interrupts } from '../interrupts.ts';
import { LineSplitter } from '../line-chunks.ts';
import { ProgressLine } from '../progress.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { count, openToWrite, type StoreOptions, withStreams } from './stream.ts';

export interface PutOptions extends StoreOptions {
  readonly partitionKey?: string;
}

/** Requests on their way to the disk: one that is written, one that waits for it, and some to group. */
const inFlightMax = 8;

/** Of one request, of which a stream takes 10 MiB. */
const requestBytesMax = 5 * 1024 * 1024;

const progressEveryMs = 200;

/** `tidemark stream put`: each line is a record. What was put stays put, however it ends. */
export function put(name: string, file: string, options: PutOptions, out: Terminal, err: Terminal): Promise<number> {
  const input = file === '-' ? process.stdin : openFile(file);
  const bytesTotal = file === '-' ? null : statSync(file).size;
  return withStreams(options, err, async (store) => {
    const stream = await openToWrite(store, name, err);
    const putter = new Putter(stream, options.partitionKey, new ProgressLine(err), bytesTotal);
    const interrupts = new Interrupts(() => input.destroy());
    let isDone = false;
    try {
      await putter.run(input);
      isDone = true;
    } catch (thrown) {
      // Reading was stopped.
      if (interrupts.code === null) throw thrown;
    } finally {
      interrupts.close();
      await putter.settle();
      out.write(`${isDone ? '' : 'stopped: '}put ${count(putter.records, 'record')} to ${name}\n`);
    }
    return interrupts.code ?? exitCode.ok;
  });
}

function openFile(file: string): Readable {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) throw new UsageError(`there is no file "${file}"`);
  if (stats.isDirectory()) throw new UsageError(`"${file}" is a folder`, 'name a file of lines');
  return createReadStream(file, { highWaterMark: 1024 * 1024 });
}

class Putter {
  /** Records that are put. */
  records = 0;
  readonly #stream: Stream;
  readonly #keyField: string | undefined;
  readonly #progress: ProgressLine;
  readonly #bytesTotal: number | null;
  readonly #startMs = performance.now();
  readonly #inFlight = new Set<Promise<void>>();
  #failure: unknown = null;
  #entries: PutEntry[] = [];
  #entryBytes = 0;
  #lines = 0;
  #bytesRead = 0;
  #shownMs = 0;

  constructor(stream: Stream, keyField: string | undefined, progress: ProgressLine, bytesTotal: number | null) {
    this.#stream = stream;
    this.#keyField = keyField;
    this.#progress = progress;
    this.#bytesTotal = bytesTotal;
  }

  /** Puts the lines as they come. A pipe that pauses does not hold back what came before. */
  async run(input: Readable): Promise<void> {
    const splitter = new LineSplitter();
    for await (const piece of input) {
      this.#bytesRead += (piece as Buffer).length;
      for (const line of splitter.push(piece as Buffer)) await this.#take(line);
      await this.#flush();
    }
    for (const line of splitter.end()) await this.#take(line);
    await this.#flush();
    await this.#waitFor(0);
  }

  /** Waits for what is on its way, whatever becomes of it. */
  async settle(): Promise<void> {
    await Promise.all(this.#inFlight);
    this.#progress.clear();
  }

  async #take(line: Buffer): Promise<void> {
    this.#lines++;
    this.#entries.push({ data: line, partitionKey: this.#keyOf(line) });
    this.#entryBytes += line.length;
    if (this.#entries.length === putRecordsMax || this.#entryBytes > requestBytesMax) await this.#flush();
  }

  async #flush(): Promise<void> {
    const entries = this.#entries;
    if (entries.length === 0) return;
    this.#entries = [];
    this.#entryBytes = 0;
    await this.#waitFor(inFlightMax - 1);
    const put = this.#put(entries).finally(() => this.#inFlight.delete(put));
    this.#inFlight.add(put);
    this.#show();
  }

  async #put(entries: readonly PutEntry[]): Promise<void> {
    try {
      const { failedRecordCount, failure } = await this.#stream.putRecords(entries);
      this.records += entries.length - failedRecordCount;
      this.#failure ??= failure;
    } catch (error) {
      this.#failure ??= error;
    }
  }

  async #waitFor(inFlight: number): Promise<void> {
    while (this.#inFlight.size > inFlight) await Promise.race(this.#inFlight);
    if (this.#failure !== null) throw this.#failure;
  }

  #keyOf(line: Buffer): string {
    const field = this.#keyField;
    if (field === undefined) return randomUUID();
    const value = fieldOf(line, field);
    if (value !== null) return value;
    throw new StreamError(
      'InvalidArgumentException',
      `line ${this.#lines.toLocaleString('en')} has no field "${field}" with a text, a number or a boolean`,
      {
        help: `the line: ${line.toString('utf8', 0, 200)}`,
      },
    );
  }

  #show(): void {
    const nowMs = performance.now();
    if (nowMs - this.#shownMs < progressEveryMs) return;
    this.#shownMs = nowMs;
    const elapsedMs = nowMs - this.#startMs;
    const rate = Math.round((this.records * 1000) / Math.max(1, elapsedMs));
    const parts = [`put ${count(this.records, 'record')}`, `${rate.toLocaleString('en')}/s`];
    if (this.#bytesTotal !== null)
      parts.push(`${Math.floor((100 * this.#bytesRead) / Math.max(1, this.#bytesTotal))} %`);
    this.#progress.showText(parts.join('   '), elapsedMs);
  }
}

/** A field of a JSON object as text; null where the line is none, or has no such field. */
function fieldOf(line: Buffer, field: string): string | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line.toString());
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null || !Object.hasOwn(parsed, field)) return null;
  const value = (parsed as Record<string, unknown>)[field];
  if (typeof value === 'string') return value === '' ? null : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}
