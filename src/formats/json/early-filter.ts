import type { ScanFilter, ScanTerm } from '../../plan/logical.ts';
import { type I32, i32, i64, ifElse, type Local } from '../../wasm/code.ts';
import type { BlockLayout } from '../column-block.ts';
import { type FieldNode, fieldKinds } from '../field-tree.ts';
import type { Template } from './template.ts';

/** A filter over records of one form: where in them it can be told, and what is left unread in those that do not pass. */
export interface EarlyFilter {
  /** Behind so many values of the template its columns are there; 0: no record of this form passes. */
  readonly at: number;
  readonly terms: readonly EarlyTerm[];
  readonly unread: ReadonlySet<FieldNode>;
}

export interface EarlyTerm {
  readonly term: ScanTerm;
  /** Of `fieldKinds`. */
  readonly kind: number;
}

/** Texts that are compared by constants in the code. */
const textBytesMax = 32;

/** Null where nothing is gained: no term can be told early enough for a value behind it to be left unread. */
export function earlyFilter({ values, missing }: Template, filter: ScanFilter | null): EarlyFilter | null {
  if (filter === null) return null;
  const columns = new Set(filter.unread);
  const unreadOf = (from: number): ReadonlySet<FieldNode> =>
    new Set(
      values.slice(from).flatMap(({ field }) => {
        if (field === null) return [];
        return columnFields(field).every(({ column }) => column !== null && columns.has(column)) ? [field] : [];
      }),
    );
  // A column that the record lacks is NULL, and no comparison with it is TRUE.
  const absent = missing.flatMap(columnFields);
  if (filter.terms.some((term) => absent.some(({ column }) => column === term.column))) {
    return { at: 0, terms: [], unread: unreadOf(0) };
  }
  const found = filter.terms.flatMap((term) => {
    const fields = values.map(({ field }) => (field === null ? null : fieldOfColumn(field, term.column)));
    const at = fields.findIndex((field) => field !== null);
    const field = fields[at] ?? null;
    return field !== null && isTestable(field, term) ? [{ at: at + 1, term, kind: field.kind }] : [];
  });
  if (found.length === 0) return null;
  const at = Math.max(...found.map((each) => each.at));
  const unread = unreadOf(at);
  return unread.size === 0 ? null : { at, terms: found, unread };
}

/** The fields that fill columns, of a field, its group and those of the same key. */
function columnFields(field: FieldNode): readonly FieldNode[] {
  const own = field.column !== null ? [field] : field.children.flatMap(columnFields);
  return field.alias === null ? own : [...own, ...columnFields(field.alias)];
}

function fieldOfColumn(field: FieldNode, column: number): FieldNode | null {
  return columnFields(field).find((each) => each.column === column) ?? null;
}

function isTestable({ kind }: FieldNode, { operator, value }: ScanTerm): boolean {
  switch (kind) {
    case fieldKinds.tinyint:
    case fieldKinds.smallint:
    case fieldKinds.int:
    case fieldKinds.bigint:
      return typeof value === 'number' || typeof value === 'bigint';
    case fieldKinds.text:
      return typeof value === 'string' && (operator === '=' || operator === '<>') && byteLength(value) <= textBytesMax;
    default:
      return false;
  }
}

const i32Tests = { '=': i32.eq, '<>': i32.ne, '<': i32.ltS, '<=': i32.leS, '>': i32.gtS, '>=': i32.geS };
const i64Tests = { '=': i64.eq, '<>': i64.ne, '<': i64.ltS, '<=': i64.leS, '>': i64.gtS, '>=': i64.geS };

/** 1 where all terms are TRUE, of values that stand in their columns. `place` is a row's place among values of a width. */
export function passesTerms(
  terms: readonly EarlyTerm[],
  { columns }: BlockLayout,
  place: (width: number) => Local<'i32'>,
): I32 {
  const tests = terms.map((early) => {
    const column = columns[early.term.column];
    if (column === undefined) throw new Error(`no column ${early.term.column}`);
    const test = termTest(early, column.values, place);
    if (column.validity === 0) return test;
    return ifElse(i32.load8U(place(1), { offset: column.validity }), test, i32.const(0));
  });
  return tests.reduce((all, test) => i32.and(all, test));
}

function termTest({ term, kind }: EarlyTerm, offset: number, place: (width: number) => Local<'i32'>): I32 {
  const { operator, value } = term;
  switch (kind) {
    case fieldKinds.tinyint:
      return i32Tests[operator](i32.load8S(place(1), { offset }), i32.const(Number(value)));
    case fieldKinds.smallint:
      return i32Tests[operator](i32.load16S(place(2), { offset }), i32.const(Number(value)));
    case fieldKinds.int:
      return i32Tests[operator](i32.load(place(4), { offset }), i32.const(Number(value)));
    case fieldKinds.bigint:
      return i64Tests[operator](i64.load(place(8), { offset }), i64.const(BigInt(value as number | bigint)));
    default: {
      const equal = isText(Buffer.from(String(value)), place(8), offset);
      return operator === '=' ? equal : i32.eqz(equal);
    }
  }
}

/** Whether a text column has this text: its length first, then eight bytes at a time. */
function isText(text: Buffer, place: Local<'i32'>, offset: number): I32 {
  const from = i32.load(place, { offset });
  let same: I32 = i32.const(1);
  for (let at = 0; at < text.length; at += 8) {
    const word = Buffer.alloc(8);
    text.copy(word, 0, at, at + 8);
    const rest = Math.min(8, text.length - at);
    const mask = (1n << BigInt(rest * 8)) - 1n;
    const loaded = i64.load(from, { offset: at });
    const wanted = i64.const(word.readBigInt64LE());
    same = i32.and(same, i64.eq(rest === 8 ? loaded : i64.and(loaded, i64.const(mask)), wanted));
  }
  return ifElse(i32.eq(i32.load(place, { offset: offset + 4 }), i32.const(text.length)), same, i32.const(0));
}

function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
