/** The value that the engine gives for a type written in SQL: `'BIGINT NOT NULL'` is a bigint. See `types/js-value.ts`. */
export type ValueOf<T extends string> = T extends `${infer Bare} NOT NULL`
  ? PresentValue<Bare>
  : PresentValue<T> | null;

type PresentValue<T extends string> = T extends 'BOOLEAN'
  ? boolean
  : T extends 'TINYINT' | 'SMALLINT' | 'INT' | 'INTEGER' | 'FLOAT' | 'DOUBLE'
    ? number
    : T extends 'BIGINT'
      ? bigint
      : T extends
            | 'STRING'
            | `VARCHAR${string}`
            | `CHAR${string}`
            | `DECIMAL${string}`
            | 'DATE'
            | `TIME`
            | `TIME(${string}`
        ? string
        : T extends TimeText
          ? Date
          : T extends `TIMESTAMP${string}`
            ? string
            : T extends 'BYTES' | `VARBINARY${string}` | `BINARY${string}`
              ? Uint8Array
              : T extends `ARRAY<${infer Element}>`
                ? readonly ValueOf<Element>[]
                : T extends `MAP<${infer Key}, ${infer Held}>`
                  ? ReadonlyMap<ValueOf<Key>, ValueOf<Held>>
                  : T extends `MULTISET<${infer Element}>`
                    ? ReadonlyMap<ValueOf<Element>, number>
                    : unknown;

/** Time stamps that a Date holds. */
type TimeText = `${'TIMESTAMP' | 'TIMESTAMP_LTZ'}(${0 | 1 | 2 | 3})`;

/** What a program may give for a type written in SQL. */
export type InputOf<T extends string> = T extends `${infer Bare} NOT NULL`
  ? PresentInput<Bare>
  : PresentInput<T> | null | undefined;

type PresentInput<T extends string> = T extends
  | 'TINYINT'
  | 'SMALLINT'
  | 'INT'
  | 'INTEGER'
  | 'BIGINT'
  | 'FLOAT'
  | 'DOUBLE'
  ? number | bigint
  : T extends `DECIMAL${string}`
    ? string | number | bigint
    : T extends `TIMESTAMP${string}`
      ? Date | string | number
      : T extends 'DATE'
        ? string | Date
        : T extends `ARRAY<${infer Element}>`
          ? readonly InputOf<Element>[]
          : T extends `MAP<${infer Key}, ${infer Held}>`
            ? ReadonlyMap<ValueOf<Key>, InputOf<Held>> | Readonly<Record<string, InputOf<Held>>>
            : PresentValue<T>;

/** Columns of a table and their SQL types: `{ card: 'STRING', amount: 'DECIMAL(10, 2)' }`. */
export type Columns = Readonly<Record<string, string>>;

/** A row that is given to a table of these columns. What is left out is NULL. */
export type InputRow<C extends Columns> = {
  readonly [K in keyof C as undefined extends InputOf<C[K]> ? never : K]: InputOf<C[K]>;
} & { readonly [K in keyof C as undefined extends InputOf<C[K]> ? K : never]?: InputOf<C[K]> };

/** A row as a query over these columns gives it. */
export type OutputRow<C extends Columns> = { readonly [K in keyof C]: ValueOf<C[K]> };
