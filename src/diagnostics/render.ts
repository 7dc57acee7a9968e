import type { Diagnostic } from './diagnostic.ts';
import { displayed, displayWidth } from './display-width.ts';
import { placeOf, type Span } from './source-text.ts';

export interface RenderOptions {
  readonly color?: boolean | undefined;
  /** Columns that a line of the text may take; a longer one is cut around the place. */
  readonly width?: number | undefined;
}

/**
 * What went wrong, where, the line with a caret, and what to do:
 * ```
 * error[B003]: unknown column "usr_id"
 *   --> fraud.sql:2:8
 *    |
 *  2 | SELECT usr_id FROM payments
 *    |        ^^^^^^ did you mean "user_id"?
 *    = payments has: user_id BIGINT
 * ```
 * No line break at the end.
 */
export function renderDiagnostic(diagnostic: Diagnostic, options: RenderOptions = {}): string {
  const { severity, code, message, span, label, notes, help } = diagnostic;
  const paint = options.color === true ? painter : plain;
  const places = [span, ...notes.map((note) => note.span)].filter((place) => place !== null);
  const gutter = Math.max(2, ...places.map((place) => String(lastLine(place)).length));
  const tone = severity === 'error' ? paint.red : paint.yellow;
  const lines = [`${tone(`${severity}[${code}]`)}${paint.bold(`: ${message}`)}`];
  if (span !== null) lines.push(...picture(span, { gutter, mark: '^', label: label ?? '', tone, paint, options }));
  for (const note of notes) {
    if (note.span === null) lines.push(`${' '.repeat(gutter)} ${paint.dim('=')} ${note.message}`);
    else
      lines.push(...picture(note.span, { gutter, mark: '-', label: note.message, tone: paint.blue, paint, options }));
  }
  if (help !== null && help !== label)
    lines.push(`${' '.repeat(gutter)} ${paint.dim('=')} ${paint.bold('help')}: ${help}`);
  return lines.join('\n');
}

interface Picture {
  readonly gutter: number;
  readonly mark: '^' | '-';
  readonly label: string;
  readonly tone: Paint;
  readonly paint: Painter;
  readonly options: RenderOptions;
}

/** The place, its first line and the mark below; of a span over several lines, where it ends is said. */
function picture(span: Span, { gutter, mark, label, tone, paint, options }: Picture): string[] {
  const { source } = span;
  const { line } = source.position(span.start);
  const bounds = source.lineBounds(line);
  const endsHere = span.end <= bounds.end;
  const before = source.text.slice(bounds.start, span.start);
  const marked = source.text.slice(Math.min(span.start, bounds.end), Math.min(span.end, bounds.end));
  const after = source.text.slice(Math.min(span.end, bounds.end), bounds.end);
  const shown = cut({ before, marked, after }, options.width ?? 110);
  const blank = `${' '.repeat(gutter)} ${paint.dim('|')}`;
  const carets = mark.repeat(Math.max(1, displayWidth(shown.marked)));
  const tail = [endsHere ? '' : `... to line ${lastLine(span)}`, label].filter((part) => part !== '').join(': ');
  return [
    `${' '.repeat(gutter - 1)} ${paint.dim('-->')} ${placeOf(span)}`,
    blank,
    `${paint.dim(String(line).padStart(gutter))} ${paint.dim('|')} ${displayed(shown.before + shown.marked + shown.after)}`.trimEnd(),
    `${blank} ${' '.repeat(displayWidth(shown.before))}${tone(carets)}${tail === '' ? '' : ` ${tone(tail)}`}`,
  ];
}

interface Line {
  readonly before: string;
  readonly marked: string;
  readonly after: string;
}

const ellipsis = '…';

/** Leaves what fits around the marked part; a marked part that is too long is cut at its end. */
function cut({ before, marked, after }: Line, width: number): Line {
  if (before.length + marked.length + after.length <= width) return { before, marked, after };
  const kept = marked.length > width - 20 ? `${marked.slice(0, width - 21)}${ellipsis}` : marked;
  const room = width - kept.length;
  const left = Math.min(before.length, Math.max(room >> 1, room - after.length));
  const right = Math.min(after.length, room - left);
  return {
    before: left < before.length ? ellipsis + before.slice(before.length - left + 1) : before,
    marked: kept,
    after: kept !== marked ? '' : right < after.length ? after.slice(0, Math.max(0, right - 1)) + ellipsis : after,
  };
}

function lastLine(span: Span): number {
  return span.source.position(Math.max(span.start, span.end - 1)).line;
}

type Paint = (text: string) => string;

interface Painter {
  readonly red: Paint;
  readonly yellow: Paint;
  readonly blue: Paint;
  readonly bold: Paint;
  readonly dim: Paint;
}

const sequence =
  (start: number, end: number): Paint =>
  (text) =>
    `\u001b[${start}m${text}\u001b[${end}m`;

/** ANSI: SGR sequences that every terminal knows. */
const painter: Painter = {
  red: sequence(31, 39),
  yellow: sequence(33, 39),
  blue: sequence(34, 39),
  bold: sequence(1, 22),
  dim: sequence(2, 22),
};

const unpainted: Paint = (text) => text;
const plain: Painter = { red: unpainted, yellow: unpainted, blue: unpainted, bold: unpainted, dim: unpainted };
