import type { FieldNode } from '../field-tree.ts';

/**
 * What a record looks like: the bytes that stand between values, and where the values go. Records that look alike are
 * decoded by straight code that compares and parses, without looking for anything.
 */
export interface Template {
  /** The bytes before the first value. */
  readonly head: Uint8Array;
  readonly values: readonly TemplateValue[];
  /** Fields whose keys such records lack: their columns are NULL. */
  readonly missing: readonly FieldNode[];
}

export interface TemplateValue {
  /** What it is read for; null: nothing. */
  readonly field: FieldNode | null;
  /** What the sample had, to skip it where nobody looks at it. */
  readonly form: ValueForm;
  /** The bytes from its end to the next value, or to the record's end with the line feed: at least one. */
  readonly behind: Uint8Array;
}

export type ValueForm = 'string' | 'number' | 'other';

/** A record with more values than this is left to the general way: its code would be long. */
const valuesMax = 256;

/** Nor are objects as deep as this looked into. */
const depthMax = 64;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The template of a sample record with its line feed; null where there is none, or the record is malformed. */
export function templateOf(record: Uint8Array, tree: FieldNode): Template | null {
  const sample = new Sample(record, tree);
  return sample.read() ? sample.template() : null;
}

class Sample {
  readonly #bytes: Uint8Array;
  readonly #tree: FieldNode;
  /** Values that were met, with the places where they end. */
  readonly #values: {
    readonly field: FieldNode | null;
    readonly form: ValueForm;
    readonly from: number;
    readonly to: number;
  }[] = [];
  readonly #missing: FieldNode[] = [];
  #at = 0;
  #depth = 0;

  constructor(bytes: Uint8Array, tree: FieldNode) {
    this.#bytes = bytes;
    this.#tree = tree;
  }

  template(): Template {
    const starts = this.#values.map(({ from }) => from);
    const bytes = (from: number, valueAt: number): Uint8Array =>
      Uint8Array.from(this.#bytes.subarray(from, starts[valueAt] ?? this.#at));
    const values = this.#values.map(({ field, form, to }, at) => ({ field, form, behind: bytes(to, at + 1) }));
    return { head: bytes(0, 0), values, missing: this.#missing };
  }

  read(): boolean {
    this.#space();
    if (!this.#object(this.#tree)) return false;
    // Text behind the object is ignored, and may be different in each record: no template.
    this.#space();
    if (this.#bytes[this.#at] !== 10) return false;
    this.#at++;
    return this.#values.length <= valuesMax;
  }

  /** `group` is null where nothing inside is read. */
  #object(group: FieldNode | null): boolean {
    if (!this.#byte(0x7b) || ++this.#depth > depthMax) return false;
    const met = new Set<FieldNode>();
    this.#space();
    if (!this.#byte(0x7d)) {
      for (;;) {
        const key = this.#key();
        if (key === null) return false;
        const field = group?.children.find((child) => child.key === key) ?? null;
        // Which of equal keys counts hangs on how many came before: such a record is left to the general way.
        if (field !== null && met.has(field)) return false;
        if (field !== null) met.add(field);
        if (!this.#value(field)) return false;
        this.#space();
        if (this.#byte(0x7d)) break;
        if (!this.#byte(0x2c)) return false;
        this.#space();
      }
    }
    for (const child of group?.children ?? []) if (!met.has(child)) this.#missing.push(child);
    this.#depth--;
    return true;
  }

  /** Null for one that the general way might refuse: the code would take it as it stands. */
  #key(): string | null {
    const from = this.#at;
    if (!this.#string()) return null;
    const bytes = this.#bytes.subarray(from, this.#at);
    this.#space();
    if (!this.#byte(0x3a)) return null;
    this.#space();
    try {
      return JSON.parse(utf8.decode(bytes)) as string;
    } catch {
      return null;
    }
  }

  #value(field: FieldNode | null): boolean {
    const first = this.#bytes[this.#at];
    const isGroup = field !== null && field.kind === 0 && field.alias === null;
    if (first === 0x7b && (isGroup || field === null)) return this.#object(field);
    const form: ValueForm = first === 0x22 ? 'string' : first === 0x2d || isDigit(first) ? 'number' : 'other';
    const from = this.#at;
    if (!this.#skip()) return false;
    this.#values.push({ field, form, from, to: this.#at });
    return true;
  }

  /** Over a value. The kernels have read the sample, so that only its end is looked for. */
  #skip(): boolean {
    const first = this.#bytes[this.#at];
    if (first === 0x22) return this.#string();
    if (first === 0x7b || first === 0x5b) {
      let depth = 0;
      for (;;) {
        const byte = this.#bytes[this.#at];
        if (byte === undefined || byte === 10) return false;
        if (byte === 0x22) {
          if (!this.#string()) return false;
          continue;
        }
        this.#at++;
        if (byte === 0x7b || byte === 0x5b) depth++;
        else if ((byte === 0x7d || byte === 0x5d) && --depth === 0) return true;
      }
    }
    const from = this.#at;
    while (isWordByte(this.#bytes[this.#at])) this.#at++;
    return this.#at > from;
  }

  #string(): boolean {
    if (!this.#byte(0x22)) return false;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined || byte === 10) return false;
      this.#at += byte === 0x5c ? 2 : 1;
      if (byte === 0x22) return true;
    }
  }

  #byte(wanted: number): boolean {
    if (this.#bytes[this.#at] !== wanted) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte !== 0x20 && byte !== 9 && byte !== 13) return;
      this.#at++;
    }
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 48 && byte <= 57;
}

function isWordByte(byte: number | undefined): boolean {
  return byte !== undefined && byte > 0x20 && byte !== 0x2c && byte !== 0x7d && byte !== 0x5d && byte !== 0x3a;
}

/** Two templates that take the same records. */
export function sameTemplate(a: Template, b: Template): boolean {
  return (
    a.values.length === b.values.length &&
    isSame(a.head, b.head) &&
    a.values.every(({ field, behind }, at) => {
      const other = b.values[at];
      return other !== undefined && field === other.field && isSame(behind, other.behind);
    })
  );
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
