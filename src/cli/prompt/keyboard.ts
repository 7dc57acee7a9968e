import { emitKeypressEvents } from 'node:readline';
import type { Terminal } from '../terminal.ts';

/** A key that was pressed, or a text that was pasted. */
export interface Key {
  /** What a key types; null for one that types nothing. */
  readonly text: string | null;
  readonly name: string;
  readonly ctrl: boolean;
  readonly meta: boolean;
}

/** Keys that wait while a statement runs; those beyond are lost. */
const waitingKeysMax = 100_000;
/** More characters at once were not typed: a terminal that does not say so has pasted them. */
const typedAtOnceMax = 16;

/** What Node's reader of keys gives. */
interface Keypress {
  readonly sequence?: string | undefined;
  readonly name?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
}

/**
 * The keys of a terminal, one reader at a time; what nobody reads waits. The terminal is told to pass every key on, and
 * to mark what is pasted.
 */
export class Keyboard {
  readonly #input: NodeJS.ReadStream;
  readonly #terminal: Terminal;
  #reader: ((key: Key) => void) | null = null;
  #waiting: Key[] = [];
  /** The pieces of what is being pasted; null: nothing is. */
  #pasted: string[] | null = null;
  #chunkLength = 0;
  #isOpen = false;
  readonly #onData = (chunk: Buffer | string): void => {
    this.#chunkLength = chunk.length;
  };
  readonly #onKeypress = (text: string | undefined, key: Keypress): void => this.#press(text, key);
  readonly #onEnd = (): void => this.#pass({ text: null, name: 'end of input', ctrl: false, meta: false });

  constructor(input: NodeJS.ReadStream, terminal: Terminal) {
    this.#input = input;
    this.#terminal = terminal;
    emitKeypressEvents(input);
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#input.prependListener('data', this.#onData);
    this.#input.on('keypress', this.#onKeypress);
    this.#input.on('end', this.#onEnd);
    this.#input.setRawMode(true);
    this.#input.resume();
    this.#terminal.write('\u001b[?2004h');
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#input.off('data', this.#onData);
    this.#input.off('keypress', this.#onKeypress);
    this.#input.off('end', this.#onEnd);
    this.#terminal.write('\u001b[?2004l\u001b[?25h');
    this.#input.setRawMode(false);
    this.#input.pause();
  }

  /** From now on `reader` gets the keys, those that wait first; null: they wait. */
  read(reader: ((key: Key) => void) | null): void {
    this.#reader = reader;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const key of waiting) this.#pass(key);
  }

  /** Puts a key behind those that wait for the next reader. */
  keep(key: Key): void {
    if (this.#waiting.length < waitingKeysMax) this.#waiting.push(key);
  }

  /** Forgets what waits. */
  flush(): void {
    this.#waiting = [];
  }

  #press(text: string | undefined, { name, sequence, ctrl, meta }: Keypress): void {
    if (name === 'paste-start') {
      this.#pasted = [];
      return;
    }
    if (name === 'paste-end') {
      // The line end behind a pasted text would only be in the way.
      const pasted = (this.#pasted ?? []).join('').replace(/\r\n?/g, '\n').replace(/\n+$/, '');
      this.#pasted = null;
      this.#pass({ text: pasted, name: 'paste', ctrl: false, meta: false });
      return;
    }
    if (this.#pasted !== null) {
      this.#pasted.push(text ?? sequence ?? '');
      return;
    }
    const isPasted = this.#chunkLength > typedAtOnceMax;
    const types = text !== undefined && ctrl !== true && meta !== true && !/^\p{Cc}/u.test(text);
    const typed = types ? text : isPasted && name === 'tab' ? '\t' : null;
    this.#pass({
      text: typed,
      name: typed === '\t' ? 'paste' : (name ?? ''),
      ctrl: ctrl === true,
      meta: meta === true,
    });
  }

  #pass(key: Key): void {
    if (this.#reader === null) this.keep(key);
    else this.#reader(key);
  }
}
