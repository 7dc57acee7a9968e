/**
 * Words that the grammar takes and hardly anyone wants: what Flink's grammar has from the standard, and statements that
 * have no meaning over streams. They are offered where no other word goes on from what was typed.
 */
export const rareWords: ReadonlySet<string> = new Set([
  ...['ADD', 'ANALYZE', 'BEGIN', 'CALL', 'DELETE', 'END', 'LOAD', 'MERGE', 'REMOVE', 'REPLACE', 'STOP', 'TRUNCATE'],
  ...['UNLOAD', 'UPDATE', 'UPSERT', 'VALUE', 'SPECIFIC', 'CONTAINS', 'EQUALS', 'IMMEDIATELY', 'MEMBER', 'MULTISET'],
  ...[
    'OVERLAPS',
    'PRECEDES',
    'SUCCEEDS',
    'SUBMULTISET',
    'PIVOT',
    'UNPIVOT',
    'TABLESAMPLE',
    'RAW',
    'STRUCTURED',
    'ANY',
    'STREAM',
  ],
]);
