import { DiagnosticError, fail, unsupported } from '../diagnostics/diagnostic.ts';
import { isClassName } from '../functions/class-name.ts';
import type { BasicType, StructuredType, TypeName } from '../sql/ast.ts';
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
  lengthMax,
  MAP,
  MULTISET,
  ROW,
  SMALLINT,
  type SqlType,
  STRING,
  STRUCTURED,
  TIME,
  TIMESTAMP,
  TIMESTAMP_LTZ,
  TINYINT,
} from '../types/sql-type.ts';

/**
 * The SQL type that was written. Nullable unless NOT NULL stands behind it.
 * @throws DiagnosticError B016 for what is no type, W005 for one that is not executed yet
 */
export function typeOf(type: TypeName): SqlType {
  const nullable = type.isNullable !== false;
  switch (type.kind) {
    case 'basicType':
      return basicType(type, nullable);
    case 'collectionType':
      return type.collection === 'ARRAY'
        ? ARRAY(typeOf(type.element), nullable)
        : MULTISET(typeOf(type.element), nullable);
    case 'mapType':
      return MAP(typeOf(type.key), typeOf(type.value), nullable);
    case 'rowType':
      return ROW(
        type.fields.map((field) => ({ name: field.name.name, type: typeOf(field.type) })),
        nullable,
      );
    case 'structuredType':
      return STRUCTURED(
        className(type),
        type.fields.map((field) => ({ name: field.name.name, type: typeOf(field.type) })),
        nullable,
      );
    case 'rawType':
      throw new DiagnosticError([unsupported('W005', type.span, 'a RAW type')]);
    case 'namedType': {
      const name = type.name.parts.map((part) => part.name).join('.');
      fail('B016', type.span, `unknown type "${name}"`);
    }
  }
}

function className({ className: { value, span } }: StructuredType): string {
  if (isClassName(value)) return value;
  fail('B016', span, `'${value}' is no name of a class`, { help: "write identifiers parted by dots: 'shop.Order'" });
}

function basicType(type: BasicType, nullable: boolean): SqlType {
  const [first, second] = type.parameters;
  switch (type.name) {
    case 'CHAR':
    case 'BINARY':
      return { kind: type.name, length: length(type, first ?? 1), nullable };
    case 'VARCHAR':
    case 'VARBINARY':
      return { kind: type.name, length: length(type, first ?? lengthMax), nullable };
    case 'STRING':
      return STRING(nullable);
    case 'BYTES':
      return BYTES(nullable);
    case 'BOOLEAN':
      return BOOLEAN(nullable);
    case 'TINYINT':
      return TINYINT(nullable);
    case 'SMALLINT':
      return SMALLINT(nullable);
    case 'INT':
      return INT(nullable);
    case 'BIGINT':
      return BIGINT(nullable);
    case 'FLOAT':
      return FLOAT(nullable);
    case 'DOUBLE':
      return DOUBLE(nullable);
    case 'DECIMAL':
      return decimal(type, first ?? 10, second ?? 0, nullable);
    case 'DATE':
      return DATE(nullable);
    case 'TIME':
      // Flink keeps whole seconds, whatever precision is written.
      return TIME(0, nullable);
    case 'TIMESTAMP':
      return TIMESTAMP(Math.min(first ?? 6, 9), nullable);
    case 'TIMESTAMP_LTZ':
      return TIMESTAMP_LTZ(Math.min(first ?? 6, 9), nullable);
    case 'INTERVAL YEAR':
    case 'INTERVAL YEAR TO MONTH':
    case 'INTERVAL MONTH':
    case 'INTERVAL QUARTER':
      return INTERVAL_YEAR_MONTH(nullable);
    case 'INTERVAL WEEK':
    case 'INTERVAL DAY':
    case 'INTERVAL DAY TO HOUR':
    case 'INTERVAL DAY TO MINUTE':
    case 'INTERVAL DAY TO SECOND':
    case 'INTERVAL HOUR':
    case 'INTERVAL HOUR TO MINUTE':
    case 'INTERVAL HOUR TO SECOND':
    case 'INTERVAL MINUTE':
    case 'INTERVAL MINUTE TO SECOND':
    case 'INTERVAL SECOND':
      return INTERVAL_DAY_TIME(nullable);
    case 'VARIANT':
      return { kind: 'VARIANT', nullable };
    case 'REAL':
      fail('B016', type.span, 'REAL is not a type of Flink', { help: 'write FLOAT' });
      break;
    case 'TIMESTAMP_TZ':
      fail('B016', type.span, 'TIMESTAMP WITH TIME ZONE is not a type of Flink', { help: 'write TIMESTAMP_LTZ' });
      break;
    case 'TIME_LTZ':
    case 'TIME_TZ':
      fail('B016', type.span, 'TIME with a time zone is not a type of Flink', { help: 'write TIME or TIMESTAMP_LTZ' });
      break;
    case 'NULL':
    case 'DESCRIPTOR':
    case 'GEOMETRY':
    case 'ANY':
    case 'CURSOR':
    case 'UUID':
      fail('B016', type.span, `${type.name} is not a type that a value can have`);
  }
}

function length(type: BasicType, written: number): number {
  if (written <= lengthMax) return written;
  fail('B016', type.span, `the length of ${type.name} is at most ${lengthMax}, not ${written}`);
}

/** As in Flink, digits above the most are left out without a word, but not those behind the point. */
function decimal(type: BasicType, digits: number, scale: number, nullable: boolean): SqlType {
  const precision = Math.min(digits, 38);
  if (digits < 1) fail('B016', type.span, 'the precision of DECIMAL is 1 to 38, not 0');
  if (scale > precision) {
    fail('B016', type.span, `the scale of DECIMAL(${digits}, ${scale}) is above its precision`, {
      help: digits > 38 ? 'a DECIMAL has at most 38 digits' : undefined,
    });
  }
  return DECIMAL(precision, scale, nullable);
}
