import { rowLayout } from '../../memory/nested.ts';
import { type RowType, type SqlType, STRUCTURED, withNullable } from '../../types/sql-type.ts';
import { i32 } from '../../wasm/code.ts';
import { isClassName } from '../class-name.ts';
import { buildRow } from '../nested-builder.ts';
import { parameter } from '../parameters.ts';
import type { HostValue, ParameterContext, ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { assignField } from './nested-item.ts';

/** OBJECT_OF and OBJECT_UPDATE: values of STRUCTURED types, whose fields are named by literals. */

const isName = (at: number) => at % 2 === 1;

/** Names and values in turn, behind the first argument; no name twice. */
function accepts(type: SqlType, { args, index, literals }: ParameterContext): boolean {
  if (args.length % 2 === 0) return false;
  if (!isName(index)) return type.kind !== 'NULL';
  const name = literals[index];
  return typeof name === 'string' && literals.findIndex((other, at) => isName(at) && other === name) === index;
}

const named = (isField: (name: string, context: ParameterContext) => boolean) =>
  parameter(
    'name, value',
    'STRING literal, ANY',
    (type, context) =>
      accepts(type, context) && (!isName(context.index) || isField(String(context.literals[context.index]), context)),
    { variadic: true, optional: true },
  );

const className = parameter(
  'class',
  'STRING literal',
  (_, { literals }) => typeof literals[0] === 'string' && isClassName(literals[0]),
);

/** Nullable, though it never is NULL: the type that Flink declares. */
const objectOf: ScalarFunction = {
  name: 'OBJECT_OF',
  category: 'value',
  summary: 'A value of a STRUCTURED type: the name of its class, then the names and values of its fields.',
  examples: [
    { sql: "OBJECT_OF('shop.Order', 'id', 7, 'item', 'mug')", result: '(id=7, item=mug)' },
    { sql: "OBJECT_OF('shop.Order', 'id', 7, 'item', 'mug').item", result: 'mug' },
  ],
  overloads: [
    {
      params: [className, named(() => true)],
      returns: (args, literals) => STRUCTURED(String(literals?.[0]), fieldsOf(args, literals)),
      nulls: 'custom',
      code: {
        kind: 'wasm',
        write: (w, args, type) => {
          const values = args.filter((_, at) => at > 0 && !isName(at));
          return { ...buildRow(w, type as RowType, values), type };
        },
      },
    },
  ],
};

function fieldsOf(args: readonly SqlType[], literals: readonly (HostValue | undefined)[] | undefined) {
  return args.flatMap((_, at) => {
    const value = isName(at) ? args[at + 1] : undefined;
    return value === undefined ? [] : [{ name: String(literals?.[at]), type: value }];
  });
}

const isObject = parameter('object', 'STRUCTURED', (type) => type.kind === 'ROW' && type.className !== undefined);

/** Each field that is named has the type of its new value. */
const objectUpdate: ScalarFunction = {
  name: 'OBJECT_UPDATE',
  category: 'value',
  summary: 'The object with other values in the fields that are named, NULL where the object is.',
  examples: [
    {
      sql: "OBJECT_UPDATE(OBJECT_OF('shop.Order', 'id', 7, 'item', 'mug'), 'item', 'pot')",
      result: '(id=7, item=pot)',
    },
  ],
  overloads: [
    {
      params: [isObject, named((name, { args }) => (args[0] as RowType).fields.some((field) => field.name === name))],
      returns: (args, literals) => {
        const object = args[0] as RowType;
        const updates = new Map(fieldsOf(args, literals).map(({ name, type }) => [name, type]));
        return {
          ...object,
          fields: object.fields.map(({ name, type }) => ({ name, type: updates.get(name) ?? type })),
        };
      },
      nulls: 'custom',
      code: { kind: 'wasm', write: writeUpdate },
    },
  ],
};

function writeUpdate(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const object = args[0]!;
  const from = object.type as RowType;
  const { slots } = rowLayout(from);
  const [address] = w.bytes(object);
  const result = w.variable(withNullable(type, true));
  w.f.if(i32.eqz(w.isNull(object)), () => {
    const fields = from.fields.map((field, index) => {
      const name = args.findIndex(({ constant }, at) => isName(at) && constant === field.name);
      if (name >= 0) return args[name + 1]!;
      const kept = w.variable(withNullable(field.type, true));
      assignField(w, kept, address, { index, slotAt: slots[index] ?? 0 });
      return kept;
    });
    w.assign(result, buildRow(w, type as RowType, fields));
  });
  return { ...result, type };
}

export const objectFunctions: readonly ScalarFunction[] = [objectOf, objectUpdate];
