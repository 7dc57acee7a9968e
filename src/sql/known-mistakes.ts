import * as T from '../../grammar/tokens.ts';
import { K, type SqlToken } from '../../grammar/tokens.ts';

interface Mistake {
  readonly code: 'P007' | 'P012' | 'P001';
  readonly message: string;
  readonly help: string;
}

/** Habits from other systems, told by the token that does not fit and those around it. */
export function knownMistake(tokens: readonly SqlToken[], index: number): Mistake | null {
  const found = tokens[index];
  if (found === undefined) return null;
  const before = tokens[index - 1];
  const after = tokens[index + 1];
  const word = found.image.toUpperCase();
  if (found.tokenType === T.BangEqual) return { code: 'P007', message: 'Flink has no operator !=', help: 'write <>' };
  if (found.tokenType === T.Equals && before?.tokenType === T.Equals) {
    return { code: 'P007', message: 'there is no operator ==', help: 'write =' };
  }
  if (found.tokenType === K.MINUS) {
    return { code: 'P012', message: 'MINUS is not allowed between queries', help: 'write EXCEPT' };
  }
  if (word === 'AT' && after?.image.toUpperCase() === 'TIME') {
    return {
      code: 'P012',
      message: 'Flink has no AT TIME ZONE',
      help: "use CONVERT_TZ(text, from, to), or a TIMESTAMP_LTZ and 'table.local-time-zone'",
    };
  }
  if (word === 'APPLY' || after?.image.toUpperCase() === 'APPLY') {
    return {
      code: 'P012',
      message: 'APPLY is not allowed',
      help: 'write CROSS JOIN LATERAL TABLE(f(a)), or LEFT JOIN LATERAL TABLE(f(a)) ON TRUE',
    };
  }
  if (
    found.tokenType === T.Comma &&
    before?.tokenType === T.IntegerLiteral &&
    tokens[index - 2]?.tokenType === K.LIMIT
  ) {
    return {
      code: 'P012',
      message: 'LIMIT start, count is not allowed',
      help: `write LIMIT ${after?.image ?? 'count'} OFFSET ${before.image}`,
    };
  }
  if (
    found.tokenType === K.LIMIT &&
    tokens.slice(Math.max(0, index - 3), index).some(({ tokenType }) => tokenType === K.OFFSET)
  ) {
    return { code: 'P012', message: 'LIMIT stands before OFFSET', help: 'write LIMIT count OFFSET start' };
  }
  if (before?.image.toUpperCase() === 'TOP' && tokens[index - 2]?.tokenType === K.SELECT) {
    return { code: 'P012', message: 'there is no TOP', help: `write LIMIT ${found.image} at the end` };
  }
  const order = clauseOrder(tokens, index);
  if (order !== null) return order;
  if (found.tokenType === T.HintStart) {
    return {
      code: 'P012',
      message: 'a hint stands behind SELECT or behind the name of a table only',
      help: 'a comment begins with /* and no +',
    };
  }
  if (found.tokenType === T.QuotedString && (before?.tokenType === K.AS || before?.tokenType === T.Identifier)) {
    const name = found.image.slice(1, -1);
    return { code: 'P001', message: `a name is expected, not the string ${found.image}`, help: `write \`${name}\`` };
  }
  const help = functionHelps[word];
  if (help !== undefined && after?.tokenType === T.LeftParen) {
    return { code: 'P012', message: `Flink has no function ${word}`, help };
  }
  return null;
}

const clauses = ['SELECT', 'FROM', 'WHERE', 'GROUP', 'HAVING', 'WINDOW', 'QUALIFY', 'ORDER', 'LIMIT', 'OFFSET'];
const fullNames: Readonly<Record<string, string>> = { GROUP: 'GROUP BY', ORDER: 'ORDER BY' };

/** A clause that comes too late, or that lacks its FROM. */
function clauseOrder(tokens: readonly SqlToken[], index: number): Mistake | null {
  const found = tokens[index] as SqlToken;
  const place = clauses.indexOf(found.tokenType.name);
  if (place < 1) return null;
  let depth = 0;
  let last = -1;
  for (let at = index - 1; at >= 0 && depth >= 0; at--) {
    const { tokenType } = tokens[at] as SqlToken;
    if (tokenType === T.RightParen) depth++;
    else if (tokenType === T.LeftParen) depth--;
    else if (depth === 0) {
      const clause = clauses.indexOf(tokenType.name);
      if (clause > last) last = clause;
      if (clause === 0) break;
    }
  }
  const name = nameOf(place);
  if (last > place)
    return { code: 'P001', message: `${name} comes too late`, help: `${name} stands before ${nameOf(last)}` };
  if (last === 0 && place > 1 && place < 7) {
    return { code: 'P001', message: `${name} without FROM`, help: 'FROM (VALUES (1)) AS t(a) is a table of one row' };
  }
  return null;
}

function nameOf(clause: number): string {
  const word = clauses[clause] ?? '';
  return fullNames[word] ?? word;
}

const truncation = 'use FLOOR(time TO unit)';

/** Reserved words that are functions elsewhere. */
const functionHelps: Readonly<Record<string, string>> = {
  DAY: 'use DAYOFMONTH(date) or EXTRACT(DAY FROM date)',
  DATE_TRUNC: truncation,
  DATETIME_TRUNC: truncation,
  TIMESTAMP_TRUNC: truncation,
  TIME_TRUNC: truncation,
  TIMESTAMP_DIFF: 'use TIMESTAMPDIFF(unit, from, to)',
  TIME_DIFF: 'use TIMESTAMPDIFF(unit, from, to)',
  STRING_AGG: 'use LISTAGG(text, separator)',
  GROUP_CONCAT: 'use LISTAGG(text, separator)',
  CONTAINS_SUBSTR: 'use POSITION(part IN text) > 0, or LIKE',
  NORMALIZE: 'normalize the text before it comes in',
};
