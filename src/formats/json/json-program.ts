import type { JavaRegex } from '../../functions/scalar/java-regex.ts';
import type { Memory } from '../../memory/memory.ts';
import type { ScanColumn, ScanFilter } from '../../plan/logical.ts';
import type { Schema } from '../../types/column.ts';
import { type BlockLayout, blockLayout } from '../column-block.ts';
import { FieldLayout, type FieldNode, fieldTree } from '../field-tree.ts';
import type { DecodeFailure } from '../format.ts';
import type { RecordProgram, RecordRange } from '../record-decoder.ts';
import { decoderOption, jsonEnvelope, recordStatus, recordStruct } from '../record-struct.ts';
import { jsonFailure } from './json-failure.ts';
import type { JsonKernels } from './json-kernels.ts';
import { TemplateLearner } from './template-learner.ts';

export interface JsonProgramParts {
  readonly memory: Memory;
  readonly columns: readonly ScanColumn[];
  /** `json`, `debezium-json`: what errors call it. */
  readonly format: string;
  /** Bits of `decoderOption`. */
  readonly options: number;
  readonly rowsMax: number;
  readonly filter: ScanFilter | null;
  readonly envelope: JsonEnvelope;
}

/** How a change format wraps rows: a number of `jsonEnvelope`, and the keys that the kernels look for, in their order. */
export interface JsonEnvelope {
  readonly kind: number;
  readonly keys: readonly string[];
  /** Debezium with its schema: the change is the member `payload`. */
  readonly hasPayload: boolean;
  /** Only records whose texts under these keys match are read. */
  readonly include: readonly { readonly key: string; readonly pattern: JavaRegex }[];
}

/** Records that the general way takes before a template is learnt: short inputs are done by then. */
const recordsBeforeLearning = 64;

/** What is known of a table's records, for the decoders of all its shards: its fields, its columns, its templates. */
export class JsonProgram implements RecordProgram {
  readonly schema: Schema;
  readonly format: string;
  readonly options: number;
  readonly fields: FieldLayout;
  layout: BlockLayout;
  #root: number;
  #envelope: { readonly kind: number; readonly field: number; readonly payload: number };
  readonly #memory: Memory;
  readonly #kernels: JsonKernels;
  readonly #parts: JsonProgramParts;
  readonly #learner: TemplateLearner | null;
  #recordsSeen = 0;

  constructor(parts: JsonProgramParts) {
    const { memory, columns, format, options, filter, envelope, rowsMax } = parts;
    this.#memory = memory;
    this.#parts = parts;
    this.#kernels = memory.exports as unknown as JsonKernels;
    this.schema = columns.map(({ name, type, timeAttribute }) => ({ name, type, timeAttribute }));
    this.format = format;
    this.options = options;
    this.fields = new FieldLayout(memory);
    const isChange = envelope.kind !== jsonEnvelope.none;
    this.layout = this.#layOut(isChange ? Math.max(rowsMax, 64) : rowsMax);
    const tree = fieldTree(columns, format);
    this.#root = this.fields.add(tree, this.layout.columns);
    this.#envelope = this.#layOutEnvelope();
    const learns = !isChange && (options & decoderOption.tree) === 0;
    this.#learner = learns ? new TemplateLearner({ memory, tree, layout: this.layout, options, filter }) : null;
  }

  words(): readonly (readonly [number, number])[] {
    const { kind, field, payload } = this.#envelope;
    return [
      [recordStruct.root, this.#root],
      [recordStruct.envelope, kind],
      [recordStruct.envelopeField, field],
      [recordStruct.payloadField, payload],
    ];
  }

  failure(struct: number): DecodeFailure {
    return jsonFailure({ memory: this.#memory, layout: this.fields, struct, format: this.format });
  }

  run(struct: number, range: RecordRange): number {
    const { from, end, row, rowsMax } = range;
    if (this.#parts.envelope.include.length > 0) return this.#runIncluded(struct, range);
    const learner = this.#learner;
    if (learner === null) return this.#kernels.jsonDecode(struct, from, end, row, rowsMax, recordsAll);
    let rows = row;
    let at = from;
    if (!learner.isReady && learner.wantsMore) {
      const recordsMax = Math.max(1, recordsBeforeLearning - this.#recordsSeen);
      rows = this.#kernels.jsonDecode(struct, at, end, row, rowsMax, recordsMax);
      this.#recordsSeen += rows - row;
      at = this.#word(struct + recordStruct.next);
      if (this.#word(struct + recordStruct.status) !== 0 || at >= end || rows >= rowsMax) return rows;
      if (this.#recordsSeen >= recordsBeforeLearning && this.#word(struct + recordStruct.insideArray) === 0) {
        learner.learnFirst(this.#recordAddresses(struct, row, rows), at);
        this.#recordsSeen = 0;
      }
    }
    if (!learner.isReady || this.#word(struct + recordStruct.insideArray) !== 0) {
      return this.#kernels.jsonDecode(struct, at, end, rows, rowsMax, recordsAll);
    }
    return learner.run(struct, { from: at, end, row: rows, rowsMax });
  }

  /** Where the records of rows start. */
  #recordAddresses(struct: number, from: number, to: number): readonly number[] {
    const first = this.#word(struct + recordStruct.base) + this.layout.records;
    return Array.from({ length: to - from }, (_, index) => this.#word(first + (from + index) * 4));
  }

  /** Record by record: a filter on texts of the envelope is rare. */
  #runIncluded(struct: number, { from, end, row, rowsMax }: RecordRange): number {
    const { u8, u32 } = this.#memory;
    let at = from;
    let rows = row;
    u32[(struct + recordStruct.next) >>> 2] = at;
    u32[(struct + recordStruct.status) >>> 2] = recordStatus.done;
    while (at < end && rows < rowsMax) {
      const length = u8.subarray(at, end).indexOf(10);
      if (this.#isIncluded(this.#memory.text(at, length))) {
        rows = this.#kernels.jsonDecode(struct, at, end, rows, rowsMax, 1);
        at = this.#word(struct + recordStruct.next);
        if (this.#word(struct + recordStruct.status) !== recordStatus.done) break;
      } else {
        at += length + 1;
        u32[(struct + recordStruct.next) >>> 2] = at;
      }
    }
    return rows;
  }

  /** A record that is no JSON is left to the kernel, which says so. */
  #isIncluded(text: string): boolean {
    let record: unknown;
    try {
      record = JSON.parse(text);
    } catch {
      return true;
    }
    if (typeof record !== 'object' || record === null) return true;
    const members = record as Readonly<Record<string, unknown>>;
    return this.#parts.envelope.include.every(({ key, pattern }) => {
      const value = members[key];
      return typeof value === 'string' && pattern.first(value) !== null;
    });
  }

  /** Room for four times the rows: a change record may give many. */
  grow(): void {
    this.layout = this.#layOut(this.layout.capacity * 4);
    this.#root = this.fields.add(fieldTree(this.#parts.columns, this.format), this.layout.columns);
    this.#envelope = this.#layOutEnvelope();
  }

  close(): void {
    this.#learner?.close();
    this.fields.close();
  }

  #layOut(capacity: number): BlockLayout {
    return blockLayout(this.schema, { capacity, kinds: this.#parts.envelope.kind !== jsonEnvelope.none });
  }

  #layOutEnvelope(): { kind: number; field: number; payload: number } {
    const { kind, keys, hasPayload } = this.#parts.envelope;
    if (kind === jsonEnvelope.none) return { kind, field: 0, payload: 0 };
    return {
      kind,
      field: this.fields.add(keysGroup(keys), []),
      payload: hasPayload ? this.fields.add(keysGroup(['payload']), []) : 0,
    };
  }

  #word(address: number): number {
    return this.#memory.u32[address >>> 2] ?? 0;
  }
}

/** No limit on the records of one call. */
const recordsAll = 0xffff_ffff;

function keysGroup(keys: readonly string[]): FieldNode {
  const node = (key: string): FieldNode => ({
    key,
    kind: 0,
    type: null,
    column: null,
    path: [key],
    children: [],
    alias: null,
    slot: 0,
    address: 0,
  });
  const root = node('');
  root.children.push(...keys.map(node));
  return root;
}
