import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findCycle, importsOf } from './support/tidy/imports.ts';
import { heightOf, readLayers, upwardImports } from './support/tidy/layers.ts';
import { blankCommentsAndStrings, lineOf, root, type SourceFile, sourceFiles } from './support/tidy/source-files.ts';

const isKernel = (path: string): boolean => path.startsWith('src/kernels/');
const engine = sourceFiles('src', 'grammar').filter(({ path }) => !path.endsWith('.d.ts'));
const everything = sourceFiles('src', 'grammar', 'test', 'bench', '.ci');
const layers = readLayers();
const imports = engine.filter(({ path }) => !isKernel(path)).flatMap(importsOf);

describe('layers', () => {
  test('the table in src/README.md has the layers from diagnostics to the command line', () => {
    expect(layers.length).toBeGreaterThan(15);
    expect(layers[0]?.name).toBe('diagnostics');
    expect(layers.at(-1)?.name).toBe('command line');
  });

  test('every file lies in a layer', () => {
    expect(engine.filter(({ path }) => heightOf(layers, path) < 0).map(({ path }) => path)).toEqual([]);
  });

  test('no layer imports a higher one', () => {
    expect(upwardImports(layers, imports)).toEqual([]);
  });

  test('no files import each other in a circle', () => {
    expect(findCycle(imports)).toBeNull();
  });

  test('an upward import and a circle are found', () => {
    const file = (path: string, text: string): SourceFile => ({ path, text, code: blankCommentsAndStrings(text) });
    const bad = [
      file('src/sql/a.ts', "import { run } from '../runtime/b.ts';\n// import '../cli/main.ts';\n"),
      file('src/runtime/b.ts', "export * from '../sql/a.ts';\nconst c = await import('rxjs/operators');\n"),
    ].flatMap(importsOf);
    expect(upwardImports(layers, bad)).toEqual(['src/sql/a.ts:1: sql imports runtime (src/runtime/b.ts)']);
    expect(findCycle(bad)).toEqual(['src/sql/a.ts', 'src/runtime/b.ts', 'src/sql/a.ts']);
    expect(bad.filter(({ isPackage }) => isPackage).map(({ target }) => target)).toEqual(['rxjs']);
  });
});

describe('packages have their place', () => {
  const importersOf = (name: string): string[] =>
    imports.filter(({ isPackage, target }) => isPackage && target === name).map(({ from, line }) => `${from}:${line}`);

  test('only src/runtime imports rxjs', () => {
    expect(importersOf('rxjs').filter((place) => !place.startsWith('src/runtime/'))).toEqual([]);
  });

  test('only grammar imports chevrotain', () => {
    expect(importersOf('chevrotain').filter((place) => !place.startsWith('grammar/'))).toEqual([]);
  });

  test('the engine imports no package of the tests', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const strangers = imports.filter(
      ({ isPackage, target }) => isPackage && !target.startsWith('node:') && !(target in dependencies),
    );
    expect(strangers.map(({ from, target }) => `${from}: ${target}`)).toEqual([]);
  });
});

describe('code', () => {
  /** Places of a pattern in code, comments and strings left out. */
  const placesInCode = (files: readonly SourceFile[], pattern: RegExp): string[] =>
    files.flatMap(({ path, code }) =>
      [...code.matchAll(pattern)].map((match) => `${path}:${lineOf(code, match.index)}: ${match[0]}`),
    );

  test('wall clock, randomness and timers are in runtime/clock.ts and at the edges', () => {
    const inner = engine.filter(
      ({ path }) => !/^src\/(runtime\/clock\.ts$|streams\/machine\.ts$|connectors\/|cli\/)/.test(path),
    );
    const pattern =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\bprocess\.hrtime\b|\bset(?:Timeout|Interval|Immediate)\b/g;
    expect(placesInCode(inner, pattern)).toEqual([]);
  });

  test('nothing has the type any', () => {
    expect(placesInCode(everything, /(?::|\bas|<|,|\|)\s*any\b(?!\s*[(:])/g)).toEqual([]);
  });

  test('the checks are not switched off', () => {
    const inProject = everything.filter(({ path }) => !isKernel(path) && path !== 'test/tidy.test.ts');
    const places = inProject.flatMap(({ path, text }) =>
      [...text.matchAll(/@ts-(?:ignore|nocheck)|eslint-disable|oxlint-disable(?!-next-line .*--)/g)].map(
        (match) => `${path}:${lineOf(text, match.index)}: ${match[0]}`,
      ),
    );
    expect(places).toEqual([]);
  });

  test('no test is left out or run alone', () => {
    const tests = sourceFiles('test');
    expect(placesInCode(tests, /\b(?:test|it|describe)\.(?:only|skip|todo)\b/g)).toEqual([]);
  });

  test('nothing is left to do', () => {
    const places = everything
      .filter(({ path }) => path !== 'test/tidy.test.ts')
      .flatMap(({ path, text }) =>
        [...text.matchAll(/\b(?:TODO|FIXME|XXX|HACK)\b/g)].map((match) => `${path}:${lineOf(text, match.index)}`),
      );
    expect(places).toEqual([]);
  });
});

describe('files', () => {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(root, path)));

  test('names are kebab-case', () => {
    const named = tracked.filter((path) => /\.(ts|js|slt|sql|case|expr|list)$/.test(path));
    const kebab = /^(?:[a-z0-9.-]+\/)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+)+$/;
    expect(named.filter((path) => !kebab.test(path))).toEqual([]);
  });

  test('no folder is for everything', () => {
    expect(tracked.filter((path) => /(^|\/)(utils?|common|helpers?|misc)\//.test(path))).toEqual([]);
  });

  test('no text names a path of one machine', () => {
    const texts = tracked.filter(
      (path) => /\.(ts|js|json|md|sql|slt|list|yml|sh)$/.test(path) && path !== 'test/tidy.test.ts',
    );
    const machine = /(?<![\w.$}-])\/(?:work|tmp|home|root)\/\w/;
    expect(texts.filter((path) => machine.test(readFileSync(join(root, path), 'utf8')))).toEqual([]);
  });

  test('the lock names no host to download from', () => {
    const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
    const resolved = [...lock.matchAll(/"resolved": "([^"]*)"/g)].map((match) => match[1]);
    expect(resolved).toEqual(['.ci/node']);
  });
});
