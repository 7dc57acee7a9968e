import type { LogicalNode } from '../logical.ts';

/**
 * Why a column that shows as a time attribute is none that rows come in the order of: it went through an aggregation
 * without windows, or is a measure of a match, whose time MATCH_ROWTIME alone tells. Null where it is one.
 */
export function lostTime(node: LogicalNode, column: number): 'aggregation' | 'match' | null {
  switch (node.kind) {
    case 'aggregate':
      return 'aggregation';
    case 'filter':
      return lostTime(node.input, column);
    case 'project': {
      const expression = node.expressions[column];
      return expression?.kind === 'column' ? lostTime(node.input, expression.index) : null;
    }
    case 'match': {
      const measure = node.measures[column - node.partition.length];
      if (measure?.kind === 'call' && measure.name === 'PROCTIME') return null;
      const reference = measure?.kind === 'column' ? node.references[measure.index] : undefined;
      return reference?.kind === 'time' ? null : 'match';
    }
    default:
      return null;
  }
}
