import type { OptionValues } from '../../catalog/options.ts';
import { DiagnosticError, fail, unsupported } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import { type SharedStreams, sharedStreams } from '../../streams/shared-streams.ts';
import type { Stream } from '../../streams/stream.ts';
import type { StreamEnvironment } from '../../streams/stream-environment.ts';
import { StreamError } from '../../streams/stream-error.ts';
import { localPath } from '../filesystem/file-list.ts';

/** The stream that a table's options name, as long as it is used. */
export interface OpenedStream {
  readonly stream: Stream;
  release(): Promise<void>;
}

/** A table over a stream, and where streams are that it does not say. */
export interface StreamTable {
  readonly options: OptionValues;
  readonly streamsFolder: string;
  readonly streamEnvironment?: StreamEnvironment;
}

/** What the options say, before anything is opened. @throws DiagnosticError for an ARN that is none, and for an endpoint elsewhere */
export function streamPlace({ options, streamsFolder }: StreamTable): {
  readonly name: string;
  readonly folder: string;
} {
  const arn = options.string('stream.arn') ?? '';
  const [, name] = /^arn:aws[\w-]*:kinesis:[^:]*:[^:]*:stream\/([\w.-]+)$/.exec(arn) ?? [];
  if (name === undefined) {
    fail('O003', options.span('stream.arn'), `"${arn}" is no ARN of a stream`, {
      help: 'expected arn:aws:kinesis:REGION:ACCOUNT:stream/NAME; any region and account will do for an embedded stream',
    });
  }
  const endpoint = options.string('aws.endpoint');
  if (endpoint !== undefined && /^\w+:\/\//.test(endpoint) && !endpoint.startsWith('file:')) {
    throw new DiagnosticError([
      unsupported('W001', options.span('aws.endpoint'), 'reading and writing streams over the network', {
        help: 'leave the option out to use the embedded streams in .tidemark/streams',
      }),
    ]);
  }
  return { name, folder: endpoint === undefined ? streamsFolder : localPath(endpoint) };
}

/** @throws DiagnosticError F013 where there is no such stream */
export function openStream(table: StreamTable): OpenedStream {
  const { options } = table;
  const { name, folder } = streamPlace(table);
  const shared: SharedStreams = sharedStreams(folder, table.streamEnvironment);
  try {
    const release = (): Promise<void> =>
      shared.release().catch((error: unknown) => failAtStream('F014', error, options.span('stream.arn')));
    return { stream: shared.store.stream(name), release };
  } catch (error) {
    void shared.release();
    const help = `create it: tidemark stream create ${name}`;
    return failAtStream('F013', error, options.span('stream.arn'), help);
  }
}

/**
 * What a stream refuses, as an error about the table.
 * @throws DiagnosticError always, but for faults of ours
 */
export function failAtStream(code: 'F013' | 'F014', error: unknown, span: Span | null, help?: string): never {
  if (!(error instanceof StreamError)) throw error;
  const notes = error.help === null ? [] : [error.help];
  return fail(code, span, error.message, {
    help: help ?? error.help ?? undefined,
    notes: help === undefined ? [] : notes,
  });
}
