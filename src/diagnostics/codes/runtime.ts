/** F: a failure while running: a malformed row, a value out of range, a file. */
export const runtimeCodes = {
  F001: 'a value could not be computed for a row',
  F012: 'a field could not be read as its type',
} as const
