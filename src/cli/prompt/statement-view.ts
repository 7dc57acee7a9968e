import type { Settings } from '../../catalog/settings.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { renderDiagnostic } from '../../diagnostics/render.ts';
import { isAppendOnly } from '../../plan/logical.ts';
import type { Job, JobSummary } from '../../runtime/job.ts';
import type { SessionJob } from '../../session/session-jobs.ts';
import type { AnswerHeader, ResultRow, StatementEvent } from '../../session/statement-event.ts';
import { begunLines } from '../begun-lines.ts';
import type { AnswerWriter } from '../formats/answer-writer.ts';
import { tableWriter } from '../formats/table.ts';
import { keptLines } from '../kept-lines.ts';
import type { Terminal } from '../terminal.ts';
import { LiveTable } from './live-table.ts';
import type { ScreenRegion } from './screen-region.ts';
import { endLine, liveLine } from './status-line.ts';

/** The screen is drawn anew so often, or less often where drawing takes long. */
const drawEveryMs = 100;
/** Drawing takes no more than this part of the time. */
const drawShare = 0.1;
/** While nothing happens, only so often. */
const drawIdleEveryMs = 1000;
/** What is new has been marked for long enough. */
const idleAfterMs = 4000;
/** A statement that ends sooner says nothing of its progress. */
const statusAfterMs = 400;

/** What a statement shows on a terminal while it runs: rows that scroll, or a table that is drawn in place, and a line below. */
export class StatementView {
  readonly #out: Terminal;
  readonly #err: Terminal;
  readonly #region: ScreenRegion;
  readonly #settings: Settings;
  readonly #startMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  #writer: AnswerWriter | null = null;
  #live: LiveTable | null = null;
  #job: Job | null = null;
  #summary: JobSummary | null = null;
  /** Null: the statement has no answer. */
  #rowCount: number | null = null;
  #isText = false;
  #isStopping = false;
  #drawn = '';
  #drawAtMs = 0;
  /** When something came last. */
  #busyAtMs = 0;
  #events = 0;
  /** Its job, where that goes on behind the prompt. */
  #left: SessionJob | null = null;
  /** Events at the last measures of their rate, a second apart. */
  #rate = { atMs: 0, events: 0, perSecond: 0 };

  constructor(out: Terminal, err: Terminal, region: ScreenRegion, settings: Settings) {
    this.#out = out;
    this.#err = err;
    this.#region = region;
    this.#settings = settings;
    this.#timer = setInterval(() => this.#draw(), drawEveryMs);
  }

  /** The job whose progress is shown. */
  watch(job: Job): void {
    this.#job = job;
  }

  /** Whether rows come of it. */
  get hasAnswer(): boolean {
    return this.#rowCount !== null;
  }

  /** Its job goes on while other statements are entered: from here on only how it ends is told. */
  leave(job: SessionJob): void {
    this.#finish();
    this.#left = job;
    const told = `job ${job.id} goes on   SHOW JOBS tells what runs, STOP JOB '${job.id}' stops it`;
    this.#out.write(`${this.#out.colors.dim(told)}\n`);
  }

  /** It was asked to stop: what still comes is not shown. */
  stopping(): void {
    this.#isStopping = true;
    this.#drawAtMs = 0;
    this.#draw();
  }

  take(event: StatementEvent): void {
    switch (event.kind) {
      case 'answer':
        this.#begin(event.header);
        return;
      case 'rows':
        this.#rows(event.rows);
        return;
      case 'summary':
        this.#summary = event.summary;
        return;
      case 'warnings':
        this.#show(event.diagnostics);
        return;
      case 'begun':
        for (const line of begunLines(event.begun)) this.#region.writeAbove(`${this.#out.colors.dim(line)}\n`);
        return;
      case 'statement':
      case 'progress':
      case 'done':
      case 'refused':
        return;
    }
  }

  /** It has ended, or was stopped. */
  end(): void {
    if (this.#left === null) this.#finish();
    const rows = this.#isText ? null : (this.#live?.size ?? this.#rowCount);
    const isStopped = this.#isStopping || (this.#summary !== null && this.#summary.outcome !== 'finished');
    const elapsedMs = performance.now() - this.#startMs;
    const line = endLine({ isStopped, rows, elapsedMs, summary: this.#summary });
    const kept = keptLines(this.#summary?.kept ?? []);
    const of = this.#left === null ? '' : `job ${this.#left.id}: `;
    for (const text of [of + line, ...kept]) this.#region.writeAbove(`${this.#out.colors.dim(text)}\n`);
  }

  /** It was refused, or failed: what there is of its answer stays. */
  refused(diagnostics: readonly Diagnostic[]): void {
    if (this.#left !== null) {
      this.#region.writeAbove(`${this.#out.colors.dim(`job ${this.#left.id} has failed:`)}\n`);
      this.#show(diagnostics);
      return;
    }
    if (this.#rowCount === 0) {
      this.#writer?.refused(diagnostics);
      this.#writer = null;
      this.#live = null;
    }
    this.#finish();
    this.#show(diagnostics);
  }

  /** Takes what moves off the screen and leaves what stays. */
  #finish(): void {
    clearInterval(this.#timer);
    this.#writer?.end();
    this.#writer = null;
    this.#region.erase();
    if (this.#live === null) return;
    // With room for the line below and for the prompt.
    const { columns, rows } = this.#out;
    const lines = this.#live.draw(columns, rows - 3, null);
    this.#out.write(lines.map((line) => `${line}\n`).join(''));
  }

  #begin(header: AnswerHeader): void {
    this.#rowCount = 0;
    this.#isText = header.isText === true;
    const mode = this.#settings.get('sql-client.execution.result-mode')?.toUpperCase();
    if (!isAppendOnly(header.changes) && mode === 'TABLE') {
      const rowsMax = this.#settings.int('sql-client.execution.max-table-result.rows');
      this.#live = new LiveTable(header, this.#out.colors, Math.max(1, rowsMax));
      return;
    }
    const { colors } = this.#out;
    this.#writer = tableWriter((text) => this.#region.writeAbove(text), {
      boxes: true,
      bold: colors.bold,
      dim: colors.dim,
      rowsMax: Number.POSITIVE_INFINITY,
      indent: '',
      columns: () => this.#out.columns,
      later: (callback, ms) => {
        const timer = setTimeout(callback, ms);
        return { cancel: () => clearTimeout(timer) };
      },
    });
    this.#writer.begin(header);
  }

  #rows(rows: readonly ResultRow[]): void {
    // What comes after a pause is shown at once.
    if (performance.now() - this.#busyAtMs > idleAfterMs) this.#drawAtMs = 0;
    // A live table takes them, so that it ends as the result stands.
    if (this.#live !== null) this.#live.apply(rows);
    else if (!this.#isStopping) {
      this.#writer?.rows(rows);
      this.#rowCount = (this.#rowCount ?? 0) + rows.length;
    }
  }

  #show(diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics) {
      const width = Math.max(40, this.#err.columns - 8);
      const text = renderDiagnostic(diagnostic, { color: this.#err.colors.isColorSupported, width });
      if (this.#err.isTerminal) this.#region.writeAbove(`${text}\n`);
      else this.#err.write(`${text}\n`);
    }
  }

  #draw(): void {
    const nowMs = performance.now();
    const job = this.#job;
    if (job === null || nowMs < this.#drawAtMs || nowMs - this.#startMs < statusAfterMs) return;
    const { columns, rows, colors } = this.#out;
    const progress = job.progress();
    if (progress.events !== this.#events) {
      this.#events = progress.events;
      this.#busyAtMs = nowMs;
    }
    const { atMs, events } = this.#rate;
    if (atMs === 0 || nowMs - atMs >= 1000) {
      const perSecond = ((progress.events - events) * 1000) / (nowMs - (atMs === 0 ? this.#startMs : atMs));
      this.#rate = { atMs: nowMs, events: progress.events, perSecond };
    }
    const state = { progress, eventsPerSecond: this.#rate.perSecond, nowMs: Date.now(), isStopping: this.#isStopping };
    const status = colors.dim(liveLine(state, columns - 1));
    const table = this.#live === null ? [] : this.#live.draw(columns, rows - 2, nowMs);
    // On a screen of a few lines the status is what must be seen.
    const lines = [...table, status].slice(1 - rows);
    const drawn = lines.join('\n');
    if (drawn !== this.#drawn) {
      this.#drawn = drawn;
      this.#region.draw(lines, null);
    }
    const pauseMs = nowMs - this.#busyAtMs > idleAfterMs ? drawIdleEveryMs - drawEveryMs : 0;
    this.#drawAtMs = nowMs + Math.max(pauseMs, (performance.now() - nowMs) / drawShare);
  }
}
