import { expectAsDuckdb } from '../../support/differential/expect-equal.ts';

expectAsDuckdb('filters', 'set operations', 'laterals');
