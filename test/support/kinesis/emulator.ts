import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Entry,
  type KinesisApi,
  type Position,
  type Put,
  type ReadToEnd,
  Refused,
  type Shard,
} from './kinesis-api.ts';

const main = createRequire(import.meta.url).resolve('kinesis-local');
const startMaxMs = 60_000;

interface ShardAnswer {
  readonly ShardId: string;
  readonly HashKeyRange: { readonly StartingHashKey: string; readonly EndingHashKey: string };
  readonly ParentShardId: string | null;
  readonly AdjacentParentShardId: string | null;
  readonly SequenceNumberRange: {
    readonly StartingSequenceNumber: string;
    readonly EndingSequenceNumber: string | null;
  };
}

interface RecordsAnswer {
  readonly Records: readonly {
    readonly Data: string;
    readonly PartitionKey: string;
    readonly SequenceNumber: string;
  }[];
  readonly NextShardIterator: string | null;
}

/** The emulator kinesis-local, over HTTP on the loopback. */
export class Emulator implements KinesisApi {
  readonly #process: ChildProcess;
  readonly #url: string;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.#url = url;
  }

  static async start(): Promise<Emulator> {
    const [plain, encrypted] = [await freePort(), await freePort()];
    const child = spawn(process.execPath, [main], {
      cwd: dirname(main),
      env: {
        KINESIS_MOCK_PLAIN_PORT: String(plain),
        KINESIS_MOCK_TLS_PORT: String(encrypted),
        LOG_LEVEL: 'ERROR',
        CREATE_STREAM_DURATION: '0ms',
        SPLIT_SHARD_DURATION: '0ms',
        MERGE_SHARDS_DURATION: '0ms',
        SHARD_LIMIT: '500',
      },
      stdio: 'ignore',
    });
    const emulator = new Emulator(child, `http://127.0.0.1:${plain}/`);
    for (const endMs = Date.now() + startMaxMs; ; await pause(50)) {
      const isUp = await fetch(`${emulator.#url}healthcheck`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isUp) return emulator;
      if (child.exitCode !== null || Date.now() > endMs) throw new Error('kinesis-local does not start');
    }
  }

  async close(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }

  async createStream(stream: string, shardCount: number): Promise<void> {
    await this.#call('CreateStream', { StreamName: stream, ShardCount: shardCount });
    await this.#active(stream);
  }

  async putRecords(stream: string, entries: readonly Entry[]): Promise<readonly Put[]> {
    const answer = await this.#call<{ Records: readonly { ShardId: string; SequenceNumber: string }[] }>('PutRecords', {
      StreamName: stream,
      Records: entries.map(({ text, partitionKey, explicitHashKey }) => ({
        Data: Buffer.from(text).toString('base64'),
        PartitionKey: partitionKey,
        ...(explicitHashKey === undefined ? {} : { ExplicitHashKey: explicitHashKey }),
      })),
    });
    return answer.Records.map(({ ShardId, SequenceNumber }) => ({ shard: ShardId, sequenceNumber: SequenceNumber }));
  }

  async splitShard(stream: string, shard: string, newStartingHashKey: string): Promise<void> {
    await this.#call('SplitShard', { StreamName: stream, ShardToSplit: shard, NewStartingHashKey: newStartingHashKey });
    await this.#active(stream);
  }

  async mergeShards(stream: string, shard: string, adjacent: string): Promise<void> {
    await this.#call('MergeShards', { StreamName: stream, ShardToMerge: shard, AdjacentShardToMerge: adjacent });
    await this.#active(stream);
  }

  async listShards(stream: string): Promise<readonly Shard[]> {
    const { Shards } = await this.#call<{ Shards: readonly ShardAnswer[] }>('ListShards', { StreamName: stream });
    return Shards.map(({ ShardId, HashKeyRange, ParentShardId, AdjacentParentShardId, SequenceNumberRange }) => ({
      id: ShardId,
      startingHashKey: HashKeyRange.StartingHashKey,
      endingHashKey: HashKeyRange.EndingHashKey,
      parent: ParentShardId,
      adjacentParent: AdjacentParentShardId,
      startingSequenceNumber: SequenceNumberRange.StartingSequenceNumber,
      isClosed: SequenceNumberRange.EndingSequenceNumber !== null,
    }));
  }

  async read(stream: string, shard: string, position: Position): Promise<ReadToEnd> {
    const records: ReadToEnd['records'][number][] = [];
    const first = await this.#call<{ ShardIterator: string }>('GetShardIterator', {
      StreamName: stream,
      ShardId: shard,
      ShardIteratorType: position.type,
      ...('sequenceNumber' in position ? { StartingSequenceNumber: position.sequenceNumber } : {}),
      ...('timestampMs' in position ? { Timestamp: position.timestampMs / 1000 } : {}),
    });
    let iterator: string | null = first.ShardIterator;
    while (iterator !== null) {
      const answer: RecordsAnswer = await this.#call('GetRecords', { ShardIterator: iterator, Limit: 100 });
      for (const { Data, PartitionKey, SequenceNumber } of answer.Records) {
        const text = Buffer.from(Data, 'base64').toString();
        records.push({ text, partitionKey: PartitionKey, sequenceNumber: SequenceNumber });
      }
      iterator = answer.NextShardIterator;
      if (answer.Records.length === 0 && iterator !== null) return { records, hasEnded: false };
    }
    return { records, hasEnded: true };
  }

  async #active(stream: string): Promise<void> {
    for (;;) {
      const { StreamDescriptionSummary } = await this.#call<{ StreamDescriptionSummary: { StreamStatus: string } }>(
        'DescribeStreamSummary',
        { StreamName: stream },
      );
      if (StreamDescriptionSummary.StreamStatus === 'ACTIVE') return;
      await pause(5);
    }
  }

  async #call<T>(operation: string, request: Readonly<Record<string, unknown>>): Promise<T> {
    const answer = await fetch(this.#url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': `Kinesis_20131202.${operation}`,
        // Of the right form; nobody checks it.
        'X-Amz-Date': '20200101T000000Z',
        Authorization:
          'AWS4-HMAC-SHA256 Credential=x/20200101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=x',
      },
      body: JSON.stringify(request),
    });
    const text = await answer.text();
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    if (!answer.ok) throw new Refused(String(body.__type), String(body.message));
    return body as T;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
