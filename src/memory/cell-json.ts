import type { CellValue } from './cell-value.ts';

/** What JSON has no form of is an object: a whole number of 64 bits and more, bytes, a number that is none. */
export type CellJson =
  | boolean
  | number
  | string
  | null
  | { readonly whole: string }
  | { readonly bytes: string }
  | { readonly float: string };

export function cellJson(value: CellValue): CellJson {
  if (typeof value === 'bigint') return { whole: String(value) };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') };
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)))
    return { float: Object.is(value, -0) ? '-0' : String(value) };
  return value;
}

export function cellValue(json: CellJson): CellValue {
  if (json === null || typeof json !== 'object') return json;
  if ('whole' in json) return BigInt(json.whole);
  if ('bytes' in json) return Uint8Array.from(Buffer.from(json.bytes, 'base64'));
  return Number(json.float);
}
