import type { ScanProblem } from '../../grammar/scanner.ts';
import { type Diagnostic, error } from '../diagnostics/diagnostic.ts';
import { type SourceText, type Span, textOf } from '../diagnostics/source-text.ts';

/** What the scanner could not read, said to a person. */
export function scanDiagnostic(source: SourceText, problem: ScanProblem): Diagnostic {
  const span: Span = { source, start: problem.start, end: problem.end };
  switch (problem.kind) {
    case 'endlessString':
      return error('P004', opening(span, 1), 'this string does not end', {
        help: "a quote inside a string is written twice: 'it''s'",
      });
    case 'endlessName':
      return error('P004', span, 'this name does not end on its line', { help: 'close it with a back-tick' });
    case 'endlessComment':
      return error('P004', opening(span, 2), 'this comment does not end', { help: 'close it with */' });
    case 'emptyName':
      return error('P013', span, 'a name cannot be empty');
    case 'longName':
      return error('P013', span, 'a name has at most 256 characters');
    case 'doubleQuote':
      return error('P003', span, 'double quotes have no meaning in Flink SQL', { help: doubleQuoteHelp(span) });
    case 'strayCharacter':
      return error('P003', span, strayMessage(textOf(span)), { help: strayHelp(span) });
  }
}

function opening(span: Span, length: number): Span {
  return { ...span, end: Math.min(span.end, span.start + length) };
}

function doubleQuoteHelp(span: Span): string {
  const content = textOf(span).slice(1, -1);
  if (content === '') return 'names stand in back-ticks, strings in single quotes';
  return `a name stands in back-ticks: \`${content}\`; a string in single quotes: '${content}'`;
}

function strayMessage(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return /^[\p{C}\p{Z}]/u.test(character)
    ? `the character U+${code} has no meaning here`
    : `"${character}" has no meaning here`;
}

const strayHelps: Readonly<Record<string, string>> = {
  '#': 'a comment begins with --',
  '&': 'write AND',
  '!': 'write NOT, or <> for !=',
  '~': 'use REGEXP(text, pattern)',
  '@': 'a name with this character stands in back-ticks',
  '\u00a0': 'this is a no-break space: write an ordinary one',
};

function strayHelp(span: Span): string | undefined {
  const character = textOf(span);
  const known = strayHelps[character];
  if (known !== undefined) return known;
  return /\p{L}|\p{S}|\p{N}/u.test(character) ? 'a name with this character stands in back-ticks' : undefined;
}
