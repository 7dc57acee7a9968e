import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('the lock names no host to download from', () => {
  const lock = readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8');
  const resolved = [...lock.matchAll(/"resolved": "([^"]*)"/g)].map((match) => match[1]);
  expect(resolved).toEqual(['.ci/node']);
});
