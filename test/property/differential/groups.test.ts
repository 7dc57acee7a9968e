import { expectAsDuckdb } from '../../support/differential/expect-equal.ts';

expectAsDuckdb('groups', 'rankings', 'overs');
