import { unreachable } from '../../types/unreachable.ts';
import type { Merge, PartitionSpec, Show, Statement } from '../ast.ts';
import { formatAlter } from './alterations.ts';
import { formatHints, formatRow } from './clauses.ts';
import { formatCreate } from './declarations.ts';
import { formatArguments, formatExpression } from './expressions.ts';
import {
  flag,
  formatIdentifier,
  formatName,
  formatNames,
  formatProperty,
  formatText,
  formatWith,
  optional,
} from './names.ts';
import { formatPartition } from './partitions.ts';
import { formatQuery } from './queries.ts';
import { formatTable } from './tables.ts';

export function formatStatement(statement: Statement): string {
  switch (statement.kind) {
    case 'queryStatement':
      return `${execute(statement.hasExecute)}${formatQuery(statement.query)}`;
    case 'createTable':
    case 'createView':
    case 'createFunction':
    case 'createCatalog':
    case 'createDatabase':
    case 'createModel':
    case 'createMaterializedTable':
      return formatCreate(statement);
    case 'alterTable':
    case 'alterView':
    case 'alterDatabase':
    case 'alterCatalog':
    case 'alterFunction':
    case 'alterModel':
    case 'alterMaterializedTable':
      return formatAlter(statement);
    case 'drop': {
      const words = `${flag(statement.isTemporary, 'TEMPORARY')}${flag(statement.isSystem, 'SYSTEM')} ${statement.object}`;
      return `DROP${words}${flag(statement.ifExists, 'IF EXISTS')} ${formatName(statement.name)}${optional(' ', statement.behavior)}`;
    }
    case 'insert': {
      const { form, table, hints, partition, columns, query } = statement;
      const list = columns === null ? '' : ` (${columns.map(formatName).join(', ')})`;
      return `${execute(statement.hasExecute)}${form} ${formatName(table)}${formatHints(hints)}${partitionOf(partition)}${list} ${formatQuery(query)}`;
    }
    case 'statementSet': {
      const inserts = statement.inserts.map((insert) => ` ${formatStatement(insert)};`).join('');
      return `${execute(statement.hasExecute)}STATEMENT SET BEGIN${inserts} END`;
    }
    case 'beginStatementSet':
      return 'BEGIN STATEMENT SET';
    case 'endStatementSet':
      return 'END';
    case 'update': {
      const assignments = statement.assignments.map(
        ({ column, value }) => `${formatName(column)} = ${formatExpression(value)}`,
      );
      const alias = optional(' AS ', statement.alias && formatIdentifier(statement.alias));
      const target = `${formatName(statement.table)}${formatHints(statement.hints)}${alias}`;
      return `UPDATE ${target} SET ${assignments.join(', ')}${whereOf(statement.where)}`;
    }
    case 'delete': {
      const alias = optional(' AS ', statement.alias && formatIdentifier(statement.alias));
      return `DELETE FROM ${formatName(statement.table)}${formatHints(statement.hints)}${alias}${whereOf(statement.where)}`;
    }
    case 'merge':
      return formatMerge(statement);
    case 'truncate':
      return `TRUNCATE TABLE ${formatName(statement.table)}`;
    case 'explain': {
      const details = statement.details.length === 0 ? '' : ` ${statement.details.join(', ')}`;
      return `EXPLAIN${flag(statement.hasPlanFor, 'PLAN FOR')}${details} ${formatStatement(statement.statement)}`;
    }
    case 'compilePlan': {
      const words = `COMPILE${flag(statement.isExecute, 'AND EXECUTE')} PLAN ${formatText(statement.path)}`;
      return `${words}${flag(statement.ifNotExists, 'IF NOT EXISTS')} FOR ${formatStatement(statement.statement)}`;
    }
    case 'executePlan':
      return `EXECUTE PLAN ${formatText(statement.path)}`;
    case 'call':
      return `CALL ${formatName(statement.procedure)}(${formatArguments(statement.arguments)})`;
    case 'set':
      return `SET${optional(' ', statement.property && formatProperty(statement.property))}`;
    case 'reset':
      return `RESET${optional(' ', statement.key && formatText(statement.key))}`;
    case 'use':
      return `USE${statement.object === 'DATABASE' ? '' : ` ${statement.object}`} ${statement.names.map(formatName).join(', ')}`;
    case 'show':
      return formatShow(statement);
    case 'describe': {
      const object = statement.object === 'TABLE' ? '' : ` ${statement.object}`;
      const name = statement.name.kind === 'text' ? formatText(statement.name) : formatName(statement.name);
      return `DESCRIBE${object}${flag(statement.isExtended, 'EXTENDED')} ${name}`;
    }
    case 'loadModule':
      return `LOAD MODULE ${formatIdentifier(statement.name)}${formatWith(statement.options)}`;
    case 'unloadModule':
      return `UNLOAD MODULE ${formatIdentifier(statement.name)}`;
    case 'analyzeTable': {
      const { columns } = statement;
      const list = columns === null || columns === 'ALL' ? '' : columns.map(formatIdentifier).join(', ');
      const scope = columns === null ? '' : columns === 'ALL' ? ' FOR ALL COLUMNS' : ` FOR COLUMNS ${list}`;
      return `ANALYZE TABLE ${formatName(statement.table)}${partitionOf(statement.partition)} COMPUTE STATISTICS${scope}`;
    }
    case 'addJar':
      return `ADD JAR ${formatText(statement.path)}`;
    case 'removeJar':
      return `REMOVE JAR ${formatText(statement.path)}`;
    case 'stopJob':
      return `STOP JOB ${formatText(statement.id)}${flag(statement.withSavepoint, 'WITH SAVEPOINT')}${flag(statement.withDrain, 'WITH DRAIN')}`;
    case 'alterSession': {
      const name = statement.name === null ? 'ALL' : formatName(statement.name);
      const value = statement.value === null ? '' : ` = ${formatExpression(statement.value)}`;
      return `ALTER ${statement.scope} ${statement.action} ${name}${value}`;
    }
    case 'clientCommand':
      return statement.argument === null ? statement.command : `${statement.command} ${formatText(statement.argument)}`;
    default:
      return unreachable(statement);
  }
}

function execute(hasExecute: boolean): string {
  return hasExecute ? 'EXECUTE ' : '';
}

function whereOf(where: Parameters<typeof formatExpression>[0] | null): string {
  return where === null ? '' : ` WHERE ${formatExpression(where)}`;
}

function partitionOf(partition: PartitionSpec | null): string {
  return partition === null ? '' : ` ${formatPartition(partition.values)}`;
}

function formatMerge({ table, source, on, update, isDelete, insert }: Merge): string {
  const assignments = update
    ?.map(({ column, value }) => `${formatName(column)} = ${formatExpression(value)}`)
    .join(', ');
  const matched = assignments === undefined ? '' : ` WHEN MATCHED THEN UPDATE SET ${assignments}`;
  const deleted = isDelete ? ' WHEN MATCHED THEN DELETE' : '';
  const columns = insert === null || insert.columns === null ? '' : ` ${formatNames(insert.columns)}`;
  const inserted = insert === null ? '' : ` WHEN NOT MATCHED THEN INSERT${columns} VALUES ${formatRow(insert.values)}`;
  return `MERGE INTO ${formatTable(table)} USING ${formatTable(source)} ON ${formatExpression(on)}${matched}${deleted}${inserted}`;
}

function formatShow({ object, name, preposition, partition, like }: Show): string {
  const lead = name === null ? '' : `${optional(' ', preposition)} ${formatName(name)}`;
  const pattern = like === null ? '' : `${flag(like.isNegated, 'NOT')} ${like.operator} ${formatText(like.pattern)}`;
  return `SHOW ${object}${lead}${partitionOf(partition)}${pattern}`;
}
