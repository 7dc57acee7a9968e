import type { Expression } from '../expression.ts';
import type { LogicalNode, WindowTime } from '../logical.ts';
import { filterNode, projectNode } from '../nodes.ts';
import { columnsOf, mapColumns } from '../same-expression.ts';

/** What stands above a window function, moved below it, so that an aggregate can assign the windows itself. */
export interface BelowWindow {
  readonly input: LogicalNode;
  readonly time: WindowTime;
  /** The session's partition in the input. */
  readonly partition: readonly number[];
  /** A column of the node above as a column of the input; null for a window column. */
  column(index: number): number | null;
}

/** Null where the rows' windows are looked at in between, or what stands there cannot be moved. */
export function belowWindow(node: LogicalNode): BelowWindow | null {
  switch (node.kind) {
    case 'window': {
      const { input, window, timeColumn, time } = node;
      const count = input.schema.length;
      const partition = window.kind === 'session' ? window.partition : [];
      return {
        input,
        time: { window, timeColumn, time },
        partition,
        column: (index) => (index < count ? index : null),
      };
    }
    case 'filter': {
      const below = belowWindow(node.input);
      const condition = below === null ? null : movedExpression(node.condition, below);
      if (below === null || condition === null) return null;
      return { ...below, input: filterNode(below.input, condition, node.span) };
    }
    case 'project':
      return belowProject(node);
    default:
      return null;
  }
}

function belowProject(node: Extract<LogicalNode, { readonly kind: 'project' }>): BelowWindow | null {
  const below = belowWindow(node.input);
  if (below === null) return null;
  const columns: { readonly expression: Expression; readonly name: string }[] = [];
  const places = new Map<number, number>();
  for (const [at, expression] of node.expressions.entries()) {
    // Window columns pass by: the aggregate knows them.
    if (expression.kind === 'column' && below.column(expression.index) === null) continue;
    const moved = movedExpression(expression, below);
    if (moved === null) return null;
    places.set(at, columns.length);
    columns.push({ expression: moved, name: node.schema[at]?.name ?? '' });
  }
  const keep = (index: number): number => {
    const known = columns.findIndex(({ expression }) => expression.kind === 'column' && expression.index === index);
    if (known >= 0) return known;
    const column = below.input.schema[index];
    if (column === undefined) throw new Error(`no column ${index}`);
    columns.push({ expression: { kind: 'column', index, type: column.type, span: node.span }, name: column.name });
    return columns.length - 1;
  };
  const timeColumn = keep(below.time.timeColumn);
  const partition = below.partition.map(keep);
  return {
    input: projectNode(below.input, columns, node.span),
    time: { ...below.time, timeColumn },
    partition,
    column: (index) => places.get(index) ?? null,
  };
}

function movedExpression(expression: Expression, below: BelowWindow): Expression | null {
  if ([...columnsOf(expression)].some((index) => below.column(index) === null)) return null;
  return mapColumns(expression, (index) => {
    const at = below.column(index) ?? 0;
    const type = below.input.schema[at]?.type ?? expression.type;
    return { kind: 'column', index: at, type, span: expression.span };
  });
}
