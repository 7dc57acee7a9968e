import { type CellJson, cellJson, cellValue } from '../../memory/cell-json.ts';
import type { CellValue } from '../../memory/cell-value.ts';

/** A checkpoint of a job. */
export interface KeptSince {
  /** The name of the job's folder. */
  readonly state: string;
  /** 0: none yet. */
  readonly epoch: number;
}

/** What is known of a kept row, beside its bytes. */
export interface KeptFacts {
  /** When it was kept. */
  readonly atMs: number;
  readonly job: string;
  /** The operator that had it, by its id in the plan; null: it was not decoded. */
  readonly operator: string | null;
  readonly shard: string | null;
  /** Sequence number, or byte; null where the source has none. */
  readonly offset: string | null;
  /** Tells the rows of one record apart, and the times that one row was dropped. */
  readonly part: string;
  /** Names the run where the source gives other rows at the same offsets the next time; null where it can be read again. */
  readonly run: string | null;
  /** Of a job that makes checkpoints: the last that had begun by then. */
  readonly since?: KeptSince | undefined;
  /** Of a late row: the watermark before it, and its event time as far as the operator saw it. */
  readonly late?: { readonly watermarkMs: number; readonly timeMs: number | null };
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly place: string | null;
    readonly column: string | null;
    readonly line: number | null;
  };
}

/** A row as it is kept: in the bytes that were read, and what the source knew of it beside; or as the operator saw it. */
export interface KeptRecord extends KeptFacts {
  readonly raw: Uint8Array | null;
  /** Whether the bytes are all of one record, whatever line feeds they have. */
  readonly isWhole: boolean;
  /** Which of the record's rows. */
  readonly row: number;
  /** By the columns' names: what stands not in the bytes. */
  readonly values: Readonly<Record<string, CellValue>>;
  /** The operator's row as JSON, where it is none of the table any more. */
  readonly shown: string | null;
}

/**
 * A job goes on from a checkpoint. What it had kept since is met again: it is kept again, or it is not late any more, as
 * where a shard was left out for a while.
 */
export interface KeptReturn {
  readonly goesOnFrom: KeptSince;
}

export function encodeReturn(goesOn: KeptReturn): Uint8Array {
  return Buffer.from(`${JSON.stringify(goesOn)}\n`);
}

/** A line of JSON, then the bytes as they were read. */
export function encodeKept({ raw, values, ...rest }: KeptRecord): Uint8Array {
  const cells = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, cellJson(value)]));
  const head = Buffer.from(`${JSON.stringify({ ...rest, values: cells, isRaw: raw !== null })}\n`);
  return raw === null ? head : Buffer.concat([head, raw]);
}

export function decodeKept(bytes: Uint8Array): KeptRecord | KeptReturn {
  const end = bytes.indexOf(10);
  const head: unknown = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString());
  if ('goesOnFrom' in (head as object)) return head as KeptReturn;
  const { isRaw, values, ...rest } = head as Omit<KeptRecord, 'raw' | 'values'> & {
    readonly isRaw: boolean;
    readonly values: Readonly<Record<string, CellJson>>;
  };
  const cells = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, cellValue(value)]));
  return { ...rest, values: cells, raw: isRaw ? Uint8Array.from(bytes.subarray(end + 1)) : null };
}
