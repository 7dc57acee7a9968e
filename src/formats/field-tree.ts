import { fail } from '../diagnostics/diagnostic.ts';
import type { Memory } from '../memory/memory.ts';
import { rowLayout } from '../memory/nested.ts';
import type { ScanColumn } from '../plan/logical.ts';
import { physicalOf, physicalWidth } from '../types/physical.ts';
import { INT, type SqlType, STRING, typeText } from '../types/sql-type.ts';
import type { BlockColumn } from './column-block.ts';

/** Kinds of fields, as in kernels/field.ts. */
export const fieldKinds = {
  group: 0,
  boolean: 1,
  tinyint: 2,
  smallint: 3,
  int: 4,
  bigint: 5,
  float: 6,
  double: 7,
  decimal: 8,
  text: 9,
  binary: 10,
  date: 11,
  time: 12,
  timestamp: 13,
  timestampLtz: 14,
  row: 15,
  array: 16,
  map: 17,
} as const;

/** A field that a text format reads, before it is laid out in memory (see kernels/field.ts). */
export interface FieldNode {
  readonly key: string;
  readonly kind: number;
  /** Null for a group: an object whose members are read into columns. */
  readonly type: SqlType | null;
  /** The column that it fills; null inside nested values and for groups. */
  readonly column: number | null;
  /** Names from the row's top, for errors. */
  readonly path: readonly string[];
  readonly children: FieldNode[];
  /** Another field of the same key: a column read whole and in part. */
  alias: FieldNode | null;
  /** In the encoding of the ROW that it is a field of. */
  readonly slot: number;
  /** Address in memory, once laid out. */
  address: number;
}

/** The tree of the columns that are read, by their paths. */
export function fieldTree(columns: readonly ScanColumn[], format: string): FieldNode {
  const tree = new GroupedFields();
  for (const [index, column] of columns.entries()) {
    const names = column.path.length === 0 ? [column.name] : column.path;
    let parent = tree.root;
    for (const [depth, name] of names.slice(0, -1).entries()) {
      parent = tree.groupIn(parent, name, names.slice(0, depth + 1));
    }
    const name = names.at(-1) ?? column.name;
    tree.add(parent, leaf(column.type, { key: name, path: names, column: index, slot: 0, format }));
  }
  return tree.root;
}

/** The groups of a tree that is being made, each with its children by their keys. */
class GroupedFields {
  readonly root = group('', []);
  readonly #children = new Map<FieldNode, Map<string, FieldNode>>([[this.root, new Map()]]);

  groupIn(parent: FieldNode, key: string, path: readonly string[]): FieldNode {
    for (let found = this.#children.get(parent)?.get(key) ?? null; found !== null; found = found.alias) {
      if (found.kind === fieldKinds.group) return found;
    }
    const added = group(key, path);
    this.#children.set(added, new Map());
    this.add(parent, added);
    return added;
  }

  add(parent: FieldNode, child: FieldNode): void {
    const named = this.#children.get(parent);
    const same = named?.get(child.key);
    if (same === undefined) {
      parent.children.push(child);
      named?.set(child.key, child);
    } else {
      child.alias = same.alias;
      same.alias = child;
    }
  }
}

function group(key: string, path: readonly string[]): FieldNode {
  return {
    key,
    kind: fieldKinds.group,
    type: null,
    column: null,
    path,
    children: [],
    alias: null,
    slot: 0,
    address: 0,
  };
}

interface LeafPlace {
  readonly key: string;
  readonly path: readonly string[];
  readonly column: number | null;
  readonly slot: number;
  readonly format: string;
}

function leaf(type: SqlType, place: LeafPlace): FieldNode {
  const { key, path, column, slot, format } = place;
  const kind = kindOf(type, format);
  const node: FieldNode = { key, kind, type, column, path, children: [], alias: null, slot, address: 0 };
  const inner = (itsType: SqlType, name: string, itsSlot = 0): FieldNode =>
    leaf(itsType, { key: name, path: name === '' ? path : [...path, name], column: null, slot: itsSlot, format });
  switch (type.kind) {
    case 'ROW': {
      const { slots } = rowLayout(type);
      node.children.push(...type.fields.map((field, index) => inner(field.type, field.name, slots[index])));
      break;
    }
    case 'ARRAY':
      node.children.push(inner(type.element, ''));
      break;
    case 'MAP':
      requireTextKey(type.key, type, format);
      node.children.push(inner(STRING(), ''), inner(type.value, ''));
      break;
    case 'MULTISET':
      requireTextKey(type.element, type, format);
      node.children.push(inner(STRING(), ''), inner(INT(), ''));
      break;
    default: // a leaf
  }
  return node;
}

function requireTextKey(key: SqlType, type: SqlType, format: string): void {
  if (key.kind === 'VARCHAR' || key.kind === 'CHAR') return;
  fail('O007', null, `${format} has no map whose keys are no texts: ${typeText(type)}`);
}

function kindOf(type: SqlType, format: string): number {
  switch (type.kind) {
    case 'BOOLEAN':
      return fieldKinds.boolean;
    case 'TINYINT':
      return fieldKinds.tinyint;
    case 'SMALLINT':
      return fieldKinds.smallint;
    case 'INT':
    case 'INTERVAL_YEAR_MONTH':
      return fieldKinds.int;
    case 'BIGINT':
    case 'INTERVAL_DAY_TIME':
      return fieldKinds.bigint;
    case 'FLOAT':
      return fieldKinds.float;
    case 'DOUBLE':
      return fieldKinds.double;
    case 'DECIMAL':
      return fieldKinds.decimal;
    case 'CHAR':
    case 'VARCHAR':
      return fieldKinds.text;
    case 'BINARY':
    case 'VARBINARY':
      return fieldKinds.binary;
    case 'DATE':
      return fieldKinds.date;
    case 'TIME':
      return fieldKinds.time;
    case 'TIMESTAMP':
      return fieldKinds.timestamp;
    case 'TIMESTAMP_LTZ':
      return fieldKinds.timestampLtz;
    case 'ROW':
      return fieldKinds.row;
    case 'ARRAY':
      return fieldKinds.array;
    case 'MAP':
    case 'MULTISET':
      return fieldKinds.map;
    default:
      return fail('O007', null, `${format} cannot hold a column of type ${typeText(type)}`);
  }
}

/** Offsets of a field's struct in memory: kernels/field.ts draws it. */
const at = {
  kind: 0,
  width: 4,
  precision: 8,
  scale: 12,
  flags: 16,
  childCount: 20,
  children: 24,
  key: 28,
  keyLength: 32,
  values: 36,
  validity: 40,
  nullSeen: 44,
  stamp: 48,
  table: 52,
  tableMask: 56,
  alias: 60,
  index: 64,
  slot: 68,
  fixedBytes: 72,
  bytes: 80,
} as const;

/** Fields laid out in memory for the kernels; `close` gives the memory back. */
export class FieldLayout {
  readonly #memory: Memory;
  readonly #pieces: number[] = [];
  readonly #nodes = new Map<number, FieldNode>();

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** Lays a tree out; `columns` says where in the block its columns are. */
  add(node: FieldNode, columns: readonly BlockColumn[], index = 0): number {
    const address = this.#piece(at.bytes);
    node.address = address;
    this.#nodes.set(address, node);
    const { type } = node;
    const column = node.column === null ? undefined : columns[node.column];
    const key = this.#text(node.key);
    const children = node.children.map((child, childIndex) => this.add(child, columns, childIndex));
    const childList = this.#piece(Math.max(4, children.length * 4));
    this.#memory.u32.set(children, childList >>> 2);
    const table = this.#table(node.children);
    const alias = node.alias === null ? 0 : this.add(node.alias, columns, index);
    const words = this.#memory.u32.subarray(address >>> 2, (address + at.bytes) >>> 2);
    const put = (offset: number, value: number): void => {
      words[offset >> 2] = value;
    };
    words.fill(0);
    put(at.kind, node.kind);
    put(at.width, type === null ? 0 : physicalWidth[physicalOf(type)]);
    put(at.precision, type !== null && 'precision' in type ? type.precision : 0);
    put(at.scale, type?.kind === 'DECIMAL' ? type.scale : 0);
    put(at.flags, type !== null && !type.nullable ? 1 : 0);
    put(at.childCount, children.length);
    put(at.children, childList);
    put(at.key, key.address);
    put(at.keyLength, key.length);
    put(at.values, column?.values ?? 0);
    put(at.validity, column?.validity ?? 0);
    put(at.nullSeen, column?.nullSeen ?? 0);
    put(at.table, table.address);
    put(at.tableMask, table.mask);
    put(at.alias, alias);
    put(at.index, index);
    put(at.slot, node.slot);
    put(at.fixedBytes, type?.kind === 'ROW' ? rowLayout(type).fixedBytes : 0);
    return address;
  }

  /** The field at an address. */
  node(address: number): FieldNode | null {
    return this.#nodes.get(address >>> 0) ?? null;
  }

  close(): void {
    for (const piece of this.#pieces) this.#memory.free(piece);
    this.#pieces.length = 0;
  }

  #piece(bytes: number): number {
    const address = this.#memory.alloc(bytes);
    this.#pieces.push(address);
    return address;
  }

  #text(text: string): { address: number; length: number } {
    const bytes = Buffer.from(text);
    const address = this.#piece(bytes.length + 16);
    this.#memory.u8.set(bytes, address);
    return { address, length: bytes.length };
  }

  /** Children by the hash of their keys, open addressing, at most half full. */
  #table(children: readonly FieldNode[]): { address: number; mask: number } {
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, children.length * 2)));
    const address = this.#piece(size * 4);
    const slots = new Uint32Array(size);
    for (const [index, child] of children.entries()) {
      const key = this.#text(child.key);
      let slot = (this.#memory.kernels.bytesHash(key.address, key.length) >>> 0) & (size - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (size - 1);
      slots[slot] = index + 1;
    }
    this.#memory.u32.set(slots, address >>> 2);
    return { address, mask: size - 1 };
  }
}
