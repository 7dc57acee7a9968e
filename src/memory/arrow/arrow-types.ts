import {
  Binary,
  Bool,
  DataType,
  DateDay,
  DateUnit,
  Decimal,
  DurationMillisecond,
  Field,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  IntervalUnit,
  IntervalYearMonth,
  List,
  Map_,
  Null,
  Precision,
  Struct,
  TimeMillisecond,
  Timestamp,
  TimeUnit,
  Type,
  Utf8,
} from 'apache-arrow';
import {
  ARRAY,
  BIGINT,
  BOOLEAN,
  BYTES,
  DATE,
  DECIMAL,
  DOUBLE,
  FLOAT,
  INT,
  INTERVAL_DAY_TIME,
  INTERVAL_YEAR_MONTH,
  MAP,
  NULL_TYPE,
  ROW,
  SMALLINT,
  type SqlType,
  STRING,
  TIME,
  TIMESTAMP,
  TIMESTAMP_LTZ,
  TINYINT,
} from '../../types/sql-type.ts';

/**
 * The SQL type of an Arrow type. Unsigned integers get the next wider type, UINT64 DECIMAL(20, 0); times of day keep
 * milliseconds; a time stamp with a zone is TIMESTAMP_LTZ. @throws Error for types that SQL has no place for (unions)
 */
export function sqlTypeOfArrow(type: DataType, nullable = true): SqlType {
  if (DataType.isDictionary(type)) return sqlTypeOfArrow(type.dictionary, nullable);
  if (DataType.isNull(type)) return NULL_TYPE;
  if (DataType.isBool(type)) return BOOLEAN(nullable);
  if (DataType.isInt(type)) return sqlTypeOfInt(type.bitWidth, type.isSigned, nullable);
  if (DataType.isFloat(type)) return type.precision === Precision.DOUBLE ? DOUBLE(nullable) : FLOAT(nullable);
  if (DataType.isDecimal(type) && type.bitWidth === 128 && type.precision <= 38 && type.scale >= 0) {
    return DECIMAL(type.precision, type.scale, nullable);
  }
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type)) return STRING(nullable);
  if (DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isBinaryView(type)) return BYTES(nullable);
  if (DataType.isFixedSizeBinary(type)) return { kind: 'BINARY', length: type.byteWidth, nullable };
  if (DataType.isDate(type)) return DATE(nullable);
  if (DataType.isTime(type)) return TIME(type.unit === TimeUnit.SECOND ? 0 : 3, nullable);
  if (DataType.isTimestamp(type)) {
    const precision = type.unit * 3;
    return type.timezone ? TIMESTAMP_LTZ(precision, nullable) : TIMESTAMP(precision, nullable);
  }
  if (DataType.isInterval(type) && type.unit === IntervalUnit.YEAR_MONTH) return INTERVAL_YEAR_MONTH(nullable);
  if (DataType.isDuration(type)) return INTERVAL_DAY_TIME(nullable);
  if (DataType.isList(type) || DataType.isLargeList(type) || DataType.isFixedSizeList(type)) {
    return ARRAY(sqlTypeOfField(type.children[0]!), nullable);
  }
  if (DataType.isMap(type)) {
    const [key, value] = (type.children[0]!.type as DataType).children;
    return MAP(sqlTypeOfArrow(key!.type, false), sqlTypeOfField(value!), nullable);
  }
  if (DataType.isStruct(type)) {
    const fields = type.children.map((field) => ({ name: field.name, type: sqlTypeOfField(field) }));
    return ROW(fields, nullable);
  }
  throw new Error(`no SQL type for Arrow's ${Type[type.typeId]}`);
}

function sqlTypeOfField(field: Field): SqlType {
  return sqlTypeOfArrow(field.type, field.nullable);
}

function sqlTypeOfInt(bits: number, isSigned: boolean, nullable: boolean): SqlType {
  switch (isSigned ? bits : bits * 2) {
    case 8:
      return TINYINT(nullable);
    case 16:
      return SMALLINT(nullable);
    case 32:
      return INT(nullable);
    case 64:
      return BIGINT(nullable);
    default:
      return DECIMAL(20, 0, nullable);
  }
}

/** The Arrow type that an SQL type is exported as; read back, it has the same physical class. */
export function arrowTypeOf(type: SqlType): DataType {
  switch (type.kind) {
    case 'NULL':
      return new Null();
    case 'BOOLEAN':
      return new Bool();
    case 'TINYINT':
      return new Int8();
    case 'SMALLINT':
      return new Int16();
    case 'INT':
      return new Int32();
    case 'BIGINT':
      return new Int64();
    case 'FLOAT':
      return new Float32();
    case 'DOUBLE':
      return new Float64();
    case 'DATE':
      return new DateDay();
    case 'TIME':
      return new TimeMillisecond();
    case 'TIMESTAMP':
      return new Timestamp(timestampUnit(type.precision));
    case 'TIMESTAMP_LTZ':
      return new Timestamp(timestampUnit(type.precision), 'UTC');
    case 'INTERVAL_YEAR_MONTH':
      return new IntervalYearMonth();
    case 'INTERVAL_DAY_TIME':
      return new DurationMillisecond();
    case 'DECIMAL':
      return new Decimal(type.scale, type.precision, 128);
    case 'CHAR':
    case 'VARCHAR':
      return new Utf8();
    case 'BINARY':
    case 'VARBINARY':
    case 'VARIANT':
      return new Binary();
    case 'ARRAY':
      return new List(arrowField('item', type.element));
    case 'ROW':
      return new Struct(type.fields.map((field) => arrowField(field.name, field.type)));
    case 'MAP':
      return mapOf(type.key, type.value);
    case 'MULTISET':
      return mapOf(type.element, INT(false));
  }
}

export function arrowField(name: string, type: SqlType): Field {
  return new Field(name, arrowTypeOf(type), type.nullable);
}

function mapOf(key: SqlType, value: SqlType): DataType {
  // Arrow knows no NULL as a key.
  const entry = new Struct<{ key: DataType; value: DataType }>([
    new Field('key', arrowTypeOf(key), false),
    arrowField('value', value),
  ]);
  return new Map_(new Field('entries', entry, false));
}

function timestampUnit(precision: number): TimeUnit {
  if (precision <= 3) return TimeUnit.MILLISECOND;
  return precision <= 6 ? TimeUnit.MICROSECOND : TimeUnit.NANOSECOND;
}

/**
 * Whether Arrow's buffers of a type are what a column with encoding `arrow` has (batch.ts): the same units and widths
 * as its SQL type, so that they can be used where they lie.
 */
export function isDirect(type: DataType): boolean {
  return (
    DataType.isBool(type) ||
    (DataType.isInt(type) && type.isSigned) ||
    (DataType.isFloat(type) && type.precision !== Precision.HALF) ||
    DataType.isDecimal(type) ||
    DataType.isUtf8(type) ||
    DataType.isBinary(type) ||
    (DataType.isDate(type) && type.unit === DateUnit.DAY) ||
    (DataType.isTime(type) && type.unit === TimeUnit.MILLISECOND) ||
    (DataType.isTimestamp(type) && (type.unit === TimeUnit.MILLISECOND || type.unit === TimeUnit.MICROSECOND)) ||
    (DataType.isInterval(type) && type.unit === IntervalUnit.YEAR_MONTH) ||
    (DataType.isDuration(type) && type.unit === TimeUnit.MILLISECOND)
  );
}
