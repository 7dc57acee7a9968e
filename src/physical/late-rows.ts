import type { Work } from './graph.ts';

/** Whether the work tells late rows from others. */
export function dropsLateRows(work: Work): boolean {
  switch (work.kind) {
    case 'window-aggregate':
      return work.window.time === 'event';
    case 'session-window':
      return work.window.time === 'event';
    case 'top-n':
      return work.window !== null;
    case 'deduplicate':
      return work.window !== null || (work.time === 'event' && work.keep === 'first');
    case 'over':
    case 'sort':
    case 'match':
      return work.time === 'event';
    case 'join':
      return work.method.kind === 'window';
    case 'aggregate':
    case 'collect':
    case 'limit':
    case 'multi-join':
    case 'union':
    case 'upsert-materialize':
    case 'values':
      return false;
  }
}
