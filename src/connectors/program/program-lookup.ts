import { DiagnosticError, error, fail } from '../../diagnostics/diagnostic.ts';
import { Arena } from '../../memory/arena.ts';
import type { Batch } from '../../memory/batch.ts';
import { writeBatch } from '../../memory/batch-writer.ts';
import type { CellValue } from '../../memory/cell-value.ts';
import { type JsValue, toJs } from '../../types/js-value.ts';
import type { LookupRequest, LookupSource } from '../connector.ts';
import type { ProgramLookup, ProgramRow } from './program-table.ts';
import { RowCells } from './row-cells.ts';

/** The rows of keys that the embedding program finds: several keys at a time, their rows in the order of the keys. */
export class ProgramLookupSource implements LookupSource {
  readonly #request: LookupRequest;
  readonly #arena: Arena;
  readonly #cells: RowCells;
  readonly #keys: readonly { readonly name: string; readonly value: (cell: CellValue) => JsValue }[];
  #table: ProgramLookup | null = null;

  constructor(request: LookupRequest, keys: readonly string[]) {
    this.#request = request;
    this.#arena = new Arena(request.memory, 1 << 16);
    this.#cells = new RowCells(request.table, request.columns);
    this.#keys = keys.map((name) => {
      const column = request.tableColumns.find((each) => each.name === name);
      if (column === undefined) throw new Error(`no column ${name}`);
      return { name, value: toJs(column.type) as (cell: CellValue) => JsValue };
    });
  }

  async open(): Promise<void> {
    const { options, programTables } = this.#request;
    const name = options.string('table') ?? '';
    const table = programTables.get(name);
    if (table === undefined || !('lookup' in table)) {
      fail('O006', options.span('table'), `the program looks up no table '${name}'`, {
        help: 'it declares it by lookupTable before a statement joins it',
      });
    }
    this.#table = table;
  }

  async *rows(keys: readonly (readonly CellValue[])[], signal: AbortSignal): AsyncGenerator<Batch> {
    const { memory, columns, rowsMax } = this.#request;
    let first = 0;
    for (let from = 0; from < keys.length; from += rowsMax) {
      const rows = (await this.#answers(keys.slice(from, from + rowsMax), signal)).flat();
      for (let at = 0; at < rows.length; at += rowsMax) {
        const cells = rows.slice(at, at + rowsMax).map((row, index) => this.#cells.of(row, first + at + index));
        this.#arena.reset();
        yield writeBatch(memory, this.#arena, columns, cells);
      }
      first += rows.length;
    }
  }

  async close(): Promise<void> {
    this.#arena.release();
  }

  /** Each key's rows; as many are asked for at a time as the table takes. */
  async #answers(keys: readonly (readonly CellValue[])[], signal: AbortSignal): Promise<readonly ProgramRow[][]> {
    const found: ProgramRow[][] = keys.map(() => []);
    let next = 0;
    const work = async (): Promise<void> => {
      for (let at = next++; at < keys.length && !signal.aborted; at = next++) {
        found[at] = await this.#rowsOf(this.#key(keys[at] ?? []), signal);
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#request.method.capacity, keys.length) }, work));
    return found;
  }

  #key(cells: readonly CellValue[]): ProgramRow {
    return Object.fromEntries(this.#keys.map(({ name, value }, at) => [name, value(cells[at] ?? null)]));
  }

  /** The rows of a key; asked for again where none is there yet, as the LOOKUP hint says. */
  async #rowsOf(key: ProgramRow, signal: AbortSignal): Promise<ProgramRow[]> {
    const { retry } = this.#request.method;
    for (let left = retry?.attempts ?? 0; ; left--) {
      const rows = await this.#asked(key, signal);
      if (rows.length > 0 || left === 0 || retry === null || signal.aborted) return rows;
      await paused(retry.delayMs, signal);
    }
  }

  async #asked(key: ProgramRow, signal: AbortSignal): Promise<ProgramRow[]> {
    const retries = this.#request.options.int('lookup.max-retries') ?? 0;
    for (let left = retries; ; left--) {
      try {
        const answer = await withinTime(this.#lookup(key), this.#request.method.timeoutMs, signal);
        if (answer === null || answer === undefined) return [];
        return (Array.isArray(answer) ? [...answer] : [answer]) as ProgramRow[];
      } catch (thrown) {
        if (left > 0 && !signal.aborted) continue;
        throw this.#failed(key, thrown);
      }
    }
  }

  async #lookup(key: ProgramRow): Promise<unknown> {
    return await this.#table?.lookup(key);
  }

  #failed(key: ProgramRow, thrown: unknown): DiagnosticError {
    const { table } = this.#request;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    const values = Object.entries(key).map(([name, value]) => `${name} = ${String(value)}`);
    const message = `the lookup in "${table.path.name}" failed: ${reason}`;
    return new DiagnosticError(
      [error('F018', table.span, message, { notes: [`the key: ${values.join(', ')}`] })],
      thrown,
    );
  }
}

/** @throws Error when it takes longer, or the job is stopped */
async function withinTime<T>(work: Promise<T>, timeoutMs: number, signal: AbortSignal): Promise<T> {
  const waiting = new AbortController();
  const late = paused(timeoutMs, AbortSignal.any([signal, waiting.signal])).then(() => {
    throw new Error(`no answer within ${timeoutMs} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    late.catch(() => {});
    waiting.abort();
  }
}

/** Resolves after so long, or as soon as the signal is aborted. */
function paused(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
