import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { layoutVersion, type Manifest, manifestBytes } from '../src/state/manifest.ts';
import { findCheckpoint } from '../src/state/savepoint.ts';
import { machine } from '../src/streams/machine.ts';
import { type GoldenRun, goldenFolder, runGolden } from './support/golden/golden-run.ts';
import { layoutHashes } from './support/golden/layout.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-golden-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function manifestIn(path: string): Manifest {
  const found = findCheckpoint(machine.files, path);
  if (found === null) throw new Error(`no savepoint in ${path}`);
  return found.manifest;
}

/** Runs the job of a savepoint from it to the end of its input. */
function runFrom(path: string): Promise<GoldenRun> {
  const { job } = manifestIn(path);
  const objects = Object.values(job.objects).map((text) =>
    text.replace(/'path' = '[^']*\/written'/, `'path' = '${join(folder, 'written')}'`),
  );
  return runGolden({
    script: [...objects, job.statement].join(';\n'),
    folder,
    settings: { ...job.settings, 'execution.state-recovery.path': path },
    isUpdating: objects.some((text) => text.includes("'debezium-json'")),
  });
}

const releases = readdirSync(goldenFolder).filter((name) => /-layout-\d+$/.test(name));

for (const made of releases) {
  describe(`savepoints of ${made}`, () => {
    for (const name of readdirSync(join(goldenFolder, made))) {
      const path = join(goldenFolder, made, name);
      if (made.endsWith(`-layout-${layoutVersion}`)) {
        test(`${name}: the job goes on as it did then`, async () => {
          const { rows, refusal } = await runFrom(path);
          expect(refusal).toBe(null);
          expect(rows).toEqual(readFileSync(join(path, 'expected.txt'), 'utf8').trimEnd().split('\n'));
        });
      } else {
        test(`${name}: another layout is refused`, async () => {
          expect((await runFrom(path)).refusal).toMatch(/^F021 .* is of another release: .* laid out otherwise/);
        });
      }
    }
  });
}

test('there are savepoints of the present layout', () => {
  expect(releases.filter((name) => name.endsWith(`-layout-${layoutVersion}`))).not.toEqual([]);
});

test('the kernels lay the state out as layoutVersion says: see "Savepoints of each release" in test/README.md', () => {
  const noted = JSON.parse(readFileSync(join(goldenFolder, 'layout.json'), 'utf8')) as unknown;
  expect({ version: layoutVersion, kernels: layoutHashes() }).toEqual(noted);
});

/** A copy of a savepoint whose manifest says something else, with the right checksum. */
function changed(change: Partial<Manifest>): string {
  const path = join(goldenFolder, releases[0] ?? '', 'groups');
  const copy = join(folder, 'changed');
  rmSync(copy, { recursive: true, force: true });
  cpSync(path, copy, { recursive: true });
  const manifest = { ...manifestIn(path), ...change };
  writeFileSync(join(copy, `chk-${String(manifest.epoch).padStart(6, '0')}.json`), manifestBytes(manifest));
  return copy;
}

test('state of another release is refused by what made it, with the ways on', async () => {
  const ways = 'run it with tidemark 0.0.7; or replay from the start: tidemark run --fresh';
  const older = await runFrom(changed({ layout: 0, release: '0.0.7' }));
  expect(older.refusal).toContain('it was made by tidemark 0.0.7, whose state is laid out otherwise than in this one');
  expect(older.refusal).toContain(ways);
  const regions = { heap: 65_536, ranges: [[1, 3]] } as const;
  expect((await runFrom(changed({ regions }))).refusal).toMatch(
    /^F021 .* cannot be loaded: its state begins at page 1,/,
  );
  expect(older.rows).toEqual([]);
});
