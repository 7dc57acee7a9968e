import { type SqlType, STRING, withNullable } from '../../types/sql-type.ts';
import { f64, i32, i64 } from '../../wasm/code.ts';
import { parameter } from '../parameters.ts';
import type { HostCall, HostValue, Parameter, ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { ask, clause, input, path, plainSteps, returnedType, returning, scalarText } from './json-ask.ts';
import { isScalar } from './json-text.ts';
import { viewValue } from './text-value.ts';

/** A default: any type; `''` where it is not written. */
const defaultValue = (name: string): Parameter => parameter(name, 'ANY', (type) => type, { optional: true });
const returnsScalar = returning(
  ({ kind }) => kind === 'VARCHAR' || kind === 'BOOLEAN' || kind === 'INT' || kind === 'DOUBLE',
);
/** What holds instead of a value. @throws Error under ERROR */
function instead(
  behavior: HostValue | undefined,
  otherwise: { readonly value: HostValue; readonly type: SqlType },
  call: HostCall,
  problem: string,
): HostValue {
  if (behavior === 'ERROR') throw new Error(`JSON_VALUE: ${problem}`);
  return behavior === 'DEFAULT' ? converted(otherwise, call.type) : null;
}

/** A default as a value of the type that is asked for. */
function converted({ value, type }: { readonly value: HostValue; readonly type: SqlType }, to: SqlType): HostValue {
  if (value === null) return null;
  const text = type.kind === 'DECIMAL' ? decimalNumber(value as bigint, type.scale) : String(value);
  return fromText(text, to);
}

function decimalNumber(unscaled: bigint, scale: number): string {
  return String(Number(unscaled) / 10 ** scale);
}

function fromText(text: string, to: SqlType): HostValue {
  switch (to.kind) {
    case 'VARCHAR':
      return text;
    case 'BOOLEAN':
      if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
      break;
    case 'INT':
      if (/^-?\d+$/.test(text) && Number(text) === (Number(text) | 0)) return Number(text);
      break;
    case 'DOUBLE':
      if (text.trim() !== '' && !Number.isNaN(Number(text))) return Number(text);
      break;
    default:
      break;
  }
  throw new Error(`JSON_VALUE: ${JSON.stringify(text)} is no ${to.kind}`);
}

/** Whatever the clauses say, in JavaScript. */
function evaluateJsonValue(args: readonly HostValue[], call: HostCall): HostValue {
  const [text, pathText, onEmpty, whenEmpty = null, onError, whenWrong = null] = args;
  if (text === null || pathText === null) return null;
  const answer = ask(text, pathText);
  const { argTypes } = call;
  const empty = { value: whenEmpty, type: argTypes[3] ?? STRING() };
  const wrong = { value: whenWrong, type: argTypes[5] ?? STRING() };
  if ('problem' in answer) return instead(onError, wrong, call, answer.problem);
  if (answer.value !== null && isScalar(answer.value)) return fromText(scalarText(answer.value), call.type);
  if (answer.mode === 'lax') return instead(onEmpty, empty, call, 'the path finds nothing');
  return instead(onError, wrong, call, 'the path finds no scalar');
}

/** What the kernel can find, with the numbers that `kernels/json-find.ts` knows it by. */
const jsonKinds = { text: 1, whole: 2, fraction: 4, otherNumber: 8, truth: 16 } as const;

/** The kernel finds the scalar at a literal path; what it cannot tell, and what fails, is asked of JavaScript. */
function writeJsonValue(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const [text, pathText] = args as readonly [Value, Value];
  const steps = typeof pathText.constant === 'string' ? plainSteps(pathText.constant) : null;
  if (steps === null) return w.host(evaluateJsonValue, args, type);
  const { f } = w;
  const result = w.variable(withNullable(type, true));
  const byHost = (): void => w.assign(result, w.host(evaluateJsonValue, args, type));
  f.if(i32.eqz(w.isNull(text)), () => {
    const path = [w.constant(steps), i32.const(steps.length)] as const;
    const wanted = i32.const(wantedKinds(type));
    const view = f.local('i64', w.kernel('jsonScalar', 'i64', ...w.bytes(text), ...path, wanted));
    f.if(
      i64.leU(view, i64.const(1n)),
      () => {
        const otherwise = valueInstead(args, type);
        if (otherwise === undefined) byHost();
        else f.if(i32.wrapI64(view), () => w.assign(result, constantValue(w, type, otherwise)), byHost);
      },
      () => writeScalar(w, result, viewValue(w, STRING(), view), type, byHost),
    );
  });
  return result;
}

function wantedKinds(type: SqlType): number {
  const { text, whole, fraction, otherNumber, truth } = jsonKinds;
  switch (type.kind) {
    case 'INT':
      return whole;
    case 'DOUBLE':
      return whole | fraction | otherNumber;
    case 'BOOLEAN':
      return truth;
    default:
      return text | whole | fraction | truth;
  }
}

/** What the kernel has found as a value of the type that is asked for. */
function writeScalar(w: ExpressionWriter, result: Value, found: Value, type: SqlType, byHost: () => void): void {
  const { f } = w;
  const view = w.bytes(found);
  const at = w.resultAddress;
  switch (type.kind) {
    case 'INT': {
      const bounds = [i64.const(-(2n ** 31n)), i64.const(2n ** 31n - 1n)] as const;
      const status = w.kernel('numberCastI64', 'i32', ...view, ...bounds, at);
      f.if(i32.eq(status, i32.const(1)), () => w.assign(result, w.value(type, null, i32.load(at))), byHost);
      return;
    }
    case 'DOUBLE': {
      const status = w.kernel('numberCastF64', 'i32', ...view, i32.const(1), at);
      f.if(i32.eq(status, i32.const(1)), () => w.assign(result, w.value(type, null, f64.load(at))), byHost);
      return;
    }
    case 'BOOLEAN':
      w.assign(result, w.value(type, null, i32.eq(i32.load8U(view[0]), i32.const(0x74))));
      return;
    default:
      w.assign(result, w.value(withNullable(type, false), null, ...view));
  }
}

/** What holds where no scalar is there, if that is the same for all rows and does not fail: a value, or null for NULL. */
function valueInstead(args: readonly Value[], type: SqlType): HostValue | undefined {
  const [, pathText, onEmpty, whenEmpty, onError, whenWrong] = args;
  const isLax = /^\s*lax\s/i.test(String(pathText?.constant));
  const [behavior, value] = isLax ? [onEmpty, whenEmpty] : [onError, whenWrong];
  if (behavior?.constant === 'ERROR') return undefined;
  if (behavior?.constant !== 'DEFAULT' || value === undefined) return null;
  if (value.constant === undefined) return undefined;
  try {
    return converted({ value: value.constant, type: value.type }, type);
  } catch {
    return undefined;
  }
}

function constantValue(w: ExpressionWriter, type: SqlType, value: HostValue): Value {
  if (value === null) return w.nullValue(type);
  switch (type.kind) {
    case 'INT':
    case 'BOOLEAN':
      return w.value(type, null, i32.const(Number(value)));
    case 'DOUBLE':
      return w.value(type, null, f64.const(Number(value)));
    default: {
      const bytes = Buffer.from(String(value), 'utf8');
      return w.value(withNullable(type, false), null, w.constant(bytes), i32.const(bytes.length));
    }
  }
}

export const jsonValue: ScalarFunction = {
  name: 'JSON_VALUE',
  category: 'json',
  summary: 'The scalar that a path finds in a JSON text, as text or as the type after RETURNING.',
  examples: [
    { sql: `JSON_VALUE('{"id": 7, "who": "ann"}', '$.who')`, result: 'ann' },
    { sql: `JSON_VALUE('{"a": 1}', 'lax $.b' DEFAULT 'none' ON EMPTY)`, result: 'none' },
    { sql: `JSON_VALUE('{"n": 42}', '$.n' RETURNING INT)`, result: '42' },
  ],
  overloads: [
    {
      params: [
        input,
        path,
        clause('onEmpty'),
        defaultValue('defaultOnEmpty'),
        clause('onError'),
        defaultValue('defaultOnError'),
        returnsScalar,
      ],
      returns: (args) => returnedType(args[6]),
      nulls: 'custom',
      code: { kind: 'wasm', write: writeJsonValue },
    },
  ],
};
