import { AggregateState } from '../codegen/aggregate-state.ts';
import { type CodeWriter, withType } from '../codegen/expression-writer.ts';
import { keptValue } from '../codegen/kept-value.ts';
import { openTable, tableCursor, writeFind, writeFindOrAdd, writeHash } from '../codegen/key-table.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineEnd, type PipelineRow, writeStepsAfter } from '../codegen/pipeline.ts';
import type { QueryModule } from '../codegen/query-module.ts';
import type { Value } from '../functions/value.ts';
import type { PhysicalOperator, Work } from '../physical/graph.ts';
import { isAppendOnly } from '../plan/logical.ts';
import type { SqlType } from '../types/sql-type.ts';
import { f32, f64, type I32, i32, i64, type Local } from '../wasm/code.ts';
import { CompiledOperator } from './compiled-operator.ts';
import { GroupStores } from './group-store.ts';
import type { OperatorContext } from './operator-context.ts';
import { checkRetraction } from './retraction.ts';

type AggregateWork = Extract<Work, { readonly kind: 'aggregate' }>;

/**
 * GROUP BY without a window: the result of each key, kept up to date.
 *
 * Input: any changes. Output: +I for the first row of a key, -U and +U when its result changes (an equal one is not
 * sent again), -D when its last row is taken back. A retraction of an unknown key is ignored. Nothing is late here.
 * State: a row a key, for ever. Cost: O(1) per row.
 *
 * ```
 * SUM(v) BY k      rows   a1     a2             b5
 *                  sent   +I a1  -U a1 +U a3    +I b5
 * ```
 */
export class GroupAggregate extends CompiledOperator {
  readonly #work: AggregateWork;
  readonly #state: AggregateState;
  readonly #stores: GroupStores;
  readonly #store: number;

  /** @throws DiagnosticError W004 for an aggregate that cannot take rows back, over an updating input */
  constructor(node: PhysicalOperator, work: AggregateWork, context: OperatorContext) {
    super(node, context);
    this.#work = work;
    const updating = !isAppendOnly(node.inputChanges);
    if (updating) checkRetraction(work.aggregates);
    this.#state = new AggregateState(
      work.keys.map((key) => this.#type(key)),
      work.aggregates,
      { updating },
    );
    this.#stores = new GroupStores(context.memory, this.#state.storeParts);
    this.#store = this.#stores.take();
  }

  override close(): void {
    this.#stores.give(this.#store);
    this.#stores.close();
    super.close();
  }

  #type(column: number): SqlType {
    const found = this.node.stepSchema[column];
    if (found === undefined) throw new Error(`no column ${column}`);
    return found.type;
  }

  protected override end(_module: QueryModule, output: OutputWriter): PipelineEnd<Group> {
    return {
      open: (writer) => {
        const cursor = tableCursor(writer);
        const store = writer.f.local('i32', i32.const(this.#store));
        openTable(writer, cursor, i32.load(store));
        return { cursor, store, count: output.open(writer) };
      },
      row: (writer, row, group) => this.#writeRow(writer, row, group, output),
      close: (writer, { count }) => output.close(writer, count),
    };
  }

  #writeRow(writer: CodeWriter, row: PipelineRow, { cursor, store, count }: Group, output: OutputWriter): void {
    const { f } = writer;
    const updating = !isAppendOnly(this.node.inputChanges);
    const keys = this.#work.keys.map((key) => withType(row.scope.column(key), this.#type(key)));
    const hash = writeHash(writer, keys);
    const isNew = f.local('i32', i32.const(0));
    const groupRow = f.local('i32', i32.const(0));
    const findOrAdd = (): void =>
      f.set(
        groupRow,
        writeFindOrAdd(writer, cursor, this.#state.layout, keys, hash, () => f.set(isNew, i32.const(1))),
      );
    if (updating) {
      f.if(
        i32.and(row.kind, i32.const(1)),
        () => {
          f.set(groupRow, writeFind(writer, cursor, this.#state.layout, keys, hash));
          f.brIf(row.next, i32.eqz(groupRow));
        },
        findOrAdd,
      );
    } else findOrAdd();
    const place = { store, table: cursor.table, row: groupRow };
    const results = (): readonly Value[] => this.#work.aggregates.map((_, at) => this.#state.result(writer, place, at));
    const types = this.#work.aggregates.map(({ type }) => ({ ...type, nullable: true }) as SqlType);
    const before = types.map((type) => writer.variable(type));
    f.if(i32.eqz(isNew), () => {
      for (const [at, value] of results().entries()) writer.assign(before[at] as Value, keptValue(writer, value));
    });
    this.#state.update(writer, place, row.scope, row.kind);
    const after = types.map((type) => writer.variable(type));
    const isGone = this.#state.isEmpty(groupRow);
    const gone = f.local('i32', isGone ?? i32.const(0));
    // Copied too: a later row of this batch may overwrite it before the batch is sent.
    for (const [at, value] of results().entries()) writer.assign(after[at] as Value, keptValue(writer, value));
    const same = before
      .map((value, at) => sameValue(writer, value, after[at] as Value))
      .reduce((all: I32, next: I32) => i32.and(all, next), i32.const(1));
    // An equal result is not sent again.
    const unchanged = i32.and(i32.and(i32.eqz(isNew), i32.eqz(gone)), same);
    const keyValues = (): readonly Value[] => this.#work.keys.map((_, at) => this.#state.key(writer, groupRow, at));
    f.block((done) => {
      f.brIf(done, unchanged);
      // A key that came and went within this row's batch was never sent.
      f.brIf(done, i32.and(isNew, gone));
      const kind = f.local('i32', i32.const(1));
      const shown = types.map((type) => writer.variable(type));
      const show = (values: readonly Value[]): void => {
        for (const [at, value] of values.entries()) writer.assign(shown[at] as Value, value);
      };
      f.if(
        isNew,
        () => {
          f.set(kind, i32.const(0));
          show(after);
        },
        () => {
          show(before);
          f.if(gone, () => f.set(kind, i32.const(3)));
        },
      );
      f.loop((again) => {
        f.block((next) => {
          const values = [
            ...keyValues(),
            ...shown.map((value, at) => withType(value, this.#work.aggregates[at]?.type ?? value.type)),
          ];
          const scope = { column: (index: number): Value => values[index] as Value };
          writeStepsAfter(writer, this.node.after, { scope, kind, watermark: row.watermark, next }, (_, sent) =>
            output.write(writer, count, sent),
          );
        });
        f.if(i32.eq(kind, i32.const(1)), () => {
          f.set(kind, i32.const(2));
          show(after);
          f.br(again);
        });
      });
    });
    if (isGone !== null) {
      f.if(gone, () => {
        f.do(writer.kernel('tableErase', 'void', cursor.table, groupRow));
        openTable(writer, cursor, cursor.table);
      });
    }
  }
}

interface Group {
  readonly cursor: ReturnType<typeof tableCursor>;
  readonly store: Local<'i32'>;
  readonly count: Local<'i32'>;
}

/** Whether two results are the same to the bit, NULL a value like others. */
function sameValue(writer: CodeWriter, a: Value, b: Value): I32 {
  const { f } = writer;
  const same = f.local('i32', i32.eq(writer.isNull(a), writer.isNull(b)));
  f.if(i32.and(same, i32.eqz(writer.isNull(a))), () => {
    if (a.physical === 'bytes') {
      const [address, length] = writer.bytes(a);
      const [other, otherLength] = writer.bytes(b);
      f.set(same, i32.eq(length, otherLength));
      f.if(same, () => f.set(same, writer.kernel('bytesEqual', 'i32', address, other, length)));
      return;
    }
    const tests = a.parts.map((part, at): I32 => {
      const other = b.parts[at] as Local;
      switch (part.type) {
        case 'i64':
          return i64.eq(part as Local<'i64'>, other as Local<'i64'>);
        case 'f32':
          return f32.eq(part as Local<'f32'>, other as Local<'f32'>);
        case 'f64':
          return f64.eq(part as Local<'f64'>, other as Local<'f64'>);
        default:
          return i32.eq(part as Local<'i32'>, other as Local<'i32'>);
      }
    });
    f.set(
      same,
      tests.reduce((all, next) => i32.and(all, next)),
    );
  });
  return same;
}
