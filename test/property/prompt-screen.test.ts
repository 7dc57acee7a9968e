import headless from '@xterm/headless';
import fc from 'fast-check';
import pc from 'picocolors';
import { expect, test } from 'vitest';
import { ScreenRegion } from '../../src/cli/prompt/screen-region.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

const columns = 12;
const rows = 6;

const numRuns = process.env.TIDEMARK_FUZZ_RUNS === undefined ? 50 : Number(process.env.TIDEMARK_FUZZ_RUNS) / 50;

/** A terminal without a process: what is written is seen at once. */
class Screen implements Terminal {
  readonly isTerminal = true;
  readonly colors = pc.createColors(false);
  readonly columns = columns;
  readonly rows = rows;
  readonly #screen = new headless.Terminal({ cols: columns, rows, scrollback: 500, allowProposedApi: true });
  #written: Promise<void> = Promise.resolve();

  onResize(): () => void {
    return () => {};
  }

  write(text: string): void {
    this.#written = new Promise((resolve) => this.#screen.write(text.replaceAll(/(?<!\r)\n/g, '\r\n'), resolve));
  }

  drained(): Promise<void> {
    return this.#written;
  }

  /** All lines, those that have scrolled away first. */
  lines(): string[] {
    const { active } = this.#screen.buffer;
    const lines = Array.from({ length: active.length }, (_, at) => active.getLine(at)?.translateToString(true) ?? '');
    return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
  }

  cursor(): { row: number; column: number } {
    const { active } = this.#screen.buffer;
    return { row: active.baseY + active.cursorY, column: active.cursorX };
  }
}

const line = fc.constantFrom('', 'a', 'some text', 'twelve cells', '日本語日本語', '日本 or so');
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('draw'),
      lines: fc.array(line, { minLength: 1, maxLength: rows }),
      row: fc.nat(rows),
      column: fc.nat(columns - 1),
      isShown: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('above'), lines: fc.array(line, { minLength: 1, maxLength: rows + 2 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('erase', 'leave') }) },
);

test('whatever is drawn, written above it, erased and left: the screen has the lines and no other, and the cursor', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const screen = new Screen();
      const region = new ScreenRegion(screen);
      const above: string[] = [];
      let drawn: readonly string[] = [];
      for (const each of steps) {
        let cursor: { row: number; column: number } | null = null;
        if (each.kind === 'draw' && 'row' in each) {
          drawn = each.lines;
          cursor = each.isShown ? { row: Math.min(each.row, drawn.length - 1), column: each.column } : null;
          region.draw(drawn, cursor);
        } else if (each.kind === 'above' && 'lines' in each) {
          region.writeAbove(each.lines.map((text) => `${text}\n`).join(''));
          above.push(...each.lines);
        } else if (each.kind === 'erase') {
          region.erase();
          drawn = [];
        } else {
          region.leave();
          above.push(...drawn);
          drawn = [];
        }
        await screen.drained();
        const wanted = [...above, ...drawn];
        expect(screen.lines()).toEqual(wanted.slice(0, wanted.findLastIndex((text) => text !== '') + 1));
        if (cursor !== null) expect(screen.cursor()).toEqual({ row: above.length + cursor.row, column: cursor.column });
      }
    }),
    { numRuns },
  );
});
