/** O: an option of WITH, of SET or of a hint. */
export const optionCodes = {
  O001: 'unknown option',
  O002: 'a required option is missing',
  O003: 'the value of an option is malformed',
} as const
