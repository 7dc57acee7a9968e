import type { Span } from '../../diagnostics/source-text.ts';
import type { Schema } from '../../types/column.ts';
import { withNullable } from '../../types/sql-type.ts';
import type { Expression } from '../expression.ts';
import type { LogicalNode } from '../logical.ts';
import { projectNode } from '../nodes.ts';
import { castTo } from './calls.ts';

/** Casts columns to the types of a schema, where they differ. */
export function castColumns(node: LogicalNode, schema: Schema, span: Span): LogicalNode {
  const columns = node.schema.map(({ type }, index) => {
    const column: Expression = { kind: 'column', index, type, span };
    const wanted = schema[index]?.type ?? type;
    return { expression: castTo(column, withNullable(wanted, type.nullable)), name: schema[index]?.name ?? '' };
  });
  const same = columns.every(
    ({ expression, name }, at) => expression.kind === 'column' && name === node.schema[at]?.name,
  );
  return same ? node : projectNode(node, columns, span);
}
