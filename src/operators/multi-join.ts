import { ComputedColumns } from '../codegen/batch-scope.ts';
import { type CodeWriter, type RowScope, withType } from '../codegen/expression-writer.ts';
import { JoinSide, type SideCursor } from '../codegen/join-side.ts';
import { writeHash } from '../codegen/key-table.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineEnd, type PipelineRow, writeStepsAfter } from '../codegen/pipeline.ts';
import type { QueryModule } from '../codegen/query-module.ts';
import type { Value } from '../functions/value.ts';
import { changeKind } from '../memory/batch.ts';
import type { PhysicalOperator, Work } from '../physical/graph.ts';
import { inputsOf } from '../physical/inputs.ts';
import { type SqlType, withNullable } from '../types/sql-type.ts';
import { type I32, i32, type Local } from '../wasm/code.ts';
import { CompiledOperator } from './compiled-operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { type Held, table } from './state-size.ts';

type MultiJoinWork = Extract<Work, { readonly kind: 'multi-join' }>;

/**
 * An inner join of three inputs or more by one key: each row meets those of its key in all others.
 *
 * Input and output: +I. A NULL key meets nothing. Nothing is late here.
 * State: the rows of all inputs, for ever, and none of what some of them give together. Cost: O(inputs) a row, and per
 * row that is sent.
 *
 * ```
 * of one key   a    a1              a2
 *              b        b1
 *              c             c1               c2
 *              sent          a1b1c1 a2b1c1   a1b1c2 a2b1c2
 * ```
 */
export class MultiJoin extends CompiledOperator {
  readonly #keys: MultiJoinWork['keys'];
  readonly #keyTypes: readonly SqlType[];
  /** How many columns each input has. */
  readonly #columnCounts: readonly number[];
  readonly #sides: readonly JoinSide[];

  constructor(node: PhysicalOperator, { keys }: MultiJoinWork, context: OperatorContext) {
    super(node, context);
    const types = inputsOf(node).map(({ stepSchema }) => stepSchema.map(({ type }) => type));
    this.#keys = keys;
    this.#columnCounts = types.map(({ length }) => length);
    // A row with a NULL among its keys is not kept.
    this.#keyTypes = (keys[0] ?? []).map(({ type }) => withNullable(type, false));
    this.#sides = types.map(
      (columns, at) =>
        new JoinSide(context.state.part(`side${at}`), {
          types: columns,
          keyTypes: this.#keyTypes,
          uniqueKey: null,
          updating: false,
          countsPartners: false,
          ttlMs: 0,
          nowAddress: this.cells,
        }),
    );
  }

  protected override get held(): readonly Held[] {
    return this.#sides.flatMap(({ tables }) => tables.map(table));
  }

  override close(): void {
    for (const side of this.#sides) side.close();
    super.close();
  }

  protected override end(_module: QueryModule, output: OutputWriter, input: number): PipelineEnd<State> {
    return {
      open: (writer) => ({ cursors: this.#sides.map((side) => side.open(writer)), count: output.open(writer) }),
      row: (writer, row, state) => this.#writeRow(writer, row, input, state, output),
      close: (writer, { count }) => output.close(writer, count),
    };
  }

  #writeRow(
    writer: CodeWriter,
    row: PipelineRow,
    input: number,
    { cursors, count }: State,
    output: OutputWriter,
  ): void {
    const { f } = writer;
    const keys = this.#keysOf(writer, row, input);
    const hash = writeHash(writer, keys);
    const others = [...this.#sides.keys()].filter((side) => side !== input);
    f.block((stored) => {
      // None is looped over before all are known to have rows.
      const groups = others.map((other) => {
        const group = this.#side(other).find(writer, this.#cursor(cursors, other), keys, hash);
        f.brIf(stored, i32.eqz(group));
        return group;
      });
      const scopes: RowScope[] = [];
      scopes[input] = row.scope;
      const meet = (at: number): void => {
        const [other, group] = [others[at], groups[at]];
        if (other === undefined || group === undefined) {
          this.#send(writer, row, scopes, count, output);
          return;
        }
        this.#side(other).each(writer, this.#cursor(cursors, other), group, ({ scope }) => {
          scopes[other] = scope;
          meet(at + 1);
        });
      };
      meet(0);
    });
    this.#side(input).add(writer, this.#cursor(cursors, input), keys, hash, row.scope, null);
  }

  #keysOf(writer: CodeWriter, row: PipelineRow, input: number): readonly Value[] {
    const values = (this.#keys[input] ?? []).map((key) => writer.write(key, row.scope));
    const nulls = values.flatMap(({ isNull }) => (isNull === null ? [] : [isNull]));
    const [first, ...rest] = nulls;
    if (first !== undefined)
      writer.f.brIf(
        row.next,
        rest.reduce<I32>((any, next) => i32.or(any, next), first),
      );
    return values.map((value, at) => withType({ ...value, isNull: null }, this.#keyTypes[at] as SqlType));
  }

  #send(
    writer: CodeWriter,
    row: PipelineRow,
    scopes: readonly RowScope[],
    count: Local<'i32'>,
    output: OutputWriter,
  ): void {
    const whole = new ComputedColumns(writer.f, (index) => {
      let [side, column] = [0, index];
      while (column >= (this.#columnCounts[side] ?? index + 1)) column -= this.#columnCounts[side++] as number;
      return (scopes[side] as RowScope).column(column);
    });
    writer.f.block((next) => {
      const sent = { scope: whole, kind: i32.const(changeKind.insert), watermark: row.watermark, next };
      writeStepsAfter(writer, this.node.after, sent, (_, after) => output.write(writer, count, after));
    });
  }

  #side(at: number): JoinSide {
    return this.#sides[at] as JoinSide;
  }

  #cursor(cursors: readonly SideCursor[], at: number): SideCursor {
    return cursors[at] as SideCursor;
  }
}

interface State {
  readonly cursors: readonly SideCursor[];
  readonly count: Local<'i32'>;
}
