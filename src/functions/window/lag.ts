import { physicalOf } from '../../types/physical.ts';
import { type SqlType, withNullable } from '../../types/sql-type.ts';
import { type I32, i32 } from '../../wasm/code.ts';
import type { AggregateCode, AggregateOverload, StateAccess } from '../aggregate-function.ts';
import { any } from '../parameters.ts';
import type { ExpressionWriter, Value } from '../value.ts';

/** More rows back than a group's state should hold. */
export const lagRowsMax = 100;

export interface LagOptions {
  /** How many rows back; 0: the row itself. */
  readonly rowsBack: number;
  readonly ignoreNulls: boolean;
  /** The third argument, and whether it is there. */
  readonly hasDefault: boolean;
}

/**
 * LAG as an aggregate over the rows up to the current one: the value so many rows before the last.
 *
 * State: the last values, newest first, and how many there are. With IGNORE NULLS only the values that are not NULL move
 * back. A value that is NULL where the result is NOT NULL, since the default is, gives the default.
 */
export function lagOverload(options: LagOptions): AggregateOverload {
  const parameter = any('value');
  return {
    params: options.hasDefault ? [parameter, any('default')] : [parameter],
    returns: ([value]) => withNullable(value as SqlType, true),
    code: ([value, other], type) => lagCode(value ?? type, other ?? null, type, options),
  };
}

function lagCode(argument: SqlType, other: SqlType | null, type: SqlType, options: LagOptions): AggregateCode {
  const { rowsBack, ignoreNulls } = options;
  const places = Array.from({ length: rowsBack + 1 }, (_, back) => `back${back}`);
  const valueType = withNullable(argument, true);
  const field = (name: string, of: SqlType) => [
    { name, physical: physicalOf(of) },
    { name: `${name}.null`, physical: 'bool' as const },
  ];
  return {
    seesNulls: true,
    state: [
      ...places.flatMap((name) => field(name, argument)),
      { name: 'rows', physical: 'i32' },
      ...(other === null ? [] : field('default', other)),
    ],
    accumulate(w, state, [value, otherwise]) {
      if (value === undefined) return;
      const shift = (): void => {
        for (let back = rowsBack; back > 0; back--)
          put(w, state, `back${back}`, stored(w, state, `back${back - 1}`, valueType));
        const rows = w.f.local('i32', state.get('rows', 'i32'));
        w.f.if(i32.leU(rows, i32.const(rowsBack)), () => w.f.do(state.set('rows', i32.add(rows, i32.const(1)))));
      };
      const hasLast = w.f.local('i32', state.get('rows', 'i32'));
      // The count starts behind the first row, which is at place 0 with nothing behind it.
      w.f.if(hasLast, () => {
        if (!ignoreNulls) shift();
        else w.f.if(i32.eqz(state.get('back0.null', 'i32')), shift);
      });
      w.f.if(i32.eqz(hasLast), () => w.f.do(state.set('rows', i32.const(1))));
      put(w, state, 'back0', value);
      if (otherwise !== undefined) put(w, state, 'default', otherwise);
    },
    result(w, state) {
      const result = w.variable(withNullable(type, true));
      const value = stored(w, state, `back${rowsBack}`, valueType);
      const isThere = i32.gtU(state.get('rows', 'i32'), i32.const(rowsBack));
      w.f.if(isThere, () => w.assign(result, value));
      if (other === null) return result;
      const needsDefault: I32 = type.nullable ? i32.eqz(isThere) : w.isNull(result);
      w.f.if(needsDefault, () => w.assign(result, stored(w, state, 'default', withNullable(other, true))));
      return result;
    },
  };
}

function stored(w: ExpressionWriter, state: StateAccess, name: string, type: SqlType): Value {
  const isNull = state.get(`${name}.null`, 'i32');
  return w.value(type, isNull, ...state.read(name, withNullable(type, false)).parts);
}

function put(w: ExpressionWriter, state: StateAccess, name: string, value: Value): void {
  const { f } = w;
  const isNull = f.local('i32', w.isNull(value));
  f.do(state.set(`${name}.null`, isNull));
  f.if(i32.eqz(isNull), () => state.write(name, value));
}
