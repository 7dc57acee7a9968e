import type { Identifier, Node, QualifiedName, Text } from './node.ts';

/** A type as written, before it is given a meaning. */
export type TypeName = BasicType | CollectionType | MapType | RowType | StructuredType | RawType | NamedType;

interface TypeNode extends Node {
  /** NOT NULL or NULL written after the type; null where nothing is. */
  readonly isNullable: boolean | null;
}

/** `INT`, `VARCHAR(3)`, `DECIMAL(10, 2)`, `TIMESTAMP(3) WITH LOCAL TIME ZONE`, `INTERVAL DAY TO SECOND(3)`. */
export interface BasicType extends TypeNode {
  readonly kind: 'basicType';
  /** One word, synonyms resolved: CHARACTER VARYING is VARCHAR, DEC is DECIMAL, TIMESTAMP_LTZ stays. */
  readonly name: BasicTypeName;
  /** The numbers in brackets: length; precision and scale; of an interval, -1 for a first one that is not written. */
  readonly parameters: readonly number[];
}

export type BasicTypeName =
  | 'CHAR'
  | 'VARCHAR'
  | 'STRING'
  | 'BOOLEAN'
  | 'BINARY'
  | 'VARBINARY'
  | 'BYTES'
  | 'DECIMAL'
  | 'TINYINT'
  | 'SMALLINT'
  | 'INT'
  | 'BIGINT'
  | 'FLOAT'
  | 'REAL'
  | 'DOUBLE'
  | 'DATE'
  | 'TIME'
  | 'TIME_LTZ'
  | 'TIME_TZ'
  | 'TIMESTAMP'
  | 'TIMESTAMP_LTZ'
  | 'TIMESTAMP_TZ'
  | 'INTERVAL YEAR'
  | 'INTERVAL YEAR TO MONTH'
  | 'INTERVAL MONTH'
  | 'INTERVAL DAY'
  | 'INTERVAL DAY TO HOUR'
  | 'INTERVAL DAY TO MINUTE'
  | 'INTERVAL DAY TO SECOND'
  | 'INTERVAL HOUR'
  | 'INTERVAL HOUR TO MINUTE'
  | 'INTERVAL HOUR TO SECOND'
  | 'INTERVAL MINUTE'
  | 'INTERVAL MINUTE TO SECOND'
  | 'INTERVAL SECOND'
  | 'INTERVAL QUARTER'
  | 'INTERVAL WEEK'
  | 'NULL'
  | 'VARIANT'
  | 'DESCRIPTOR'
  | 'GEOMETRY'
  | 'ANY'
  | 'CURSOR'
  | 'UUID';

/** `ARRAY<INT>`, `INT ARRAY`, `MULTISET<STRING>`, `STRING MULTISET`. */
export interface CollectionType extends TypeNode {
  readonly kind: 'collectionType';
  readonly collection: 'ARRAY' | 'MULTISET';
  readonly element: TypeName;
}

export interface MapType extends TypeNode {
  readonly kind: 'mapType';
  readonly key: TypeName;
  readonly value: TypeName;
}

/** `ROW<a INT, b STRING COMMENT 'x'>`, `ROW(a INT)`. */
export interface RowType extends TypeNode {
  readonly kind: 'rowType';
  readonly fields: readonly RowTypeField[];
}

export interface RowTypeField extends Node {
  readonly kind: 'rowTypeField';
  readonly name: Identifier;
  readonly type: TypeName;
  readonly comment: Text | null;
}

/** `STRUCTURED<'com.example.Point', x INT, y INT>` */
export interface StructuredType extends TypeNode {
  readonly kind: 'structuredType';
  readonly className: Text;
  readonly fields: readonly RowTypeField[];
}

/** `RAW('class', 'serializer')` */
export interface RawType extends TypeNode {
  readonly kind: 'rawType';
  readonly className: Text;
  readonly serializer: Text;
}

/** A user-defined type, or a name that is no type at all: the binder says which. */
export interface NamedType extends TypeNode {
  readonly kind: 'namedType';
  readonly name: QualifiedName;
}
