import {
  ARRAY,
  DECIMAL,
  type DecimalType,
  DOUBLE,
  MAP,
  MULTISET,
  type SqlType,
  sameType,
  type TextType,
  type TimeType,
  withNullable,
} from '../types/sql-type.ts';

const integers: readonly SqlType['kind'][] = ['TINYINT', 'SMALLINT', 'INT', 'BIGINT'];

export function isInteger(type: SqlType): boolean {
  return type.kind === 'TINYINT' || type.kind === 'SMALLINT' || type.kind === 'INT' || type.kind === 'BIGINT';
}

/** Integers and DECIMAL. */
export function isExactNumeric(type: SqlType): boolean {
  return isInteger(type) || type.kind === 'DECIMAL';
}

export function isApproximate(type: SqlType): boolean {
  return type.kind === 'FLOAT' || type.kind === 'DOUBLE';
}

export function isNumeric(type: SqlType): boolean {
  return isExactNumeric(type) || isApproximate(type);
}

export function isCharacter(type: SqlType): type is TextType & { readonly kind: 'CHAR' | 'VARCHAR' } {
  return type.kind === 'CHAR' || type.kind === 'VARCHAR';
}

export function isBinary(type: SqlType): type is TextType & { readonly kind: 'BINARY' | 'VARBINARY' } {
  return type.kind === 'BINARY' || type.kind === 'VARBINARY';
}

export function isTimestamp(type: SqlType): type is TimeType & { readonly kind: 'TIMESTAMP' | 'TIMESTAMP_LTZ' } {
  return type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ';
}

/** DATE, TIME, TIMESTAMP, TIMESTAMP_LTZ. */
export function isDatetime(type: SqlType): boolean {
  return type.kind === 'DATE' || type.kind === 'TIME' || isTimestamp(type);
}

export function isInterval(type: SqlType): boolean {
  return type.kind === 'INTERVAL_DAY_TIME' || type.kind === 'INTERVAL_YEAR_MONTH';
}

/** The DECIMAL that holds every value of an integer type; a DECIMAL is itself. */
export function asDecimal(type: SqlType): DecimalType {
  switch (type.kind) {
    case 'TINYINT':
      return DECIMAL(3, 0, type.nullable);
    case 'SMALLINT':
      return DECIMAL(5, 0, type.nullable);
    case 'INT':
      return DECIMAL(10, 0, type.nullable);
    case 'BIGINT':
      return DECIMAL(19, 0, type.nullable);
    case 'DECIMAL':
      return type;
    default:
      throw new Error(`${type.kind} is no exact number`);
  }
}

/**
 * The type that all given types can be brought to without losing what they are: the branches of a CASE, the rows of
 * VALUES, the inputs of UNION ALL, the items of an ARRAY. Null where there is none. Nullable when one of them is.
 */
export function commonType(types: readonly SqlType[]): SqlType | null {
  return commonOf(types, branches);
}

/**
 * The type that functions find for arguments (COALESCE, GREATEST, ARRAY_CONCAT), where it is not that of `commonType`:
 * FLOAT and DOUBLE meet in DOUBLE whichever comes first, a DECIMAL in the FLOAT behind it, and a zoneless time in the
 * zoned one.
 */
export function commonArgumentType(types: readonly SqlType[]): SqlType | null {
  return commonOf(types, functionArguments);
}

/** Where the two ways to find a common type part: what two numbers and two timestamps meet in. */
interface Meeting {
  numbers(a: SqlType, b: SqlType): SqlType;
  timestamps(a: TimeType, b: TimeType): TimeType['kind'];
}

const branches: Meeting = {
  numbers: commonNumber,
  // Of a zoneless and a zoned time the first decides, or the last where their precisions differ.
  timestamps: (a, b) => (a.precision === b.precision ? a : b).kind,
};

const functionArguments: Meeting = {
  numbers(a, b) {
    if (isApproximate(a) && b.kind === 'DOUBLE') return withNullable(b, a.nullable || b.nullable);
    if (a.kind === 'DECIMAL' && b.kind === 'FLOAT') return withNullable(b, a.nullable || b.nullable);
    return commonNumber(a, b);
  },
  timestamps: (a, b) => (a.kind === b.kind ? a.kind : 'TIMESTAMP_LTZ'),
};

function commonOf(types: readonly SqlType[], meeting: Meeting): SqlType | null {
  const nullable = types.some((type) => type.nullable);
  let common: SqlType | null = null;
  for (const type of types) {
    if (type.kind === 'NULL') continue;
    common = common === null ? type : common2(common, type, meeting);
    if (common === null) return null;
  }
  if (common === null) return types[0] ?? null;
  return withNullable(common, nullable);
}

function common2(a: SqlType, b: SqlType, meeting: Meeting): SqlType | null {
  if (sameType(a, b)) return mergeNullable(a, b);
  if (isNumeric(a) && isNumeric(b)) return meeting.numbers(a, b);
  if (isCharacter(a) && isCharacter(b)) return commonText(a, b, 'VARCHAR');
  if (isBinary(a) && isBinary(b)) return commonText(a, b, 'VARBINARY');
  if (a.kind === 'TIME' && b.kind === 'TIME') return a.precision >= b.precision ? a : b;
  if (isTimestamp(a) && isTimestamp(b)) {
    const kind = meeting.timestamps(a, b);
    return { kind, precision: Math.max(a.precision, b.precision), nullable: a.nullable || b.nullable };
  }
  if (a.kind === 'INTERVAL_DAY_TIME' && b.kind === 'INTERVAL_DAY_TIME') return a;
  if (a.kind === 'INTERVAL_YEAR_MONTH' && b.kind === 'INTERVAL_YEAR_MONTH') return a;
  if (a.kind === 'ARRAY' && b.kind === 'ARRAY') {
    const element = commonOf([a.element, b.element], meeting);
    return element && ARRAY(element, a.nullable || b.nullable);
  }
  if (a.kind === 'MULTISET' && b.kind === 'MULTISET') {
    const element = commonOf([a.element, b.element], meeting);
    return element && MULTISET(element, a.nullable || b.nullable);
  }
  if (a.kind === 'MAP' && b.kind === 'MAP') {
    const key = commonOf([a.key, b.key], meeting);
    const value = commonOf([a.value, b.value], meeting);
    return key && value && MAP(key, value, a.nullable || b.nullable);
  }
  if (a.kind === 'ROW' && b.kind === 'ROW' && a.fields.length === b.fields.length) {
    if (a.className !== b.className) return null;
    const fields = a.fields.map((field, at) => ({
      name: field.name,
      type: commonOf([field.type, b.fields[at]!.type], meeting),
    }));
    return fields.every(hasType) ? { ...a, fields, nullable: a.nullable || b.nullable } : null;
  }
  return null;
}

function hasType(field: { readonly name: string; readonly type: SqlType | null }): field is {
  readonly name: string;
  readonly type: SqlType;
} {
  return field.type !== null;
}

/** Equal types but for nullability, at every depth: nullable where one of them is. */
function mergeNullable(a: SqlType, b: SqlType): SqlType {
  const nullable = a.nullable || b.nullable;
  if (a.kind === 'ARRAY' && b.kind === 'ARRAY') return ARRAY(mergeNullable(a.element, b.element), nullable);
  if (a.kind === 'MULTISET' && b.kind === 'MULTISET') return MULTISET(mergeNullable(a.element, b.element), nullable);
  if (a.kind === 'MAP' && b.kind === 'MAP') {
    return MAP(mergeNullable(a.key, b.key), mergeNullable(a.value, b.value), nullable);
  }
  if (a.kind === 'ROW' && b.kind === 'ROW') {
    const fields = a.fields.map((field, at) => ({
      name: field.name,
      type: mergeNullable(field.type, b.fields[at]!.type),
    }));
    return { ...a, fields, nullable };
  }
  return withNullable(a, nullable);
}

function commonNumber(a: SqlType, b: SqlType): SqlType {
  const nullable = a.nullable || b.nullable;
  if (isInteger(a) && isInteger(b)) {
    const rank = (type: SqlType) => integers.indexOf(type.kind);
    return withNullable(rank(a) >= rank(b) ? a : b, nullable);
  }
  if (isExactNumeric(a) && isExactNumeric(b)) return commonDecimal(asDecimal(a), asDecimal(b));
  // Two approximate numbers: the first; one with a DECIMAL: DOUBLE; one with an integer: itself.
  if (isApproximate(a) && isApproximate(b)) return withNullable(a, nullable);
  const [approximate, exact] = isApproximate(a) ? [a, b] : [b, a];
  return exact.kind === 'DECIMAL' ? DOUBLE(nullable) : withNullable(approximate, nullable);
}

/** d = max(p1 - s1, p2 - s2) whole digits, at most 38; s = min(max(s1, s2), 38 - d). */
export function commonDecimal(a: DecimalType, b: DecimalType): DecimalType {
  const digits = Math.min(38, Math.max(a.precision - a.scale, b.precision - b.scale));
  const scale = Math.min(Math.max(a.scale, b.scale), 38 - digits);
  return DECIMAL(digits + scale, scale, a.nullable || b.nullable);
}

function commonText(a: TextType, b: TextType, varying: 'VARCHAR' | 'VARBINARY'): TextType {
  const nullable = a.nullable || b.nullable;
  if (a.kind === b.kind && a.length === b.length) return withNullable(a, nullable);
  return { kind: varying, length: Math.max(a.length, b.length), nullable };
}

/** Whether a value of one type goes into a column of another without a CAST: INSERT, UNION ALL, implicit arguments. */
export function castsImplicitly(from: SqlType, to: SqlType): boolean {
  if (from.kind === 'NULL') return true;
  if (from.kind === to.kind) return castsWithinKind(from, to, castsImplicitly);
  switch (to.kind) {
    case 'VARCHAR':
      return from.kind === 'CHAR';
    case 'VARBINARY':
      return from.kind === 'BINARY';
    case 'DECIMAL':
      return isNumeric(from);
    case 'SMALLINT':
      return from.kind === 'TINYINT';
    case 'INT':
      return from.kind === 'TINYINT' || from.kind === 'SMALLINT';
    case 'BIGINT':
      return isInteger(from);
    case 'FLOAT':
      return isExactNumeric(from);
    case 'DOUBLE':
      return isNumeric(from);
    case 'DATE':
    case 'TIME':
      return from.kind === 'TIMESTAMP';
    case 'TIMESTAMP':
      return from.kind === 'TIMESTAMP_LTZ';
    case 'TIMESTAMP_LTZ':
      return from.kind === 'TIMESTAMP';
    default:
      return false;
  }
}

function castsWithinKind(from: SqlType, to: SqlType, casts: (from: SqlType, to: SqlType) => boolean): boolean {
  if ((from.kind === 'ARRAY' || from.kind === 'MULTISET') && from.kind === to.kind)
    return casts(from.element, to.element);
  if (from.kind === 'MAP' && to.kind === 'MAP') return casts(from.key, to.key) && casts(from.value, to.value);
  if (from.kind === 'ROW' && to.kind === 'ROW') {
    return (
      from.fields.length === to.fields.length &&
      from.fields.every((field, at) => casts(field.type, to.fields[at]!.type))
    );
  }
  return true;
}

/** Whether `CAST(from AS to)` exists, be it that it fails for some values. */
export function castsExplicitly(from: SqlType, to: SqlType): boolean {
  if (from.kind === 'NULL') return true;
  if (from.kind === to.kind) return castsWithinKind(from, to, castsExplicitly);
  switch (to.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return from.kind !== 'VARIANT';
    case 'BINARY':
    case 'VARBINARY':
      return isCharacter(from) || isBinary(from);
    case 'BOOLEAN':
      return isCharacter(from) || isNumeric(from);
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
      return isCharacter(from) || isNumeric(from) || from.kind === 'BOOLEAN';
    case 'DECIMAL':
    case 'FLOAT':
    case 'DOUBLE':
      return isCharacter(from) || isNumeric(from) || from.kind === 'BOOLEAN';
    case 'DATE':
      return isCharacter(from) || isTimestamp(from);
    case 'TIME':
      return isCharacter(from) || isTimestamp(from);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return isCharacter(from) || isDatetime(from);
    // A whole number counts months or milliseconds, whatever the unit. There is no way back.
    case 'INTERVAL_YEAR_MONTH':
    case 'INTERVAL_DAY_TIME':
      return isInteger(from);
    default:
      return false;
  }
}
