import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SourceText } from '../../../src/diagnostics/source-text.ts';
import { Engine } from '../../../src/engine.ts';
import { Memory } from '../../../src/memory/memory.ts';
import { rowTexts } from '../../../src/session/result-text.ts';
import { plainText } from './plain-text.ts';
import type { World } from './random-world.ts';
import { createTable, linesOf } from './tables.ts';

/** What Tidemark answers over random tables, of which it has those of one world at a time. */
export class OurRows {
  readonly #memory = Memory.create();
  readonly #folder = mkdtempSync(join(tmpdir(), 'tidemark-differential-'));

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Puts the tables where `of` reads them. A folder for each number of shards: to take files away costs more than all else. */
  write({ tables, shards }: World): void {
    for (const table of tables.filter(({ view }) => view === null)) {
      const folder = join(this.#folderOf(shards), table.name);
      if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
      for (let shard = 0; shard < shards; shard++) {
        const lines = linesOf(table, shard).map((line) => `${line}\n`);
        writeFileSync(join(folder, String(shard)), lines.join(''));
      }
    }
  }

  #folderOf(shards: number): string {
    return join(this.#folder, String(shards));
  }

  /** The rows that remain of a query, sorted. @throws Error when it is refused */
  async of({ tables, shards, settings }: World, query: string): Promise<readonly string[]> {
    const creates = tables.map((table) => createTable(table, this.#folderOf(shards)));
    const script = [...creates, query].map((text) => `${text};`).join('\n');
    const engine = new Engine({ memory: this.#memory, settings });
    const counts = new Map<string, number>();
    let texts: ReturnType<typeof rowTexts> = () => [];
    for await (const event of engine.run(new SourceText('q.sql', script))) {
      if (event.kind === 'refused') {
        const reasons = event.diagnostics.map(({ code, message }) => `${code} ${message}`);
        throw new Error(`${reasons.join('\n')}\n${script}`);
      }
      if (event.kind === 'answer') texts = rowTexts(event.header);
      if (event.kind !== 'rows') continue;
      for (const row of event.rows) {
        const text = texts(row).map(plainText).join(' | ');
        counts.set(text, (counts.get(text) ?? 0) + (row.kind === '+I' || row.kind === '+U' ? 1 : -1));
      }
    }
    engine.close();
    return [...counts]
      .flatMap(([text, count]) =>
        count < 0 ? [`${text}: ${-count} too often taken back`] : Array<string>(count).fill(text),
      )
      .sort();
  }
}
