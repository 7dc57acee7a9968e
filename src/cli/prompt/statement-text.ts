import { scan } from '../../../grammar/scanner.ts';
import * as T from '../../../grammar/tokens.ts';
import { splitStatements } from '../../sql/split-statements.ts';

/**
 * Whether what was typed can be run: every statement is ended by `;`, and no quote or comment is open. Words of the
 * prompt (`quit`, `help`, `SOURCE 'file'`) need no semicolon.
 */
export function isWhole(text: string): boolean {
  if (isPromptWord(text)) return true;
  const { tokens, problems } = scan(text);
  if (problems.some(({ kind }) => kind === 'endlessString' || kind === 'endlessComment')) return false;
  if (tokens.length === 0) return text.trim() === '';
  if (tokens.at(-1)?.tokenType !== T.Semicolon) return false;
  // A statement set that is open goes to the end of the text.
  return splitStatements(tokens, text.length).every(({ end }) => end < text.length);
}

function isPromptWord(text: string): boolean {
  return /^\s*(?:quit|exit|clear|help(?:\s+[\w.]+)?|source\s+'[^'\n]*')\s*$/i.test(text);
}
