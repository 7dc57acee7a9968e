import type { RegexNode } from './regex-syntax.ts';

/** What can be said of all matches of a pattern before there is a text. */

/** The longest text that is in each match, and how many bytes come before it at least and at most. */
export function needleOf(tree: RegexNode): { readonly text: string; readonly fewest: number; readonly most: number } {
  let best = { text: '', fewest: 0, most: 0 };
  let run = best;
  let [fewest, most] = [0, 0];
  for (const node of inOrder(tree)) {
    const [least, longest] = lengthsOf(node, bytesOf);
    if (node.kind === 'character') {
      run = run.text === '' ? { text: '', fewest, most } : run;
      run = { ...run, text: run.text + String.fromCodePoint(node.code) };
      if (run.text.length > best.text.length && run.most <= needleMostMax) best = run;
    } else if (longest > 0 || node.kind === 'never') run = { text: '', fewest, most };
    [fewest, most] = [fewest + least, most + longest];
  }
  return best;
}

/** Farther before a text than this a search cannot begin that has found it. */
const needleMostMax = 255;

/** The parts of a pattern that each match goes through, one behind the other. */
function inOrder(node: RegexNode): readonly RegexNode[] {
  if (node.kind === 'sequence') return node.parts.flatMap(inOrder);
  return node.kind === 'capture' || node.kind === 'atomic' ? inOrder(node.body) : [node];
}

/** Whether a match may take nothing. */
export function isNullable(node: RegexNode): boolean {
  switch (node.kind) {
    case 'character':
    case 'class':
    case 'never':
      return false;
    case 'sequence':
      return node.parts.every(isNullable);
    case 'alternatives':
      return node.parts.some(isNullable);
    case 'capture':
    case 'atomic':
      return isNullable(node.body);
    case 'repeat':
      return node.min === 0 || isNullable(node.body);
    default:
      return true;
  }
}

/** What one character takes at least and at most. */
type Lengths = readonly [fewest: number, most: number];

export const charactersOf = (): Lengths => [1, 1];

function bytesOf(node: RegexNode & { readonly kind: 'character' | 'class' }): Lengths {
  if (node.kind === 'class') return [1, 4];
  const bytes = Buffer.byteLength(String.fromCodePoint(node.code));
  return [bytes, bytes];
}

/** The fewest and the most characters, or bytes, that a match takes. */
export function lengthsOf(node: RegexNode, one: typeof bytesOf): Lengths {
  switch (node.kind) {
    case 'character':
    case 'class':
      return one(node);
    case 'sequence': {
      const parts = node.parts.map((part) => lengthsOf(part, one));
      return [parts.reduce((sum, [part]) => sum + part, 0), parts.reduce((sum, [, part]) => sum + part, 0)];
    }
    case 'alternatives': {
      const parts = node.parts.map((part) => lengthsOf(part, one));
      return [Math.min(...parts.map(([part]) => part)), Math.max(...parts.map(([, part]) => part))];
    }
    case 'capture':
    case 'atomic':
      return lengthsOf(node.body, one);
    case 'repeat': {
      const [fewest, most] = lengthsOf(node.body, one);
      return [fewest * node.min, node.max === null ? Number.POSITIVE_INFINITY : most * node.max];
    }
    case 'reference':
      return [0, Number.POSITIVE_INFINITY];
    default:
      return [0, 0];
  }
}

/** Whether each match begins at the start of the text. */
export function startsAtStart(node: RegexNode): boolean {
  switch (node.kind) {
    case 'sequence':
      return node.parts[0] !== undefined && startsAtStart(node.parts[0]);
    case 'alternatives':
      return node.parts.every(startsAtStart);
    case 'capture':
      return startsAtStart(node.body);
    case 'look':
      return !node.isAhead && node.isNegated && node.body.kind === 'class' && node.body.source === '[\\s\\S]';
    default:
      return false;
  }
}
