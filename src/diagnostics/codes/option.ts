/** O: an option of WITH, of SET or of a hint. */
export const optionCodes = {
  O001: 'unknown option',
  O002: 'a required option is missing',
  O003: 'the value of an option is malformed',
  O004: 'an option where none is allowed',
  O005: 'options that exclude each other',
  O006: 'unknown connector, format or catalog type',
  O007: 'a column whose type the format or connector cannot hold',
} as const;
