/** The errors of Kinesis that the embedded streams have, by the names that its clients know. */
export type StreamErrorName =
  | 'ExpiredIteratorException'
  | 'InternalFailureException'
  | 'InvalidArgumentException'
  | 'LimitExceededException'
  | 'ResourceInUseException'
  | 'ResourceNotFoundException'
  | 'ValidationException';

/** What a stream refuses. `name` is Kinesis' name of it; a client of a Kinesis-compatible API would see the same. */
export class StreamError extends Error {
  /** Kinesis' name of the error. */
  override readonly name: StreamErrorName;
  /** What to do about it; null where the message says all. */
  readonly help: string | null;

  /** @internal */
  constructor(name: StreamErrorName, message: string, details: { help?: string; cause?: unknown } = {}) {
    super(message, { cause: details.cause });
    this.name = name;
    this.help = details.help ?? null;
  }
}

/** Bytes of a segment that are not what was written. Never skipped: what lies behind may be missing too. */
export class DamagedSegmentError extends StreamError {
  /** The file. */
  readonly segment: string;
  /** Of the first byte of what is damaged. */
  readonly offset: number;

  /** @internal */
  constructor(segment: string, offset: number, what: string) {
    super('InternalFailureException', `segment ${segment} is damaged at byte ${offset}: ${what}`, {
      help: 'restore the file from a copy, or delete the stream',
    });
    this.segment = segment;
    this.offset = offset;
  }
}

/** What the file system said, as an error of the stream. */
export function storageError(doing: string, cause: unknown): StreamError {
  if (cause instanceof StreamError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new StreamError('InternalFailureException', `no space is left on the disk while ${doing}`, { cause });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new StreamError('InternalFailureException', `no permission while ${doing}: ${message}`, { cause });
  }
  return new StreamError('InternalFailureException', `the disk failed while ${doing}: ${message}`, { cause });
}
