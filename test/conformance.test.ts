import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { corpusFolder, findFiles, readCorpusFile } from './support/conformance/corpus.ts';
import { gatedAreas } from './support/conformance/gated-areas.ts';
import { listFolder, readList } from './support/conformance/known-differences.ts';
import { showFailures } from './support/conformance/report.ts';
import type { FileReport } from './support/conformance/run-file.ts';
import { runFiles } from './support/conformance/run-files.ts';

const paths = findFiles(gatedAreas.map((area) => join(corpusFolder, area)));
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
});
