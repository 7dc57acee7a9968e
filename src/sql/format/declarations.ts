import { unreachable } from '../../types/unreachable.ts';
import type {
  ColumnConstraint,
  CreateCatalog,
  CreateDatabase,
  CreateFunction,
  CreateMaterializedTable,
  CreateModel,
  CreateTable,
  CreateView,
  Distribution,
  PhysicalColumn,
  TableConstraint,
  TableElement,
  Text,
} from '../ast.ts';
import { formatExpression } from './expressions.ts';
import { flag, formatIdentifier, formatName, formatNames, formatText, formatWith, optional } from './names.ts';
import { formatQuery } from './queries.ts';
import { formatType } from './types.ts';

type Create =
  | CreateTable
  | CreateView
  | CreateFunction
  | CreateCatalog
  | CreateDatabase
  | CreateModel
  | CreateMaterializedTable;

export function formatCreate(create: Create): string {
  switch (create.kind) {
    case 'createTable':
      return formatCreateTable(create);
    case 'createMaterializedTable': {
      const freshness = create.freshness === null ? '' : ` FRESHNESS = ${formatExpression(create.freshness)}`;
      const mode = optional(' REFRESH_MODE = ', create.refreshMode);
      return `CREATE MATERIALIZED TABLE ${formatName(create.name)}${bodyOf(create)}${freshness}${mode} AS ${formatQuery(create.query)}`;
    }
    case 'createView': {
      const columns = create.columns === null ? '' : ` ${formatNames(create.columns)}`;
      return `${headOf(create)} VIEW${existence(create)}${formatName(create.name)}${columns}${commentOf(create.comment)} AS ${formatQuery(create.query)}`;
    }
    case 'createFunction': {
      const { className, language, resources } = create;
      const jars = resources.map((resource) => `${resource.type} ${formatText(resource.path)}`).join(', ');
      const words = `${headOf(create)}${flag(create.isSystem, 'SYSTEM')} FUNCTION${existence(create)}${formatName(create.name)}`;
      return `${words} AS ${formatText(className)}${optional(' LANGUAGE ', language)}${jars === '' ? '' : ` USING ${jars}`}`;
    }
    case 'createCatalog':
      return `${headOf(create)} CATALOG${existence(create)}${formatIdentifier(create.name)}${commentOf(create.comment)}${formatWith(create.options)}`;
    case 'createDatabase':
      return `${headOf(create)} DATABASE${existence(create)}${formatName(create.name)}${commentOf(create.comment)}${formatWith(create.options)}`;
    case 'createModel': {
      const input = create.input.length === 0 ? '' : ` INPUT (${create.input.map(formatElement).join(', ')})`;
      const output = create.output.length === 0 ? '' : ` OUTPUT (${create.output.map(formatElement).join(', ')})`;
      const tail = `${commentOf(create.comment)}${formatWith(create.options)}${optional(' AS ', create.query && formatQuery(create.query))}`;
      return `${headOf(create)} MODEL${existence(create)}${formatName(create.name)}${input}${output}${tail}`;
    }
    default:
      return unreachable(create);
  }
}

function formatCreateTable(create: CreateTable): string {
  const verb = { create: 'CREATE', createOrReplace: 'CREATE OR REPLACE', replace: 'REPLACE' }[create.form];
  const head = `${verb}${flag(create.isTemporary, 'TEMPORARY')} TABLE${existence(create)}${formatName(create.name)}`;
  const { like } = create;
  const likeOptions = like?.options.map(({ strategy, feature }) => `${strategy} ${feature}`).join(' ') ?? '';
  const likeClause =
    like === null ? '' : ` LIKE ${formatName(like.table)}${likeOptions === '' ? '' : ` (${likeOptions})`}`;
  const query = create.query === null ? '' : ` AS ${formatQuery(create.query)}`;
  return `${head}${bodyOf(create)}${likeClause}${query}`;
}

/** Columns to options, which tables of both kinds have. */
function bodyOf(create: CreateTable | CreateMaterializedTable): string {
  const elements = create.elements === null ? '' : ` (${create.elements.map(formatElement).join(', ')})`;
  const distribution = create.distribution === null ? '' : ` DISTRIBUTED ${formatDistribution(create.distribution)}`;
  const partitioned = create.partitionedBy.length === 0 ? '' : ` PARTITIONED BY ${formatNames(create.partitionedBy)}`;
  return `${elements}${commentOf(create.comment)}${distribution}${partitioned}${formatWith(create.options)}`;
}

export function formatDistribution({ method, columns, bucketCount }: Distribution): string {
  const buckets = bucketCount === null ? '' : `INTO ${bucketCount} BUCKETS`;
  if (columns.length === 0) return buckets;
  return `BY ${method === null ? '' : `${method} `}${formatNames(columns)}${buckets === '' ? '' : ` ${buckets}`}`;
}

export function formatElement(element: TableElement): string {
  switch (element.kind) {
    case 'physicalColumn':
      return formatPhysical(element);
    case 'metadataColumn': {
      const key = optional(' FROM ', element.key && formatText(element.key));
      const words = `METADATA${key}${flag(element.isVirtual, 'VIRTUAL')}`;
      return `${formatIdentifier(element.name)} ${formatType(element.type)} ${words}${commentOf(element.comment)}`;
    }
    case 'computedColumn':
      return `${formatIdentifier(element.name)} AS ${formatExpression(element.expression)}${commentOf(element.comment)}`;
    case 'columnName':
      return formatIdentifier(element.name);
    case 'watermark':
      return `WATERMARK FOR ${formatName(element.column)} AS ${formatExpression(element.expression)}`;
    case 'tableConstraint':
      return formatConstraint(element, ` ${formatNames(element.columns)}`);
    default:
      return unreachable(element);
  }
}

function formatPhysical({ name, type, constraint, comment }: PhysicalColumn): string {
  const key = constraint === null ? '' : ` ${formatConstraint(constraint, '')}`;
  return `${formatIdentifier(name)} ${formatType(type)}${key}${commentOf(comment)}`;
}

function formatConstraint({ name, type, isEnforced }: ColumnConstraint | TableConstraint, columns: string): string {
  const lead = name === null ? '' : `CONSTRAINT ${formatIdentifier(name)} `;
  const enforcement = isEnforced === null ? '' : isEnforced ? ' ENFORCED' : ' NOT ENFORCED';
  return `${lead}${type}${columns}${enforcement}`;
}

function commentOf(comment: Text | null): string {
  return optional(' COMMENT ', comment && formatText(comment));
}

function headOf(create: { readonly isReplace: boolean; readonly isTemporary?: boolean }): string {
  return `CREATE${flag(create.isReplace, 'OR REPLACE')}${flag(create.isTemporary ?? false, 'TEMPORARY')}`;
}

function existence({ ifNotExists }: { readonly ifNotExists: boolean }): string {
  return ifNotExists ? ' IF NOT EXISTS ' : ' ';
}
