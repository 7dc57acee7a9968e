import { STRING } from '../../types/sql-type.ts';
import type { ScalarFunction } from '../scalar-function.ts';

const currentDatabase: ScalarFunction = {
  name: 'CURRENT_DATABASE',
  category: 'value',
  summary: 'The name of the current database; in a view that of the session which reads it.',
  examples: [{ sql: 'CURRENT_DATABASE()', result: 'default_database' }],
  overloads: [
    {
      params: [],
      returns: () => STRING(false),
      code: { kind: 'wasm', write: (w, _, type) => w.host(() => w.session.database, [], type) },
    },
  ],
};

export const currentDatabaseFunctions: readonly ScalarFunction[] = [currentDatabase];
