import type { ObjectPath } from './table.ts';

/** `default_catalog.default_database.t` */
export function pathText(path: ObjectPath): string {
  return `${path.catalog}.${path.database}.${path.name}`;
}
