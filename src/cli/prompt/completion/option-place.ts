import * as T from '../../../../grammar/tokens.ts';
import { K, type SqlToken } from '../../../../grammar/tokens.ts';
import type { Session } from '../../../catalog/session.ts';
import { nameOf, openBracket, stringOf } from './cursor-place.ts';
import { declaredColumns, findTable } from './known-names.ts';

/** A place where the key or the value of an option, or of a setting, is typed. */
export interface OptionPlace {
  readonly owner: 'table' | 'session';
  /** Whose value is typed; null: a key is. */
  readonly key: string | null;
  /** What the table has already, and what the list has. */
  readonly given: ReadonlyMap<string, string>;
  /** The table's columns, for options that are named after them. */
  readonly columns: readonly string[];
}

/** Null where no option is expected. */
export function optionPlace(before: readonly SqlToken[], session: Session): OptionPlace | null {
  const [first, second, third, ...others] = before;
  if (first?.tokenType === K.SET || first?.tokenType === K.RESET) {
    const none = { owner: 'session', given: new Map<string, string>(), columns: [] } as const;
    if (second === undefined) return { ...none, key: null };
    const key = stringOf(second);
    return key !== null && third?.tokenType === T.Equals && others.length === 0 ? { ...none, key } : null;
  }
  const bracket = openBracket(before);
  const last = before.at(-1)?.tokenType;
  if (bracket < 0 || (last !== T.LeftParen && last !== T.Comma && last !== T.Equals)) return null;
  const tableOptions = ownerOf(before, bracket, session);
  if (tableOptions === null) return null;
  const key = last === T.Equals ? stringOf(before.at(-2)) : null;
  if (last === T.Equals && key === null) return null;
  return { ...tableOptions, given: new Map([...tableOptions.given, ...pairs(before.slice(bracket + 1))]), key };
}

/** Whose options the bracket holds. */
function ownerOf(before: readonly SqlToken[], bracket: number, session: Session): Omit<OptionPlace, 'key'> | null {
  const word = before[bracket - 1];
  if (word?.tokenType === K.WITH) return { owner: 'table', given: new Map(), columns: declaredColumns(before) };
  if (word?.tokenType === K.OPTIONS && before[bracket - 2]?.tokenType === T.HintStart)
    return tableOwner(session, nameBefore(before, bracket - 2));
  const isAlter = before[0]?.tokenType === K.ALTER && (word?.tokenType === K.SET || word?.tokenType === K.RESET);
  return isAlter ? tableOwner(session, nameBefore(before, bracket - 1)) : null;
}

function tableOwner(session: Session, parts: readonly string[]): Omit<OptionPlace, 'key'> {
  const object = findTable(session, parts);
  if (object?.kind !== 'table') return { owner: 'table', given: new Map(), columns: [] };
  const { options, columns } = object.table;
  const given = [...options].map(([key, { value }]) => [key, value] as const);
  return { owner: 'table', given: new Map(given), columns: columns.map(({ name }) => name) };
}

/** The name that ends before a token. */
function nameBefore(tokens: readonly SqlToken[], end: number): string[] {
  const parts: string[] = [];
  for (let at = end - 1; ; at -= 2) {
    const name = nameOf(tokens[at]);
    if (name === null) return parts;
    parts.unshift(name);
    if (tokens[at - 1]?.tokenType !== T.Dot) return parts;
  }
}

function pairs(tokens: readonly SqlToken[]): [string, string][] {
  return tokens.flatMap((token, at) => {
    const key = stringOf(token);
    const value = tokens[at + 1]?.tokenType === T.Equals ? stringOf(tokens[at + 2]) : null;
    return key === null || value === null ? [] : [[key, value] as [string, string]];
  });
}
