import type { ObjectPath } from './table.ts';

/** `` `default_catalog`.`default_database`.`t` `` */
export function quotedPath(path: ObjectPath): string {
  return [path.catalog, path.database, path.name].map(quotedName).join('.');
}

/** `default_catalog.default_database.t` */
export function pathText(path: ObjectPath): string {
  return `${path.catalog}.${path.database}.${path.name}`;
}

/** In back-ticks, those inside doubled. */
export function quotedName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** In single quotes, those inside doubled. */
export function quotedText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
