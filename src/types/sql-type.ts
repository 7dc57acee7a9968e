/**
 * The SQL types of Flink 2.2, as immutable values.
 *
 * `nullable` is part of the type, as in Flink. A time attribute is a property of a column
 * (`Column.timeAttribute`), not of a type.
 */
export type SqlType =
  | {
      readonly kind: 'BOOLEAN' | 'TINYINT' | 'SMALLINT' | 'INT' | 'BIGINT' | 'FLOAT' | 'DOUBLE' | 'DATE';
      readonly nullable: boolean;
    }
  | DecimalType
  | TextType
  | TimeType
  | { readonly kind: 'INTERVAL_YEAR_MONTH'; readonly nullable: boolean; readonly resolution: string }
  | { readonly kind: 'INTERVAL_DAY_TIME'; readonly nullable: boolean; readonly resolution: string }
  | ArrayType
  | MapType
  | MultisetType
  | RowType
  | { readonly kind: 'VARIANT'; readonly nullable: boolean }
  /** The type of a bare NULL. */
  | { readonly kind: 'NULL'; readonly nullable: true };

/** p 1..38, s 0..p. */
export interface DecimalType {
  readonly kind: 'DECIMAL';
  readonly precision: number;
  readonly scale: number;
  readonly nullable: boolean;
}

/** Length in code points (CHAR, VARCHAR) or bytes (BINARY, VARBINARY). STRING is VARCHAR(lengthMax), BYTES VARBINARY(lengthMax). */
export interface TextType {
  readonly kind: 'CHAR' | 'VARCHAR' | 'BINARY' | 'VARBINARY';
  readonly length: number;
  readonly nullable: boolean;
}

/** Precision: digits of the fraction of a second, 0..9. */
export interface TimeType {
  readonly kind: 'TIME' | 'TIMESTAMP' | 'TIMESTAMP_LTZ';
  readonly precision: number;
  readonly nullable: boolean;
}

export interface ArrayType {
  readonly kind: 'ARRAY';
  readonly element: SqlType;
  readonly nullable: boolean;
}

export interface MapType {
  readonly kind: 'MAP';
  readonly key: SqlType;
  readonly value: SqlType;
  readonly nullable: boolean;
}

export interface MultisetType {
  readonly kind: 'MULTISET';
  readonly element: SqlType;
  readonly nullable: boolean;
}

export interface RowType {
  readonly kind: 'ROW';
  readonly fields: readonly RowField[];
  readonly nullable: boolean;
  /** Of a STRUCTURED type, which is a ROW in all else: the name of its class. */
  readonly className?: string;
}

export interface RowField {
  readonly name: string;
  readonly type: SqlType;
}

/** The length of STRING and BYTES: 2^31 - 1. */
export const lengthMax = 2_147_483_647;

type SimpleKind = 'BOOLEAN' | 'TINYINT' | 'SMALLINT' | 'INT' | 'BIGINT' | 'FLOAT' | 'DOUBLE' | 'DATE';

const simple =
  (kind: SimpleKind) =>
  (nullable = true): SqlType => ({ kind, nullable });

/** Makers of types; nullable unless told otherwise. */
export const BOOLEAN = simple('BOOLEAN');
export const TINYINT = simple('TINYINT');
export const SMALLINT = simple('SMALLINT');
export const INT = simple('INT');
export const BIGINT = simple('BIGINT');
export const FLOAT = simple('FLOAT');
export const DOUBLE = simple('DOUBLE');
export const DATE = simple('DATE');
export const NULL_TYPE: SqlType = { kind: 'NULL', nullable: true };
export const STRING = (nullable = true): TextType => ({ kind: 'VARCHAR', length: lengthMax, nullable });
export const BYTES = (nullable = true): TextType => ({ kind: 'VARBINARY', length: lengthMax, nullable });
export const VARCHAR = (length: number, nullable = true): TextType => ({ kind: 'VARCHAR', length, nullable });
export const CHAR = (length: number, nullable = true): TextType => ({ kind: 'CHAR', length, nullable });
export const DECIMAL = (precision: number, scale: number, nullable = true): DecimalType => ({
  kind: 'DECIMAL',
  precision,
  scale,
  nullable,
});
export const TIME = (precision: number, nullable = true): TimeType => ({ kind: 'TIME', precision, nullable });
export const TIMESTAMP = (precision: number, nullable = true): TimeType => ({ kind: 'TIMESTAMP', precision, nullable });
export const TIMESTAMP_LTZ = (precision: number, nullable = true): TimeType => ({
  kind: 'TIMESTAMP_LTZ',
  precision,
  nullable,
});
export const INTERVAL_DAY_TIME = (nullable = true, resolution = 'SECOND(3)'): SqlType => ({
  kind: 'INTERVAL_DAY_TIME',
  nullable,
  resolution,
});
export const INTERVAL_YEAR_MONTH = (nullable = true, resolution = 'MONTH'): SqlType => ({
  kind: 'INTERVAL_YEAR_MONTH',
  nullable,
  resolution,
});
export const ARRAY = (element: SqlType, nullable = true): ArrayType => ({ kind: 'ARRAY', element, nullable });
export const MAP = (key: SqlType, value: SqlType, nullable = true): MapType => ({ kind: 'MAP', key, value, nullable });
export const MULTISET = (element: SqlType, nullable = true): MultisetType => ({ kind: 'MULTISET', element, nullable });
export const ROW = (fields: readonly RowField[], nullable = true): RowType => ({ kind: 'ROW', fields, nullable });
export const STRUCTURED = (className: string, fields: readonly RowField[], nullable = true): RowType => ({
  kind: 'ROW',
  fields,
  nullable,
  className,
});

/** Whether values of the type have parts of their own, and stand as bytes (see `memory/nested.ts`). */
export function isNested({ kind }: SqlType): boolean {
  return kind === 'ROW' || kind === 'ARRAY' || kind === 'MAP' || kind === 'MULTISET';
}

/** The same type with another nullability. */
export function withNullable<T extends SqlType>(type: T, nullable: boolean): T {
  return type.nullable === nullable || type.kind === 'NULL' ? type : { ...type, nullable };
}

/** Equal but for nullability, at every depth unless `exact`. */
export function sameType(a: SqlType, b: SqlType, options: { readonly exact?: boolean } = {}): boolean {
  if (a.kind !== b.kind || (options.exact === true && a.nullable !== b.nullable)) return false;
  switch (a.kind) {
    case 'DECIMAL': {
      const other = b as DecimalType;
      return a.precision === other.precision && a.scale === other.scale;
    }
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
      return a.length === (b as TextType).length;
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return a.precision === (b as TimeType).precision;
    case 'ARRAY':
    case 'MULTISET':
      return sameType(a.element, (b as ArrayType).element, options);
    case 'MAP': {
      const other = b as MapType;
      return sameType(a.key, other.key, options) && sameType(a.value, other.value, options);
    }
    case 'ROW': {
      const other = b as RowType;
      return (
        a.className === other.className &&
        a.fields.length === other.fields.length &&
        a.fields.every((field, at) => {
          const its = other.fields[at];
          return its !== undefined && its.name === field.name && sameType(field.type, its.type, options);
        })
      );
    }
    default:
      return true;
  }
}

/** Flink's summary string: `DECIMAL(10, 2) NOT NULL`, `ROW<\`a\` INT, \`b\` STRING>`. */
export function typeText(type: SqlType, form: TypeTextForm = 'summary'): string {
  const bare = bareText(type, form);
  return type.nullable ? bare : `${bare} NOT NULL`;
}

/** `serial` writes out what `summary` has short words for: `VARCHAR(2147483647)`, `TIMESTAMP(3) WITH LOCAL TIME ZONE`. */
export type TypeTextForm = 'summary' | 'serial';

function bareText(type: SqlType, form: TypeTextForm): string {
  switch (type.kind) {
    case 'DECIMAL':
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case 'VARCHAR':
      return type.length === lengthMax && form === 'summary' ? 'STRING' : `VARCHAR(${type.length})`;
    case 'VARBINARY':
      return type.length === lengthMax && form === 'summary' ? 'BYTES' : `VARBINARY(${type.length})`;
    case 'CHAR':
    case 'BINARY':
      return `${type.kind}(${type.length})`;
    case 'TIMESTAMP_LTZ':
      if (form === 'serial') return `TIMESTAMP(${type.precision}) WITH LOCAL TIME ZONE`;
      return `TIMESTAMP_LTZ(${type.precision})`;
    case 'TIME':
    case 'TIMESTAMP':
      return `${type.kind}(${type.precision})`;
    case 'INTERVAL_YEAR_MONTH':
    case 'INTERVAL_DAY_TIME':
      return `INTERVAL ${type.resolution}`;
    case 'ARRAY':
      return `ARRAY<${typeText(type.element, form)}>`;
    case 'MULTISET':
      return `MULTISET<${typeText(type.element, form)}>`;
    case 'MAP':
      return `MAP<${typeText(type.key, form)}, ${typeText(type.value, form)}>`;
    case 'ROW': {
      const fields = type.fields.map((field) => `\`${field.name}\` ${typeText(field.type, form)}`).join(', ');
      return type.className === undefined ? `ROW<${fields}>` : `STRUCTURED<'${type.className}', ${fields}>`;
    }
    default:
      return type.kind;
  }
}
