/** The kernels of JSON, as JavaScript calls them: see kernels/json-decode.ts. */
export interface JsonKernels {
  jsonDecode(decoder: number, from: number, end: number, row: number, rowsMax: number, recordsMax: number): number;
}
