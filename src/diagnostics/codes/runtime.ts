/** F: a failure while running: a malformed row, a value out of range, a file. */
export const runtimeCodes = {
  F001: 'a value could not be computed for a row',
  F010: 'a record is malformed',
  F011: 'a field is missing, or NULL where none may be',
  F012: 'a field could not be read as its type',
  F013: 'a file or folder could not be read',
  F014: 'a file or folder could not be written',
  F015: 'a value could not be written',
  F016: 'more rows wait than a table may hold',
  F017: 'a function of the program failed, or gave no value of its type',
  F018: 'a table could not be looked up',
  F019: 'what a catalog has kept in its folder is damaged, or of another version',
  F020: 'another process changes the same catalog',
  F021: 'a job cannot go on from its checkpoint',
  F022: 'a job has failed, and runs again from its last checkpoint',
  F023: 'a job needs more memory than it may have',
  F024: 'a table of a job with checkpoints cannot be read on from where it was',
} as const;
