import { watermarkOptions } from '../common-options.ts';
import type { Connector } from '../connector.ts';

/** `blackhole`: takes every change and drops it. For measuring, and for the effect of a query on its own. */
export const blackholeConnector: Connector = {
  name: 'blackhole',
  options: watermarkOptions,
  format: 'none',
  metadata: new Map(),
  accepts: 'upsert',
  guarantee: () => ({ kind: 'none', how: 'rows are dropped' }),
  sink: () => ({
    accepts: 'upsert',
    open: async () => {},
    write: () => {},
    finish: async () => {},
    abort: async () => {},
  }),
};
