import { SourceText } from '../../../src/diagnostics/source-text.ts';
import { Engine } from '../../../src/engine.ts';
import type { JobSummary } from '../../../src/runtime/job.ts';
import { rowTexts } from '../../../src/session/result-text.ts';
import type { AnswerHeader } from '../../../src/session/statement-event.ts';

/** `INSERT INTO` and queries over tables that do not end, while a test feeds them. */
export class LiveQuery {
  readonly rows: string[][] = [];
  summary: JobSummary | null = null;
  readonly #engine: Engine;
  readonly #ended: Promise<void>;
  #wake: () => void = () => {};

  constructor(sql: string, settings: Record<string, string> = {}) {
    this.#engine = new Engine({ settings });
    this.#ended = this.#run(sql);
    // Told where it is waited for.
    this.#ended.catch(() => {});
  }

  /** Resolves when so many rows have come. */
  async until(count: number): Promise<void> {
    while (this.rows.length < count) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([
        woken,
        this.#ended.then(() => Promise.reject(new Error(`ended at ${this.rows.length} rows`))),
      ]);
    }
  }

  /** Resolves at the end of a bounded query. */
  async end(): Promise<void> {
    await this.#ended;
  }

  async cancel(): Promise<void> {
    this.#engine.cancel();
    await this.#ended;
  }

  async #run(sql: string): Promise<void> {
    let header: AnswerHeader | null = null;
    for await (const event of this.#engine.run(new SourceText('live.sql', sql))) {
      if (event.kind === 'answer') header = event.header;
      else if (event.kind === 'summary') this.summary = event.summary;
      else if (event.kind === 'refused') {
        throw new Error(
          event.diagnostics
            .map(({ code, message, notes }) => `${code} ${message} ${notes.map((note) => note.message).join(' ')}`)
            .join('\n'),
        );
      } else if (event.kind === 'rows' && header !== null) {
        const textsOf = rowTexts(header);
        for (const row of event.rows) this.rows.push(textsOf(row).map((text) => text ?? 'NULL'));
      }
      this.#wake();
    }
  }
}
