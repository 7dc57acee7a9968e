import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const kernels = new URL('../../../src/kernels/', import.meta.url);

/** What stands in pages of the state: their structures are told by their constants. */
const structures = [
  'allocator.ts',
  'table.ts',
  'table-heap.ts',
  'ordered-map.ts',
  'time-queue.ts',
  'sessions.ts',
  'multiset.ts',
  'value-list.ts',
  'pattern-block.ts',
  'pattern-groups.ts',
  'pattern-layout.ts',
  'pattern-memory.ts',
  'pattern-nodes.ts',
  'pattern-ring.ts',
  'pattern-runs.ts',
  'pattern-starts.ts',
  'pattern-waiting.ts',
  'patterns.ts',
];

/** What values of the state are computed by, and found again by: all of their code counts. */
const functions = ['hash.ts', 'sort-key.ts'];

/** A hash of each file, of what a change of the layout would change. */
export function layoutHashes(): Readonly<Record<string, string>> {
  const of = (name: string, part: (code: string) => string): [string, string] => [
    name,
    createHash('sha256')
      .update(part(codeOf(name)))
      .digest('hex')
      .slice(0, 12),
  ];
  return Object.fromEntries([
    ...structures.map((name) => of(name, constantsIn)),
    ...functions.map((name) => of(name, (code) => code)),
  ]);
}

/** Without comments and layout of lines. */
function codeOf(name: string): string {
  return readFileSync(new URL(name, kernels), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\/\/[^\n]*/g, '')
    .replace(/\s+/g, ' ');
}

/** `const countAt: u32 = 16;` */
function constantsIn(code: string): string {
  return [...code.matchAll(/\bconst (\w+)(?:: \w+)? = ([^;()]*);/g)]
    .map(([, name, value]) => `${name}=${value}`)
    .join('\n');
}
