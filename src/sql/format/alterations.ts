import { unreachable } from '../../types/unreachable.ts';
import type {
  AddElements,
  AlterCatalog,
  AlterDatabase,
  AlterFunction,
  AlterMaterializedTable,
  AlterModel,
  AlterTable,
  AlterView,
  ModifyElements,
} from '../ast.ts';
import { formatDistribution, formatElement } from './declarations.ts';
import { formatExpression } from './expressions.ts';
import { flag, formatIdentifier, formatName, formatProperty, formatText, formatWith, optional } from './names.ts';
import { formatPartition } from './partitions.ts';
import { formatQuery } from './queries.ts';

type Alter =
  | AlterTable
  | AlterView
  | AlterDatabase
  | AlterCatalog
  | AlterFunction
  | AlterModel
  | AlterMaterializedTable;
type Action = Exclude<Alter, AlterFunction>['action'];

export function formatAlter(alter: Alter): string {
  switch (alter.kind) {
    case 'alterTable':
      return `ALTER TABLE${flag(alter.ifExists, 'IF EXISTS')} ${formatName(alter.name)} ${formatAction(alter.action)}`;
    case 'alterView':
      return `ALTER VIEW ${formatName(alter.name)} ${formatAction(alter.action)}`;
    case 'alterDatabase':
      return `ALTER DATABASE ${formatName(alter.name)} ${formatAction(alter.action)}`;
    case 'alterCatalog':
      return `ALTER CATALOG ${formatName(alter.name)} ${formatAction(alter.action)}`;
    case 'alterModel':
      return `ALTER MODEL${flag(alter.ifExists, 'IF EXISTS')} ${formatName(alter.name)} ${formatAction(alter.action)}`;
    case 'alterMaterializedTable':
      return `ALTER MATERIALIZED TABLE ${formatName(alter.name)} ${formatAction(alter.action)}`;
    case 'alterFunction': {
      const words = `${flag(alter.isTemporary, 'TEMPORARY')}${flag(alter.isSystem, 'SYSTEM')} FUNCTION${flag(alter.ifExists, 'IF EXISTS')}`;
      return `ALTER${words} ${formatName(alter.name)} AS ${formatText(alter.className)}${optional(' LANGUAGE ', alter.language)}`;
    }
    default:
      return unreachable(alter);
  }
}

function formatAction(action: Action): string {
  switch (action.kind) {
    case 'renameTo':
      return `RENAME TO ${formatName(action.name)}`;
    case 'renameColumn':
      return `RENAME ${formatName(action.from)} TO ${formatIdentifier(action.to)}`;
    case 'setOptions':
      return `SET (${action.options.map(formatProperty).join(', ')})`;
    case 'resetOptions':
      return `RESET (${action.keys.map(formatText).join(', ')})`;
    case 'setComment':
      return `COMMENT ${formatText(action.comment)}`;
    case 'addElements':
      return `ADD ${formatElements(action)}`;
    case 'modifyElements':
      return `MODIFY ${formatElements(action)}`;
    case 'addDistribution':
      return `ADD DISTRIBUTION ${formatDistribution(action.distribution)}`;
    case 'modifyDistribution':
      return `MODIFY DISTRIBUTION ${formatDistribution(action.distribution)}`;
    case 'dropDistribution':
      return 'DROP DISTRIBUTION';
    case 'addPartitions': {
      const partitions = action.partitions.map(({ values, options }) => formatPartition(values) + formatWith(options));
      return `ADD${flag(action.ifNotExists, 'IF NOT EXISTS')} ${partitions.join(' ')}`;
    }
    case 'dropPartitions':
      return `DROP${flag(action.ifExists, 'IF EXISTS')} ${action.partitions.map(({ values }) => formatPartition(values)).join(', ')}`;
    case 'dropColumns': {
      const columns = action.columns.map(formatName).join(', ');
      return action.isParenthesized ? `DROP (${columns})` : `DROP ${columns}`;
    }
    case 'dropPrimaryKey':
      return 'DROP PRIMARY KEY';
    case 'dropConstraint':
      return `DROP CONSTRAINT ${formatIdentifier(action.name)}`;
    case 'dropWatermark':
      return 'DROP WATERMARK';
    case 'asQuery':
      return `AS ${formatQuery(action.query)}`;
    case 'suspend':
      return 'SUSPEND';
    case 'resume':
      return `RESUME${formatWith(action.options)}`;
    case 'refresh':
      return `REFRESH${optional(' ', action.partition && formatPartition(action.partition.values))}`;
    case 'setFreshness':
      return `SET FRESHNESS = ${formatExpression(action.freshness)}`;
    case 'setRefreshMode':
      return `SET REFRESH_MODE = ${action.mode}`;
    default:
      return unreachable(action);
  }
}

function formatElements({ isParenthesized, elements }: AddElements | ModifyElements): string {
  const texts = elements.map(({ element, position }) => {
    const place = position === null ? '' : position === 'FIRST' ? ' FIRST' : ` AFTER ${formatIdentifier(position)}`;
    return formatElement(element) + place;
  });
  return isParenthesized ? `(${texts.join(', ')})` : texts.join(', ');
}
