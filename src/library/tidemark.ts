import { join } from 'node:path';
import type { RecordBatch } from 'apache-arrow';
import type { ProgramLookup, ProgramRow, ProgramTable } from '../connectors/program/program-table.ts';
import { fail } from '../diagnostics/diagnostic.ts';
import { SourceText } from '../diagnostics/source-text.ts';
import { Engine } from '../engine.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import type { Statement } from '../sql/ast.ts';
import { parseScript } from '../sql/parse.ts';
import { defaultFolder } from '../streams/default-folder.ts';
import { BackgroundJob } from './background-job.ts';
import { type TableDeclaration, tableSql } from './declaration.ts';
import type {
  AggregateFunctionDefinition,
  AnyAggregateFunction,
  AnyScalarFunction,
  AnyTableFunction,
  FunctionParameters,
  ScalarFunctionDefinition,
  TableFunctionDefinition,
} from './function-types.ts';
import { aggregateProgram, scalarProgram, tableProgram } from './functions.ts';
import { type LookupTableDeclaration, lookupTableSql, programLookup } from './lookup-table.ts';
import { PushTable } from './push-table.ts';
import { Query } from './query.ts';
import { bufferRowsDefault } from './row-queue.ts';
import { programTable, type RowSource } from './row-sources.ts';
import type { Columns, InputRow } from './row-types.ts';
import { Streams } from './streams.ts';

/** How a handle is opened. */
export interface TidemarkOptions {
  /**
   * Where what outlives the program is: streams, under `FOLDER/streams`, and catalogs, under `FOLDER/catalogs`. By default
   * `.tidemark` where the program was started, as for the command line. It is made when it is first needed; a program
   * without either needs none.
   */
  readonly folder?: string | undefined;
  /** Settings as by SET: `{ 'table.local-time-zone': 'Europe/Oslo' }`. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** Wall time; by default the machine's. Tests own theirs. */
  readonly clock?: Clock | undefined;
  /** Where the connector `print` writes; by default to standard output. */
  readonly onPrint?: ((text: string) => void) | undefined;
}

/**
 * Streaming SQL in this process: tables of the program's, queries over them, and jobs that write.
 *
 * @example
 * await using tide = await Tidemark.open();
 * tide.table('payments', payments$, {
 *   columns: { card: 'STRING', amount: 'DECIMAL(10, 2)', paid_at: 'TIMESTAMP(3)' },
 *   watermark: { column: 'paid_at', delay: '5 seconds' },
 * });
 * const alerts = tide.query<{ card: string; n: bigint }>(`
 *   SELECT card, COUNT(*) AS n FROM TUMBLE(TABLE payments, DESCRIPTOR(paid_at), INTERVAL '1' MINUTE)
 *   GROUP BY card, window_start, window_end HAVING COUNT(*) > 5`);
 * alerts.rows$.subscribe(({ row }) => block(row.card));
 */
export class Tidemark {
  /** The embedded streams in the handle's folder; tables of connector `kinesis` are over the same. */
  readonly streams: Streams;
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #tables: Map<string, ProgramTable | ProgramLookup>;
  readonly #recordBatches: Map<string, readonly RecordBatch[]>;
  readonly #jobs = new Set<BackgroundJob>();
  #texts = 0;

  private constructor(options: TidemarkOptions) {
    const folder = options.folder ?? defaultFolder;
    const streamsFolder = join(folder, 'streams');
    this.#clock = options.clock ?? systemClock;
    this.streams = new Streams(streamsFolder, this.#clock);
    this.#tables = new Map();
    this.#recordBatches = new Map();
    this.#engine = new Engine({
      settings: options.settings,
      clock: this.#clock,
      streamsFolder,
      catalogsFolder: join(folder, 'catalogs'),
      // A program that names no folder is given no files that it did not ask for.
      keptRowsFolder: options.folder === undefined ? undefined : streamsFolder,
      programTables: this.#tables,
      recordBatches: this.#recordBatches,
      standardOutput: options.onPrint,
      standardError: options.onPrint,
    });
  }

  /** A handle with a catalog of its own. @throws DiagnosticError O003 for a setting's value that is none */
  static async open(options: TidemarkOptions = {}): Promise<Tidemark> {
    return new Tidemark(options);
  }

  /**
   * Declares a table whose rows come from the program: an array or other iterable, an async iterable, or an Observable.
   * Each query reads it from the start.
   * @throws DiagnosticError for what is wrong with the declaration, and for a name that is taken
   */
  table<const C extends Columns>(name: string, rows: RowSource<InputRow<C>>, declaration: TableDeclaration<C>): void {
    const rowsMax = declaration.bufferRows ?? bufferRowsDefault;
    this.#declare(name, declaration, programTable(name, rows as RowSource<ProgramRow>, rowsMax));
  }

  /** Declares a table that the program pushes rows into. @throws DiagnosticError as `table` */
  pushTable<const C extends Columns>(name: string, declaration: TableDeclaration<C>): PushTable<InputRow<C>> {
    const table = new PushTable<InputRow<C>>(name, declaration.bufferRows ?? bufferRowsDefault);
    this.#declare(name, declaration, table);
    return table;
  }

  /**
   * Declares a table that the program is asked for: rows are joined with what it has for their key just then.
   *
   * @example
   * tide.lookupTable('users', {
   *   columns: { id: 'INT', name: 'STRING' },
   *   key: ['id'],
   *   lookup: async ({ id }) => await users.findOne(id),
   *   cache: { maxRows: 10_000, expireAfterWrite: '10 min' },
   * });
   * const named = tide.query(`SELECT c.page, u.name
   *   FROM (SELECT *, PROCTIME() AS now FROM clicks) AS c
   *   LEFT JOIN users FOR SYSTEM_TIME AS OF c.now AS u ON c.user_id = u.id`);
   * @throws DiagnosticError as `table`
   */
  lookupTable<const C extends Columns, const Key extends keyof C & string>(
    name: string,
    declaration: LookupTableDeclaration<C, Key>,
  ): void {
    this.#engine.declare(lookupTableSql(name, declaration));
    this.#tables.set(name, programLookup(declaration));
  }

  /**
   * Declares a table over Arrow record batches. They are copied into the engine's memory as they are read; columns are
   * matched by name.
   * @throws DiagnosticError as `table`; when a query runs, for columns that the batches do not have, or have otherwise
   */
  arrowTable<const C extends Columns>(
    name: string,
    batches: readonly RecordBatch[],
    declaration: TableDeclaration<C>,
  ): void {
    this.#engine.declare(tableSql(name, declaration, { connector: 'arrow', batches: name }));
    this.#recordBatches.set(name, batches);
  }

  /**
   * Declares a scalar function of the program's for SQL: one value for the arguments of a row. Several signatures are a
   * list, see `scalarFunction`. `DROP TEMPORARY SYSTEM FUNCTION name` takes it away.
   *
   * @example
   * tide.function('normalize_phone', {
   *   parameters: ['STRING'],
   *   returns: 'STRING',
   *   call: (phone) => phone.replace(/\D/g, '').replace(/^00/, ''),
   * });
   * const calls = tide.query('SELECT normalize_phone(caller) AS caller, COUNT(*) AS n FROM calls GROUP BY normalize_phone(caller)');
   * @throws DiagnosticError for what is no type, and B015 for a name that is taken
   */
  function<
    const P extends FunctionParameters,
    const R extends string,
    Nulls extends 'propagate' | 'pass' = 'propagate',
  >(name: string, definition: ScalarFunctionDefinition<P, R, Nulls>): void;
  function(name: string, signatures: readonly AnyScalarFunction[]): void;
  function(name: string, definition: AnyScalarFunction | readonly AnyScalarFunction[]): void {
    this.#engine.defineFunction(scalarProgram(name, signaturesOf(definition)));
  }

  /**
   * Declares an aggregate function of the program's for SQL: one value for the rows of a group, a window or a frame.
   *
   * @example
   * tide.aggregateFunction('geo_mean', {
   *   parameters: ['DOUBLE'],
   *   returns: 'DOUBLE',
   *   accumulator: { n: 'BIGINT NOT NULL', logs: 'DOUBLE NOT NULL' },
   *   init: () => ({ n: 0n, logs: 0 }),
   *   add: ({ n, logs }, x) => ({ n: n + 1n, logs: logs + Math.log(x) }),
   *   retract: ({ n, logs }, x) => ({ n: n - 1n, logs: logs - Math.log(x) }),
   *   merge: (a, b) => ({ n: a.n + b.n, logs: a.logs + b.logs }),
   *   result: ({ n, logs }) => (n === 0n ? null : Math.exp(logs / Number(n))),
   * });
   * @throws DiagnosticError as `function`
   */
  aggregateFunction<
    const P extends FunctionParameters,
    const R extends string,
    const A extends Columns,
    Nulls extends 'skip' | 'pass' = 'skip',
  >(name: string, definition: AggregateFunctionDefinition<P, R, A, Nulls>): void;
  aggregateFunction(name: string, signatures: readonly AnyAggregateFunction[]): void;
  aggregateFunction(name: string, definition: AnyAggregateFunction | readonly AnyAggregateFunction[]): void {
    this.#engine.defineFunction(aggregateProgram(name, signaturesOf(definition)));
  }

  /**
   * Declares a table function of the program's for SQL: rows for the arguments of a row.
   *
   * @example
   * tide.tableFunction('split_words', {
   *   parameters: ['STRING'],
   *   columns: { word: 'STRING NOT NULL', place: 'INT NOT NULL' },
   *   *rows(text) {
   *     for (const [place, word] of text.split(' ').entries()) yield { word, place };
   *   },
   * });
   * const words = tide.query('SELECT id, word FROM posts, LATERAL TABLE(split_words(body)) AS w (word, place)');
   * @throws DiagnosticError as `function`
   */
  tableFunction<const P extends FunctionParameters, const C extends Columns, Nulls extends 'skip' | 'pass' = 'skip'>(
    name: string,
    definition: TableFunctionDefinition<P, C, Nulls>,
  ): void;
  tableFunction(name: string, signatures: readonly AnyTableFunction[]): void;
  tableFunction(name: string, definition: AnyTableFunction | readonly AnyTableFunction[]): void {
    this.#engine.defineFunction(tableProgram(name, signaturesOf(definition)));
  }

  /**
   * Runs a script: what declares and sets is done when the promise resolves; each INSERT and statement set runs on as a
   * job, told in the order of the script.
   * @throws DiagnosticError for the first statement that is refused (what stands before it is done), and for a query:
   * its rows are asked for with `query`
   */
  async execute(sql: string): Promise<readonly BackgroundJob[]> {
    const jobs: BackgroundJob[] = [];
    for (const statement of parseScript(this.#source(sql)).statements) {
      if (statement.kind === 'queryStatement')
        fail('B039', statement.span, 'execute gives no rows', { help: 'ask for them with query' });
      const job = await BackgroundJob.start(this.#engine, this.#clock, statement);
      if (job === null) continue;
      jobs.push(job);
      this.#jobs.add(job);
      const forget = (): void => void this.#jobs.delete(job);
      void job.done.then(forget, forget);
    }
    return jobs;
  }

  /**
   * A statement that answers with rows: a query, SHOW, DESCRIBE, EXPLAIN. Nothing runs until the rows are asked for.
   * `Row` says what they look like, by column name.
   * @throws DiagnosticError for what is wrong with the text; what is wrong with its meaning comes with the rows
   */
  query<Row = Readonly<Record<string, unknown>>>(sql: string): Query<Row> {
    const source = this.#source(sql);
    const { statements } = parseScript(source);
    const [statement, other] = statements;
    if (statement === undefined || other !== undefined) {
      const span = other?.span ?? { source, start: 0, end: sql.length };
      fail('B039', span, `query takes one statement, and this is ${statement === undefined ? 'none' : 'another'}`, {
        help: 'run a script with execute',
      });
    }
    return new Query<Row>(this.#engine, answering(statement));
  }

  /** The jobs of `execute` that run. */
  get jobs(): readonly BackgroundJob[] {
    return [...this.#jobs];
  }

  /** Stops all that runs, queries and readings too, waits for the jobs' ends, and closes the streams. The handle is not used again. */
  async close(): Promise<void> {
    const jobs = [...this.#jobs];
    this.#engine.close();
    await Promise.all(jobs.map((job) => job.cancel()));
    await this.streams.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #declare<C extends Columns>(name: string, declaration: TableDeclaration<C>, table: ProgramTable): void {
    this.#engine.declare(tableSql(name, declaration, { connector: 'program', table: name }));
    this.#tables.set(name, table);
  }

  /** Texts are numbered, so that an error can say in which it is. */
  #source(sql: string): SourceText {
    this.#texts++;
    return new SourceText(`sql-${this.#texts}`, sql);
  }
}

function signaturesOf<Definition>(definition: Definition | readonly Definition[]): readonly Definition[] {
  return Array.isArray(definition) ? definition : [definition as Definition];
}

/** @throws DiagnosticError B039 for a statement that has no rows to give */
function answering(statement: Statement): Statement {
  switch (statement.kind) {
    case 'queryStatement':
    case 'show':
    case 'describe':
    case 'explain':
      return statement;
    default:
      return fail('B039', statement.span, 'query takes a statement that answers with rows', {
        help: 'run others with execute',
      });
  }
}
