import { ComputedColumns } from '../codegen/batch-scope.ts';
import type { CodeWriter, RowScope } from '../codegen/expression-writer.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { writeStepsAfter } from '../codegen/pipeline.ts';
import type { Value } from '../functions/value.ts';
import type { InputRows, PhysicalOperator, Work } from '../physical/graph.ts';
import type { JoinType } from '../plan/logical.ts';
import { type SqlType, withNullable } from '../types/sql-type.ts';
import { type I32, type I64, i32, type Local } from '../wasm/code.ts';

export type JoinWork = Extract<Work, { readonly kind: 'join' }>;

/** The left input of a join is 0, the right one 1. */
export type Side = 0 | 1;

export const sides: readonly Side[] = [0, 1];

export function otherSide(side: Side): Side {
  return side === 0 ? 1 : 0;
}

/** Whether rows of a side without a partner are sent, with NULLs beside them. */
export function isPadded(type: JoinType, side: Side): boolean {
  return type === 'full' || type === (side === 0 ? 'left' : 'right');
}

export function inputOf(node: PhysicalOperator, side: Side): InputRows {
  return side === 0 ? node : (node.right ?? node);
}

/** A key of a row: NULL in what must be equal makes it meet nothing. */
export interface WrittenKey {
  readonly values: readonly Value[];
  readonly hasNull: Local<'i32'> | null;
}

/** What joins whose rows wait for their time have in common: keys, pairs and the rest of the condition. */
export class Pairing {
  readonly #node: PhysicalOperator;
  readonly #work: JoinWork;
  readonly #output: OutputWriter;

  constructor(node: PhysicalOperator, work: JoinWork, output: OutputWriter) {
    this.#node = node;
    this.#work = work;
    this.#output = output;
  }

  /** The types of the keys as both sides are kept under them. */
  static keyTypes({ keys }: JoinWork): readonly SqlType[] {
    return keys.map(({ left, right }) => withNullable(left.type, left.type.nullable || right.type.nullable));
  }

  static columnTypes(node: PhysicalOperator, side: Side): readonly SqlType[] {
    return inputOf(node, side).stepSchema.map(({ type }) => type);
  }

  key(writer: CodeWriter, side: Side, scope: RowScope): WrittenKey {
    const { f } = writer;
    const values = this.#work.keys.map((key) => writer.write(side === 0 ? key.left : key.right, scope));
    const nulls = values.flatMap((value, at) =>
      this.#work.keys[at]?.nullsMeet === true || value.isNull === null ? [] : [value.isNull],
    );
    const [first, ...rest] = nulls;
    if (first === undefined) return { values, hasNull: null };
    return {
      values,
      hasNull: f.local(
        'i32',
        rest.reduce<I32>((any, next) => i32.or(any, next), first),
      ),
    };
  }

  /** Whether the rest of the condition is TRUE of a pair; the constant 1 where there is none. */
  isMet(writer: CodeWriter, left: RowScope, right: RowScope): I32 {
    const { condition } = this.#work;
    if (condition === null) return i32.const(1);
    return writer.isTrue(writer.write(condition, this.#pair(writer, left, right)));
  }

  /** Sends a pair; null for a side that is padded with NULLs. */
  send(
    writer: CodeWriter,
    count: Local<'i32'>,
    left: RowScope | null,
    right: RowScope | null,
    sent: { readonly kind: I32; readonly watermark: I64 },
  ): void {
    writer.f.block((next) => {
      const row = { ...sent, scope: this.#pair(writer, left, right), next };
      writeStepsAfter(writer, this.#node.after, row, (_, after) => this.#output.write(writer, count, after));
    });
  }

  /** As `send`, for one row of a side and one of the other. */
  sendFrom(
    writer: CodeWriter,
    count: Local<'i32'>,
    side: Side,
    own: RowScope,
    other: RowScope | null,
    sent: { readonly kind: I32; readonly watermark: I64 },
  ): void {
    if (side === 0) this.send(writer, count, own, other, sent);
    else this.send(writer, count, other, own, sent);
  }

  #pair(writer: CodeWriter, left: RowScope | null, right: RowScope | null): RowScope {
    const types = sides.map((side) => Pairing.columnTypes(this.#node, side));
    const leftCount = types[0]?.length ?? 0;
    return new ComputedColumns(writer.f, (index) => {
      const [scope, at, side] = index < leftCount ? [left, index, 0] : [right, index - leftCount, 1];
      if (scope !== null) return scope.column(at);
      const type = types[side]?.[at];
      if (type === undefined) throw new Error(`no column ${index} of a pair`);
      return writer.nullValue(type);
    });
  }
}
