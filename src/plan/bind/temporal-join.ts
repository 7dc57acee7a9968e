import { DiagnosticError, fail, unsupported } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { FunctionLookup } from '../../functions/lookup.ts';
import type { Join, TableReference } from '../../sql/ast.ts';
import { columnTypeText } from '../../types/column.ts';
import { typeText } from '../../types/sql-type.ts';
import type { Expression } from '../expression.ts';
import { isAppendOnly, type LogicalJoin, type LogicalNode, type TemporalMethod } from '../logical.ts';
import { joinNode } from '../nodes.ts';
import { mapColumns } from '../same-expression.ts';
import { uniqueKeysOf } from '../unique-keys.ts';
import { bindExpression } from './bind-expression.ts';
import { bindJoin } from './bind-join.ts';
import { type BoundFrom, ofNode } from './bound-query.ts';
import { conditionsOf, joinOn } from './join-condition.ts';
import type { JoinSettings } from './join-settings.ts';
import { lookupJoin, scannedTable } from './lookup-join.ts';
import type { Scope } from './scope.ts';
import type { Syntax } from './syntax.ts';
import { allVersions } from './version-filters.ts';

/** A join whose right side is a table as of a time of the left row. */
export type TemporalJoinSyntax = Join & { readonly right: TableReference & { readonly asOf: Syntax } };

export function isTemporalJoin(join: Join): join is TemporalJoinSyntax {
  return join.right.kind === 'tableReference' && join.right.asOf !== null;
}

/**
 * `FOR SYSTEM_TIME AS OF`: the left rows with the versions of their keys; the right side is bound without the clause.
 * @throws DiagnosticError B042
 */
export function bindTemporalJoin(
  node: TemporalJoinSyntax,
  left: BoundFrom,
  right: BoundFrom,
  settings: JoinSettings,
): BoundFrom {
  const { type, right: table } = node;
  if (type === 'RIGHT' || type === 'FULL') {
    fail('B042', node.span, `${type} JOIN with FOR SYSTEM_TIME AS OF: there is no version without a left row`, {
      help: 'use JOIN or LEFT JOIN',
    });
  }
  const leftTime = leftTimeOf(table.asOf, left.scope, settings.functions);
  const versions = allVersions(right);
  const { bound, scope } = bindJoin(node, left, versions.from, settings);
  if (bound.node?.kind !== 'join') throw new Error('a join is bound as one');
  const join = withConditions(bound.node, versions.conditions);
  if (join.keys.length === 0) {
    fail('B042', node.condition?.span ?? node.span, 'ON must say which key the version is of', {
      help: 'add an equality with the primary key of the right table; WHERE comes too late',
    });
  }
  if (left.scope.schema[leftTime]?.timeAttribute === 'proctime') {
    const scan = scannedTable(join.right);
    const lookup = scan === null ? null : settings.lookup(scan.table);
    if (lookup !== null) {
      const looked = lookupJoin(join, lookup, settings.lookupHint(right.scope), settings.lookupDefaults, table.span);
      return { bound: ofNode(looked), scope: { ...scope, schema: looked.schema } };
    }
    checkVersions(join, table.span);
    const help = "the table cannot be looked up; add 'lookup.cache' = 'FULL' to a bounded filesystem table";
    throw new DiagnosticError([unsupported('W002', table.asOf.span, 'a join as of the processing time', { help })]);
  }
  checkVersions(join, table.span);
  const rightTime = rightTimeOf(join.right, table.span);
  const method: TemporalMethod = { kind: 'temporal', leftTime, rightTime };
  const temporal = joinNode(join.left, join.right, { ...join, method }, join.span);
  return { bound: ofNode(temporal), scope };
}

/** A join that asks more of a version, over the right side's columns. */
function withConditions(join: LogicalJoin, conditions: readonly Expression[]): LogicalJoin {
  if (conditions.length === 0) return join;
  const { left, right, span } = join;
  const moved = conditions.map((condition) =>
    mapColumns(condition, (index, column) => ({ ...column, index: index + left.schema.length })),
  );
  return joinOn(left, right, join, [...conditionsOf(join), ...moved], span);
}

/** @throws DiagnosticError B042: times of two types, or versions of which some are thrown away */
export function checkTemporalJoin({ left, right, span }: LogicalJoin, { leftTime, rightTime }: TemporalMethod): void {
  const [own, other] = [left.schema[leftTime], right.schema[rightTime]];
  if (own === undefined || other === undefined) throw new Error('a temporal join has two times');
  const filter = filterOfChanges(right);
  if (filter !== null) {
    fail('B042', span, 'a filter over changes throws versions away that end others', {
      notes: [{ message: 'this filter', span: filter.span }],
      help: 'put the condition into ON or WHERE of the join',
    });
  }
  if (own.type.kind !== other.type.kind) {
    fail('B042', span, 'the times of a left row and of a version are of one type', {
      notes: [`"${own.name}" is ${columnTypeText(own)}`, `"${other.name}" is ${columnTypeText(other)}`],
    });
  }
}

/** @throws DiagnosticError B042: no time attribute of the left side */
function leftTimeOf(asOf: Syntax, scope: Scope, functions: FunctionLookup): number {
  const time = bindExpression(asOf, { scope, functions });
  if (time.type.kind !== 'TIMESTAMP' && time.type.kind !== 'TIMESTAMP_LTZ') {
    fail('B042', asOf.span, `FOR SYSTEM_TIME AS OF takes a time, and this is ${typeText(time.type)}`);
  }
  if (time.kind !== 'column' || scope.schema[time.index]?.timeAttribute === undefined) {
    fail('B042', asOf.span, 'FOR SYSTEM_TIME AS OF takes a time attribute of the left side, as it is', {
      help: 'declare a WATERMARK for it',
    });
  }
  return time.index;
}

/** @throws DiagnosticError B042: the equalities do not name a key of the right side */
function checkVersions({ right, keys }: LogicalJoin, span: Span): void {
  const joined = new Set(keys.flatMap((key) => (key.right.kind === 'column' ? [key.right.index] : [])));
  const known = uniqueKeysOf(right);
  if (known.some((key) => key.every((column) => joined.has(column)))) return;
  const names = known.map((key) => key.map((column) => right.schema[column]?.name ?? '').join(', '));
  fail('B042', span, 'a version is known by the primary key, which ON must name whole', {
    help:
      names.length === 0
        ? 'add PRIMARY KEY (...) NOT ENFORCED to the table, or keep the last row of each key: ROW_NUMBER() ... = 1'
        : `the key of the right side: ${names.join('; or ')}`,
  });
}

/** @throws DiagnosticError B042: the right side has no event time */
function rightTimeOf({ schema }: LogicalNode, span: Span): number {
  const at = schema.findIndex(({ timeAttribute }) => timeAttribute === 'rowtime');
  if (at < 0) {
    fail('B042', span, 'a version begins at its event time, and the right side has none', {
      help: 'declare a WATERMARK for it',
    });
  }
  return at;
}

/** A filter between a source of changes and the join. */
function filterOfChanges(node: LogicalNode): LogicalNode | null {
  if (node.kind === 'filter' && !isAppendOnly(node.input.changes)) return node;
  return node.kind === 'filter' || node.kind === 'project' || node.kind === 'watermark'
    ? filterOfChanges(node.input)
    : null;
}
