import type { Physical } from '../types/physical.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { Code, I32, I64, Local, ValueType } from '../wasm/code.ts';
import type { FunctionBuilder } from '../wasm/function-builder.ts';

/**
 * A computed SQL value in the function that is being written: its parts in locals (see `types/physical.ts`) and,
 * where it may be NULL, an i32 local that is 1 for NULL. The parts of a NULL are unspecified: do not trap on them.
 */
export interface Value {
  readonly type: SqlType;
  readonly physical: Physical;
  /** 1 where the value is NULL; `null` where it never is. */
  readonly isNull: Local<'i32'> | null;
  /** i128: [low, high]; bytes: [address, length]; else one. */
  readonly parts: readonly Local[];
  /** The value itself where it is a literal: a pattern or a unit that the code is made for. */
  readonly constant?: HostValue;
  /** True for text that is JSON already, which JSON_OBJECT and JSON_ARRAY take as it is. */
  readonly isJson?: boolean;
}

/** What a scalar or aggregate entry writes its code with. Implemented by `codegen/`. */
export interface ExpressionWriter {
  readonly f: FunctionBuilder;
  /** Session settings that change meanings: the time zone. */
  readonly session: SessionSettings;

  /** The only part of a value, typed. @throws when the value's physical class has another type or two parts */
  i32(value: Value): Local<'i32'>;
  i64(value: Value): Local<'i64'>;
  f32(value: Value): Local<'f32'>;
  f64(value: Value): Local<'f64'>;
  /** Low and high half. */
  i128(value: Value): readonly [Local<'i64'>, Local<'i64'>];
  /** Address and length. */
  bytes(value: Value): readonly [Local<'i32'>, Local<'i32'>];

  /** A value from code for each part; `isNull` null where it never is. Everything is evaluated here, once. */
  value(type: SqlType, isNull: I32 | null, ...parts: readonly Code<ValueType>[]): Value;
  /** The constant NULL of a type. */
  nullValue(type: SqlType): Value;
  /** Locals for a value that several branches set; with a null local where the type is nullable. Starts as NULL (or 0). */
  variable(type: SqlType): Value;
  /** Copies a value of the same physical class into such a variable. */
  assign(target: Value, source: Value): void;
  /** 1 when NULL; the constant 0 for a value that never is. */
  isNull(value: Value): I32;

  /** Calls an export of the kernels; its signature comes from `kernels/exports.ts`. */
  kernel<R extends ValueType | 'void'>(name: string, result: R, ...args: readonly Code<ValueType>[]): Code<R>;
  /** `length` bytes that live until the batch is done (the scratch arena). */
  scratch(length: I32): Local<'i32'>;
  /** A 16-byte place for a kernel's second result; the same at every call, so read it before the next. */
  readonly resultAddress: I32;
  /** The watermark in force before the row at hand, in ms; the least i64 before the first. */
  readonly rowWatermark: I64;
  /** The session zone's table of transitions, for the `zone*` kernels. */
  readonly zone: I32;
  /** The address of constant bytes, there as long as the module. */
  constant(bytes: Uint8Array): I32;

  /**
   * Calls a JavaScript function with values in `LiteralValue` form (null for NULL), as for entries of kind `host`.
   * An Error that it throws fails the row with its message.
   */
  host(
    evaluate: (args: readonly HostValue[], call: HostCall) => HostValue,
    args: readonly Value[],
    type: SqlType,
    options?: HostOptions,
  ): Value;

  /** A value that may fail: NULL where it does. A failure in an argument that was computed before is none of its own. */
  attempt(type: SqlType, compute: () => Value): Value;

  /** Stops with error F001 at this expression's place: the job fails, or under TRY_CAST the value is NULL. */
  fail(message: string, ...shown: readonly Value[]): void;
}

/** A value as JavaScript sees it: the form of `LiteralValue`. */
export type HostValue = boolean | number | bigint | string | Uint8Array | null;

export interface HostOptions {
  /** How long the bytes of the result are there: until the batch is done (the default), or until the next call. */
  readonly lives?: 'batch' | 'briefly';
}

export interface HostCall {
  readonly argTypes: readonly SqlType[];
  readonly type: SqlType;
  readonly timeZone: string;
}

export interface SessionSettings {
  /** `table.local-time-zone`, an IANA name. */
  readonly timeZone: string;
  /** That zone's table of transitions in the linear memory, for the `zone*` kernels. */
  readonly zoneAddress: number;
  /** Its current database. */
  readonly database: string;
  /** `table.exec.legacy-cast-behaviour`: a cast that fails is NULL, texts are not cut to their type, TRUE is `true`. */
  readonly legacyCasts?: boolean;
  /** `table.exec.sink.not-null-enforcer`: a row with a NULL in a NOT NULL column is dropped, and does not fail. */
  readonly dropsNulls?: boolean;
  /** The processing-time clock, ms since 1970; it stands still while a batch is processed. */
  readonly processingTimeMs: () => number;
  /** Told the bytes of each module before it runs: EXPLAIN shows them. */
  readonly onModule?: ((bytes: Uint8Array) => void) | undefined;
}
