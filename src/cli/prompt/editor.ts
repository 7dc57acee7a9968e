import { cutToWidth } from '../display-width.ts';
import type { Terminal } from '../terminal.ts';
import { candidateList, sharedBeginning } from './candidate-list.ts';
import type { Candidate, Completion } from './completion/complete.ts';
import { EditBuffer } from './edit-buffer.ts';
import { editKeys, nameOfKey } from './edit-keys.ts';
import { highlight } from './highlight.ts';
import type { History } from './history.ts';
import type { Key, Keyboard } from './keyboard.ts';
import { layOut } from './layout.ts';
import type { ScreenRegion } from './screen-region.ts';
import { isWhole } from './statement-text.ts';

const prompts = ['tidemark> ', '       -> '] as const;

export interface EditorParts {
  readonly out: Terminal;
  readonly keyboard: Keyboard;
  readonly region: ScreenRegion;
  readonly history: History;
  readonly complete: (text: string, cursor: number) => Completion | null;
}

/** Where a text is typed: over several lines, until it is whole. */
export class Editor {
  readonly #parts: EditorParts;
  readonly #buffer = new EditBuffer();
  /** Shown below what is typed until the next key. */
  #candidates: readonly Candidate[] = [];
  /** What is looked for in the history, and how many finds were passed over; null: nothing is. */
  #search: { readonly text: string; readonly skip: number } | null = null;
  /** What is typed came out of the history and was not changed: up and down go on there. */
  #isRecalled = false;
  #drawing: NodeJS.Immediate | null = null;
  #submit: ((text: string | null) => void) | null = null;

  constructor(parts: EditorParts) {
    this.#parts = parts;
  }

  /** What is entered next; null: the user wants to leave. */
  read(): Promise<string | null> {
    const { keyboard } = this.#parts;
    this.#buffer.set('');
    this.#isRecalled = false;
    this.#draw();
    const stopListening = this.#parts.out.onResize(() => this.#drawSoon());
    return new Promise((resolve) => {
      this.#submit = (text) => {
        stopListening();
        this.#submit = null;
        keyboard.read(null);
        resolve(text);
      };
      keyboard.read((key) => this.#press(key));
    });
  }

  #press(key: Key): void {
    const isComplete = key.name === 'tab' && !key.meta && !key.ctrl;
    if (!isComplete) this.#candidates = [];
    if (this.#search !== null && this.#pressInSearch(key)) {
      this.#drawSoon();
      return;
    }
    if (isComplete) this.#complete();
    else this.#edit(key);
    if (this.#submit !== null) this.#drawSoon();
  }

  #edit(key: Key): void {
    const buffer = this.#buffer;
    const wasRecalled = this.#isRecalled;
    this.#isRecalled = false;
    const name = nameOfKey(key);
    const edit = editKeys.get(name);
    if (key.text !== null) buffer.insert(key.text);
    else if (edit !== undefined) edit(buffer);
    else this.#act(name, wasRecalled);
  }

  /** What keys do beside editing. */
  #act(name: string, wasRecalled: boolean): void {
    const buffer = this.#buffer;
    const { history, out, region } = this.#parts;
    switch (name) {
      case 'return':
      case 'enter':
        this.#enter();
        return;
      case 'up':
        if (wasRecalled || !buffer.up()) this.#recall(history.older(buffer.text));
        return;
      case 'down':
        if (wasRecalled || !buffer.down()) this.#recall(history.newer());
        return;
      case 'ctrl-p':
        this.#recall(history.older(buffer.text));
        return;
      case 'ctrl-n':
        this.#recall(history.newer());
        return;
      case 'ctrl-r':
        this.#search = { text: '', skip: 0 };
        return;
      case 'ctrl-d':
        if (buffer.text === '') this.#leave();
        else buffer.deleteRight();
        return;
      case 'end of input':
        this.#leave();
        return;
      case 'ctrl-c':
        this.#discard();
        return;
      case 'ctrl-l':
        out.write('\u001b[H\u001b[2J');
        region.forget();
        return;
      case 'ctrl-z':
        this.#suspend();
        return;
      default:
        this.#isRecalled = wasRecalled;
    }
  }

  /** Enters what is whole, wherever the cursor stands; else begins another line. */
  #enter(): void {
    const { text } = this.#buffer;
    if (!isWhole(text)) {
      this.#buffer.insert('\n');
      return;
    }
    this.#finish('');
    this.#parts.history.add(text);
    this.#submit?.(text);
  }

  #leave(): void {
    this.#finish('');
    this.#submit?.(null);
  }

  /** Ctrl-C: what is typed is not wanted. */
  #discard(): void {
    this.#finish(this.#buffer.text === '' ? '' : '^C');
    this.#parts.history.add('');
    this.#buffer.set('');
  }

  #recall(entry: string | null): void {
    this.#isRecalled = true;
    if (entry !== null) this.#buffer.set(entry);
  }

  #complete(): void {
    const completion = this.#parts.complete(this.#buffer.text, this.#buffer.cursor);
    this.#candidates = [];
    this.#isRecalled = false;
    if (completion === null) return;
    const { candidates, from } = completion;
    const [only, other] = candidates;
    const next = this.#buffer.text.charAt(this.#buffer.cursor);
    if (other === undefined) {
      const space = only?.isWord === true && !/[\s(]/.test(next) ? ' ' : '';
      this.#buffer.replace(from, (only?.text ?? '') + space);
      return;
    }
    const shared = sharedBeginning(candidates);
    if (shared.length > this.#buffer.cursor - from) this.#buffer.replace(from, shared);
    this.#candidates = candidates;
  }

  /** False: the key ends the search, and has its usual meaning. */
  #pressInSearch(key: Key): boolean {
    const { text, skip } = this.#search ?? { text: '', skip: 0 };
    const change = (next: string, skipped: number): true => {
      const found = next === '' ? null : this.#parts.history.search(next, skipped);
      this.#search = { text: next, skip: found === null ? skip : skipped };
      if (found !== null) this.#buffer.set(found);
      return true;
    };
    if (key.text !== null) return change(text + key.text, 0);
    if (key.name === 'backspace') return change(text.slice(0, -1), 0);
    if (key.ctrl && key.name === 'r') return change(text, skip + 1);
    this.#search = null;
    if (key.ctrl && (key.name === 'c' || key.name === 'g')) {
      this.#buffer.set('');
      return true;
    }
    return key.name === 'escape';
  }

  /** Ctrl-Z: the shell has the terminal until it gives it back. */
  #suspend(): void {
    if (process.platform === 'win32') return;
    const { keyboard, region } = this.#parts;
    region.leave();
    keyboard.close();
    // While nothing is read, something must keep the process.
    const hold = setInterval(() => {}, 60_000);
    process.once('SIGCONT', () => {
      clearInterval(hold);
      keyboard.open();
      this.#draw();
    });
    // The whole group: whoever has started this process as well.
    process.kill(0, 'SIGTSTP');
  }

  /** All that came with one stroke is drawn once. */
  #drawSoon(): void {
    this.#drawing ??= setImmediate(() => this.#draw());
  }

  #draw(): void {
    this.#cancelDrawing();
    const { columns, rows } = this.#parts.out;
    const { rows: text, cursor } = this.#layOut();
    // Of a text that is taller than the screen the part around the cursor.
    const first = Math.max(0, cursor.row - rows + 2);
    const shown = text.slice(first, first + rows - 1);
    const room = Math.max(2, rows - 1 - shown.length);
    const below =
      this.#search === null
        ? this.#candidates.length === 0
          ? []
          : candidateList(this.#candidates, columns - 1, room)
        : [`search: ${this.#search.text}`];
    const { dim } = this.#parts.out.colors;
    const under = below.map((line) => dim(cutToWidth(line, columns - 1)));
    const kept = shown.slice(Math.max(0, shown.length + under.length - rows + 1));
    const lost = shown.length - kept.length;
    this.#parts.region.draw([...kept, ...under], { row: cursor.row - first - lost, column: cursor.column });
  }

  /** Draws all of the text for the last time, and goes below it. */
  #finish(behind: string): void {
    this.#cancelDrawing();
    this.#buffer.toEnd();
    const { rows, cursor } = this.#layOut();
    const last = rows.length - 1;
    this.#parts.region.draw([...rows.slice(0, last), `${rows[last] ?? ''}${behind}`], cursor);
    this.#parts.region.leave();
  }

  #layOut(): ReturnType<typeof layOut> {
    const { out } = this.#parts;
    const { text, cursor } = this.#buffer;
    return layOut({ text, cursor, spans: highlight(text), prompts, columns: out.columns, colors: out.colors });
  }

  #cancelDrawing(): void {
    if (this.#drawing !== null) clearImmediate(this.#drawing);
    this.#drawing = null;
  }
}
