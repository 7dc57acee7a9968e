import type { FieldNode } from '../field-tree.ts';

/**
 * What a record looks like: the bytes that stand between values, and where the values go. Records that look alike are
 * decoded by straight code that compares and parses, without looking for anything.
 */
export interface Template {
  readonly parts: readonly TemplatePart[];
  /** Fields whose keys such records lack: their columns are NULL. */
  readonly missing: readonly FieldNode[];
}

export type TemplatePart =
  /** These bytes and no others. */
  | { readonly kind: 'literal'; readonly bytes: Uint8Array }
  /** A value for a field. The form is what the sample had, to skip it in rows in which nobody looks at it. */
  | { readonly kind: 'field'; readonly field: FieldNode; readonly form: ValueForm }
  /** A value that nothing reads, of the form that the sample had. */
  | { readonly kind: 'skip'; readonly form: ValueForm };

export type ValueForm = 'string' | 'number' | 'other';

/** A record with more values than this is left to the general way: its code would be long. */
const valuesMax = 256;

/** The template of a sample record with its line feed; null where there is none, or the record is malformed. */
export function templateOf(record: Uint8Array, tree: FieldNode): Template | null {
  const sample = new Sample(record, tree);
  return sample.read() ? { parts: sample.parts(), missing: sample.missing } : null;
}

class Sample {
  readonly #bytes: Uint8Array;
  readonly #tree: FieldNode;
  readonly #parts: TemplatePart[] = [];
  readonly missing: FieldNode[] = [];
  #at = 0;
  #literalFrom = 0;
  #values = 0;

  constructor(bytes: Uint8Array, tree: FieldNode) {
    this.#bytes = bytes;
    this.#tree = tree;
  }

  parts(): readonly TemplatePart[] {
    return this.#parts;
  }

  read(): boolean {
    this.#space();
    if (!this.#object(this.#tree)) return false;
    // Text behind the object is ignored, and may be different in each record: no template.
    this.#space();
    if (this.#bytes[this.#at] !== 10) return false;
    this.#at++;
    this.#endLiteral();
    return this.#values <= valuesMax;
  }

  /** `group` is null where nothing inside is read. */
  #object(group: FieldNode | null): boolean {
    if (!this.#byte(0x7b)) return false;
    const met = new Set<FieldNode>();
    this.#space();
    if (!this.#byte(0x7d)) {
      for (;;) {
        const key = this.#key();
        if (key === null) return false;
        const field = group?.children.find((child) => child.key === key) ?? null;
        // The first of equal keys counts.
        const isAgain = field !== null && met.has(field);
        if (field !== null) met.add(field);
        if (!this.#value(isAgain ? null : field)) return false;
        this.#space();
        if (this.#byte(0x7d)) break;
        if (!this.#byte(0x2c)) return false;
        this.#space();
      }
    }
    for (const child of group?.children ?? []) if (!met.has(child)) this.missing.push(child);
    return true;
  }

  #key(): string | null {
    const from = this.#at;
    if (!this.#string()) return null;
    const text = Buffer.from(this.#bytes.subarray(from, this.#at)).toString('utf8');
    this.#space();
    if (!this.#byte(0x3a)) return null;
    this.#space();
    try {
      return JSON.parse(text) as string;
    } catch {
      return null;
    }
  }

  #value(field: FieldNode | null): boolean {
    this.#values++;
    const first = this.#bytes[this.#at];
    const isGroup = field !== null && field.kind === 0 && field.alias === null;
    if (first === 0x7b && (isGroup || field === null)) return this.#object(field);
    const form: ValueForm = first === 0x22 ? 'string' : first === 0x2d || isDigit(first) ? 'number' : 'other';
    this.#endLiteral();
    if (!this.#skip()) return false;
    this.#literalFrom = this.#at;
    this.#parts.push(field === null ? { kind: 'skip', form } : { kind: 'field', field, form });
    return true;
  }

  #endLiteral(): void {
    if (this.#at > this.#literalFrom) {
      this.#parts.push({ kind: 'literal', bytes: Uint8Array.from(this.#bytes.subarray(this.#literalFrom, this.#at)) });
    }
    this.#literalFrom = this.#at;
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
    a.parts.length === b.parts.length &&
    a.parts.every((part, at) => {
      const other = b.parts[at];
      if (other === undefined || part.kind !== other.kind) return false;
      if (part.kind === 'literal') return other.kind === 'literal' && Buffer.compare(part.bytes, other.bytes) === 0;
      if (part.kind === 'field') return other.kind === 'field' && part.field === other.field;
      return true;
    })
  );
}
