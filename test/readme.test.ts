import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import { run } from '../src/cli/commands/run.ts';
import type { Terminal } from '../src/cli/terminal.ts';
import { root } from './support/tidy/source-files.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** A program that the README shows, and what it says that it prints. */
const shown = [...readme.matchAll(/<!-- (\S+\.ts) -->\n```ts\n(.*?)```\n\n```\n(.*?)```/gs)].map(
  ([, file = '', code = '', output = '']) => ({ file, code, output }),
);

describe('the programs in the README', () => {
  test('are those of the three uses, of streams and of functions', () => {
    expect(shown.map(({ file }) => file).sort()).toEqual([
      'queries/clickstream/service.ts',
      'queries/clickstream/stream.ts',
      'queries/fraud/functions.ts',
      'queries/fraud/service.ts',
      'queries/leaderboard/service.ts',
    ]);
  });

  test.for(shown)('$file stands there as it is, and prints what the README says', ({ file, code, output }) => {
    expect(code).toBe(readFileSync(join(root, file), 'utf8'));
    const hook = join(root, 'test/support/from-sources.ts');
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', hook, file], {
      cwd: root,
      encoding: 'utf8',
    });
    expect([stderr, status]).toEqual(['', 0]);
    expect(stdout).toBe(output);
  });
});

test('late rows are kept, and put back, as the README shows', () => {
  const [, script = '', output = ''] =
    /<!-- late.sql -->\n```sql\n(.*?)```\n\n```\n\$ npx tidemark run late.sql --rows 3\n(.*?)```/s.exec(readme) ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-readme-'));
  try {
    symlinkSync(join(root, 'queries'), join(folder, 'queries'), 'dir');
    writeFileSync(join(folder, 'late.sql'), script);
    const main = join(root, 'src/cli/main.ts');
    const { stdout, stderr } = spawnSync(process.execPath, [main, 'run', 'late.sql', '--rows', '3'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(stdout + stderr.replace(/^done in .*\n/, '')).toBe(output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe('the queries print what their README says', () => {
  test.for(['clickstream', 'fraud', 'leaderboard'])('%s', async (name) => {
    let printed = '';
    const pipe = (take: (text: string) => void): Terminal => ({
      isTerminal: false,
      colors: pc.createColors(false),
      columns: 80,
      rows: 24,
      onResize: () => () => {},
      write: take,
      drained: () => Promise.resolve(),
    });
    const out = pipe((text) => {
      printed += text;
    });
    // As a user would call it: the paths in the scripts are relative to the clone.
    expect(process.cwd()).toBe(root.replace(/[\\/]$/, ''));
    const code = await run(
      [`queries/${name}`],
      { execute: [], config: {}, format: 'table', rows: 3 },
      out,
      pipe(() => {}),
    );
    const text = readFileSync(join(root, `queries/${name}/README.md`), 'utf8');
    const [, shown] = new RegExp(`\\$ npx tidemark run queries/${name} --rows 3\n(.*?)\`\`\``, 's').exec(text) ?? [];
    expect([code, printed]).toEqual([0, shown]);
  });
});
