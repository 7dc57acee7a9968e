import { expectAsDuckdb } from '../../support/differential/expect-equal.ts';

expectAsDuckdb('groups of windows', 'sessions', 'overs of time');
