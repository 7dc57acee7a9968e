import type { Table } from '../../catalog/table.ts';
import { sameType } from '../../types/sql-type.ts';
import { expressionAt } from '../columns-read.ts';
import type { Expression } from '../expression.ts';
import type { LogicalNode, LogicalScan, LogicalSink, ScanFilter, ScanOperator, ScanTerm } from '../logical.ts';
import { columnsOf, conjuncts, mapColumns } from '../same-expression.ts';
import { countReaders, readersFirst, rewriteNodes } from '../walk.ts';

/**
 * Tells a scan which columns nobody looks at in rows that a filter above throws away, so that a decoder need not
 * convert them. What watermarks and the filter itself read is read in every row.
 *
 * Only row by row nodes may stand between, and nobody else may read the rows. Terms are comparisons of a column with a
 * constant: what a decoder can tell in a few instructions.
 *
 * @param filtersEarly whether a table's decoder makes use of it
 */
export function filterScans(
  sinks: readonly LogicalSink[],
  filtersEarly: (table: Table) => boolean,
): readonly LogicalSink[] {
  const readers = countReaders(sinks);
  const filters = new Map<LogicalScan, ScanFilter>();
  for (const node of readersFirst(sinks)) {
    const scanned = node.kind === 'filter' ? scanBelow(node.input, readers) : null;
    if (node.kind !== 'filter' || scanned === null || !filtersEarly(scanned.scan.table)) continue;
    const conditions = conjuncts(node.condition).map((condition) => scanned.below(condition));
    const terms = conditions.flatMap((condition) => termOf(condition) ?? []);
    const read = new Set([...scanned.read, ...conditions.flatMap((condition) => [...columnsOf(condition)])]);
    const unread = [...scanned.scan.columns.keys()].filter((column) => !read.has(column));
    if (terms.length > 0 && unread.length > 0) filters.set(scanned.scan, { terms, unread });
  }
  return rewriteNodes(sinks, (node) => {
    const filter = node.kind === 'scan' ? filters.get(node) : undefined;
    return node.kind === 'scan' && filter !== undefined ? { ...node, filter } : node;
  });
}

interface Scanned {
  readonly scan: LogicalScan;
  /** An expression over the node's columns, over the scan's. */
  readonly below: (expression: Expression) => Expression;
  /** What is read of the scan between it and the node. */
  readonly read: readonly number[];
}

/** The scan from which a node has its rows one by one, if nobody else reads them on the way. */
function scanBelow(node: LogicalNode, readers: ReadonlyMap<LogicalNode, number>): Scanned | null {
  if ((readers.get(node) ?? 0) > 1) return null;
  switch (node.kind) {
    case 'scan':
      return { scan: node, below: (expression) => expression, read: [] };
    case 'project': {
      const found = scanBelow(node.input, readers);
      if (found === null) return null;
      const { expressions } = node;
      const inner = (expression: Expression): Expression =>
        mapColumns(expression, (index) => expressionAt(expressions, index));
      return { ...found, below: (expression) => found.below(inner(expression)) };
    }
    case 'watermark': {
      const found = scanBelow(node.input, readers);
      const time = node.input.schema[node.timeColumn];
      if (found === null || time === undefined) return null;
      const column: Expression = { kind: 'column', index: node.timeColumn, type: time.type, span: node.span };
      const own = [column, node.expression].flatMap((expression) => [...columnsOf(found.below(expression))]);
      return { ...found, read: [...found.read, ...own] };
    }
    default:
      return null;
  }
}

const turned: Record<ScanOperator, ScanOperator> = { '=': '=', '<>': '<>', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

function termOf(condition: Expression): ScanTerm | null {
  if (condition.kind !== 'call' || !isScanOperator(condition.name)) return null;
  const [left, right] = condition.args;
  if (left?.kind === 'column' && right?.kind === 'literal') {
    if (right.value === null || !sameType(left.type, right.type)) return null;
    return { column: left.index, operator: condition.name, value: right.value };
  }
  if (left?.kind === 'literal' && right?.kind === 'column') {
    if (left.value === null || !sameType(left.type, right.type)) return null;
    return { column: right.index, operator: turned[condition.name], value: left.value };
  }
  return null;
}

function isScanOperator(name: string): name is ScanOperator {
  return name in turned;
}
