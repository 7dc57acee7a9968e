import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Memory } from '../../src/memory/memory.ts';

const source = fileURLToPath(new URL('../../src', import.meta.url));

test('every kernel that code is written with is exported', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.startsWith('kernels'),
  );
  const named = files.flatMap((name) =>
    [...readFileSync(join(source, name), 'utf8').matchAll(/\b(?:kernel|formatted)\(\s*'(\w+)'/g)].map(
      ([, kernel]) => kernel ?? '',
    ),
  );
  const { exports } = Memory.create();
  expect([...new Set(named)].filter((name) => typeof exports[name] !== 'function')).toEqual([]);
  expect(named.length).toBeGreaterThan(100);
});
