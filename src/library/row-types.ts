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
                : T extends `MAP<${infer Parts}>`
                  ? ReadonlyMap<ValueOf<KeyOf<Parts>>, ValueOf<HeldOf<Parts>>>
                  : T extends `MULTISET<${infer Element}>`
                    ? ReadonlyMap<ValueOf<Element>, number>
                    : T extends `ROW<${infer Fields}>`
                      ? OutputRow<FieldsOf<Fields>>
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
          : T extends `MAP<${infer Parts}>`
            ?
                | ReadonlyMap<ValueOf<KeyOf<Parts>>, InputOf<HeldOf<Parts>>>
                | Readonly<Record<string, InputOf<HeldOf<Parts>>>>
            : T extends `ROW<${infer Fields}>`
              ? InputRow<FieldsOf<Fields>>
              : PresentValue<T>;

/** The parts of a list at its commas, but for those within brackets: `a DECIMAL(4, 1), b INT` has two. */
type Parts<List extends string, Open extends string = ''> = List extends `${infer Head},${infer Rest}`
  ? Closes<`${Open}${Head}`> extends true
    ? [Trimmed<`${Open}${Head}`>, ...Parts<Rest>]
    : Parts<Rest, `${Open}${Head},`>
  : [Trimmed<`${Open}${List}`>];

/** Whether as many brackets are closed as opened. */
type Closes<Text extends string> = [Count<Text, '<'>, Count<Text, '('>] extends [Count<Text, '>'>, Count<Text, ')'>]
  ? true
  : false;

type Count<
  Text extends string,
  Sign extends string,
  Found extends unknown[] = [],
> = Text extends `${string}${Sign}${infer Rest}` ? Count<Rest, Sign, [...Found, Sign]> : Found['length'];

type Trimmed<Text extends string> = Text extends ` ${infer Rest}` | `\n${infer Rest}` ? Trimmed<Rest> : Text;

type KeyOf<List extends string> = Parts<List> extends [infer Key extends string, ...unknown[]] ? Key : never;
type HeldOf<List extends string> = Parts<List> extends [unknown, infer Held extends string] ? Held : never;

/** The fields of a ROW as columns: `a INT, b STRING` has `a` and `b`. */
type FieldsOf<List extends string> = {
  readonly [Field in Parts<List>[number] as FieldName<Field>]: FieldType<Field>;
};

type FieldName<Field extends string> = Field extends `\`${infer Name}\` ${string}`
  ? Name
  : Field extends `${infer Name} ${string}`
    ? Name
    : never;

type FieldType<Field extends string> = Field extends `\`${string}\` ${infer Type}`
  ? Trimmed<Type>
  : Field extends `${string} ${infer Type}`
    ? Trimmed<Type>
    : never;

/** Columns of a table and their SQL types: `{ card: 'STRING', amount: 'DECIMAL(10, 2)' }`. */
export type Columns = Readonly<Record<string, string>>;

/** A row that is given to a table of these columns. What is left out is NULL. */
export type InputRow<C extends Columns> = {
  readonly [K in keyof C as undefined extends InputOf<C[K]> ? never : K]: InputOf<C[K]>;
} & { readonly [K in keyof C as undefined extends InputOf<C[K]> ? K : never]?: InputOf<C[K]> };

/** A row as a query over these columns gives it. */
export type OutputRow<C extends Columns> = { readonly [K in keyof C]: ValueOf<C[K]> };
