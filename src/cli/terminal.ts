import pc from 'picocolors';

type Colors = ReturnType<typeof pc.createColors>;

/** One of the two outputs of the process, and how it may be written to. */
export interface Terminal {
  /** A person's terminal: boxes, colours and a line that is drawn over. */
  readonly isTerminal: boolean;
  readonly colors: Colors;
  /** Its size now. */
  readonly columns: number;
  readonly rows: number;
  /** Calls back when the size has changed, until the returned function is called. */
  onResize(listener: () => void): () => void;
  write(text: string): void;
  /** Resolves when the reader has taken enough for more to be written. */
  drained(): Promise<void>;
}

/** https://no-color.org: any value but the empty one turns colours off. */
export function terminal(stream: NodeJS.WriteStream): Terminal {
  const isTerminal = stream.isTTY === true;
  const hasColors = isTerminal && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  let isFull = false;
  return {
    isTerminal,
    colors: pc.createColors(hasColors),
    // Some terminals say 0.
    get columns() {
      return stream.columns || 80;
    },
    get rows() {
      return stream.rows || 24;
    },
    onResize: (listener) => {
      stream.on('resize', listener);
      return () => stream.off('resize', listener);
    },
    write: (text) => {
      if (text !== '') isFull = !stream.write(text);
    },
    drained: () => {
      if (!isFull || stream.destroyed) return Promise.resolve();
      return new Promise((resolve) => {
        const done = () => {
          stream.off('drain', done);
          stream.off('close', done);
          isFull = false;
          resolve();
        };
        stream.on('drain', done);
        stream.on('close', done);
      });
    },
  };
}

/** `tidemark ... | head`: who reads no more is not told of it; the process ends as if all were written. */
export function endQuietlyWhenUnread(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}
