/** W: legal SQL that is parsed and not executed yet. */
export const unsupportedCodes = {
  W001: 'a statement that is not executed yet',
  W002: 'a query clause that is not executed yet',
  W003: 'an expression that is not executed yet',
  W004: 'a function that is not executed yet',
  W005: 'a type that is not executed yet',
} as const;
