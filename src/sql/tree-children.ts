/** The nodes right below a node; lists are looked through. */
export function* treeChildren(node: object): Generator<object> {
  for (const [key, value] of Object.entries(node) as [string, unknown][]) {
    if (key === 'span' || value === null || typeof value !== 'object') continue;
    if (!Array.isArray(value)) yield value;
    else for (const item of value as unknown[]) if (item !== null && typeof item === 'object') yield item;
  }
}
