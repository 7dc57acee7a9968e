/** A scalar expression and what Flink says of it. */
export interface ExpressionCase {
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** What the `@set` lines before it say. */
  readonly settings: Readonly<Record<string, string>>;
  readonly expected: ExpressionExpectation;
}

export type ExpressionExpectation =
  | { readonly kind: 'value'; readonly type: string; readonly value: string | null }
  | { readonly kind: 'error'; readonly text: string };

/** Reads a `.expr` file. @throws Error with file and line when it is not one */
export function parseExprFile(path: string, text: string): ExpressionCase[] {
  const cases: ExpressionCase[] = [];
  let settings: Readonly<Record<string, string>> = {};
  let pending: { text: string; line: number } | null = null;
  const fail = (line: number, what: string): never => {
    throw new Error(`${path}:${line}: ${what}`);
  };

  for (const [index, content] of text.split('\n').entries()) {
    const line = index + 1;
    const set = /^@set\s+(\S+?)\s*=\s*(.*)$/.exec(content);
    if (/^\s+[=!] /.test(content)) {
      const expression = pending ?? fail(line, 'an answer without an expression');
      cases.push({ ...expression, settings, expected: parseAnswer(path, line, content.trim()) });
      pending = null;
    } else if (pending !== null) {
      fail(pending.line, `"${pending.text}" has no answer`);
    } else if (set) {
      settings = { ...settings, [set[1] ?? '']: set[2] ?? '' };
    } else if (content.startsWith('@reset')) {
      settings = {};
    } else if (content.startsWith('@')) {
      fail(line, '@set KEY=VALUE or @reset is expected');
    } else if (content.trim() !== '' && !content.startsWith('#')) {
      pending = { text: content.trim(), line };
    }
  }
  return cases;
}

function parseAnswer(path: string, line: number, answer: string): ExpressionExpectation {
  if (answer.startsWith('! ')) return { kind: 'error', text: answer.slice(2) };
  // The type may hold bars in the names of its fields; the value is the last part that is JSON.
  for (let at = answer.indexOf(' | '); at >= 0; at = answer.indexOf(' | ', at + 1)) {
    const value = parseJson(answer.slice(at + 3));
    if (value === null || typeof value === 'string') return { kind: 'value', type: answer.slice(2, at), value };
  }
  throw new Error(`${path}:${line}: "= TYPE | value" is expected`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
