/**
 * Offsets in the struct of a decoder of text records, as kernels/json-decode.ts draws it; kernels/csv-decode.ts and
 * kernels/raw-decode.ts have the same places for what they share.
 */
export const recordStruct = {
  root: 0,
  options: 4,
  base: 8,
  scratch: 12,
  scratchEnd: 16,
  scratchTop: 20,
  next: 24,
  status: 28,
  malformed: 32,
  misses: 36,
  lastMiss: 40,
  problem: 44,
  problemField: 48,
  problemFrom: 52,
  problemTo: 56,
  recordFrom: 60,
  recordTo: 64,
  insideArray: 68,
  records: 72,
  kinds: 76,
  envelope: 80,
  envelopeField: 84,
  payloadField: 88,
  /** 1 when the bytes end the shard. */
  atEnd: 92,
  /** CSV: addresses of the fields by column (0: not read), and how many there are. */
  csvFields: 96,
  csvFieldCount: 100,
  csvAskedCount: 104,
  csvDelimiter: 108,
  csvQuote: 112,
  csvEscape: 116,
  csvNull: 120,
  csvNullLength: 124,
  csvElementDelimiter: 128,
  csvElementDelimiterLength: 132,
  csvComments: 136,
  bytes: 144,
} as const;

/** Why decoding stopped. */
export const recordStatus = { done: 0, failed: 1, noRoom: 2, noRows: 3 } as const;

/** Bits of a text decoder's options, as in kernels/field.ts. */
export const decoderOption = { ignoreErrors: 1, failOnMissing: 2, iso: 4, tree: 8 } as const;

/** What is wrong with a record. */
export const recordProblem = {
  malformed: 1,
  value: 2,
  missing: 3,
  null: 4,
  notObject: 5,
  tooDeep: 6,
  notUtf8: 7,
  corruptChange: 8,
  unknownChange: 9,
  noBeforeUpdate: 10,
  noBeforeDelete: 11,
  tooFewFields: 12,
  tooManyFields: 13,
  openQuote: 14,
  wrongSize: 15,
} as const;

/** Change formats over JSON, by the number that the kernels know. */
export const jsonEnvelope = { none: 0, debezium: 1, canal: 2, maxwell: 3, ogg: 4 } as const;
