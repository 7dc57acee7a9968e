import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { corpusFolder, findFiles, readCorpusFile } from './support/conformance/corpus.ts';
import { gatedAreas } from './support/conformance/gated-areas.ts';
import { listFolder, readList } from './support/conformance/known-differences.ts';
import { showFailures } from './support/conformance/report.ts';
import type { FileReport } from './support/conformance/run-file.ts';
import { runFiles } from './support/conformance/run-files.ts';

const folders = gatedAreas.flatMap((area) => [join(corpusFolder, area), join(corpusFolder, 'own', area)]);
const paths = findFiles(folders.filter((folder) => existsSync(folder)));
const reports = new Map<string, FileReport>();
for await (const report of runFiles(paths, '')) reports.set(report.path, report);

describe('Flink answers the same, but for what the lists name', () => {
  for (const path of paths) {
    const { area, name } = readCorpusFile(path);
    test(`${area}/${name}`, () => {
      const report = reports.get(path);
      expect(report && showFailures(report, false)).toEqual([]);
    });
  }

  test('the lists name cases that exist', () => {
    const areas = readdirSync(listFolder).map((file) => file.replace(/\.list$/, ''));
    const ids = new Map(areas.map((area) => [area, new Set<string>()]));
    for (const report of reports.values()) {
      for (const { id } of report.cases) ids.get(report.area)?.add(id);
    }
    const strangers = areas.flatMap((area) => readList(area).filter(({ id }) => !ids.get(area)?.has(id)));
    expect(strangers.map(({ id }) => id)).toEqual([]);
  });

  test.each(gatedAreas)(
    'faults of Flink in %s are two of a hundred cases at most, and told in DIFFERENCES.md',
    (area) => {
      const told = readFileSync(new URL('../src/DIFFERENCES.md', import.meta.url), 'utf8');
      const listed = readList(area).filter(({ kind }) => kind === 'fault' || kind === 'folded');
      // Of the corpus alone, and what is compared of it: cases of our own may not make faults rare.
      const cases = [...reports.values()]
        .filter((report) => report.area === area && !report.path.includes(join(corpusFolder, 'own')))
        .flatMap((report) => report.cases)
        .filter(({ verdict }) => verdict.kind !== 'not compared');
      const faults = listed.filter(({ kind }) => kind === 'fault');
      expect(faults.length).toBeLessThanOrEqual(cases.length * 0.02);
      const untold = listed.filter(({ reason }) => !told.includes(`| ${reason.split(/[;:] /)[0]}`));
      expect([...new Set(untold.map(({ reason }) => reason))]).toEqual([]);
    },
  );
});
