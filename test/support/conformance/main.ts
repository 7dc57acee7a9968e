import { parseArgs } from 'node:util';
import { buildKernels } from '../../../.ci/build/kernels.ts';
import { corpusFolder, findFiles } from './corpus.ts';

import { countCases, showFailures, showRefusalPairs, showSummary } from './report.ts';
import type { FileReport } from './run-file.ts';
import { runFiles } from './run-files.ts';
import { updateLists } from './update-lists.ts';

const usage = `usage: npm run conformance -- [options] [PATH...]
Runs .case and .expr files (or folders of them) and compares with what Flink answered. Without PATH: test/flink.
  --filter TEXT    only cases whose "file: name" holds TEXT
  --verbose        whole differences, not only their first lines
  --refusals       also the pairs of texts where both refuse, to be judged by a person
  --update-list    put the cases that fail on their list, and take off those that pass
  --reason TEXT    why they fail: "later: window joins" or "fault: what Flink gets wrong; what is right"`;

await main();

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      filter: { type: 'string', default: '' },
      verbose: { type: 'boolean', default: false },
      refusals: { type: 'boolean', default: false },
      'update-list': { type: 'boolean', default: false },
      reason: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  await buildKernels();
  const paths = findFiles(positionals.length > 0 ? positionals : [corpusFolder]);
  const start = performance.now();
  const reports: FileReport[] = [];
  for await (const report of runFiles(paths, values.filter)) {
    reports.push(report);
    const lines = [...showFailures(report, values.verbose), ...(values.refusals ? showRefusalPairs(report) : [])];
    if (lines.length > 0) console.log(lines.join('\n'));
  }
  reports.sort((left, right) => (left.path < right.path ? -1 : 1));
  console.log(`\n${showSummary(reports).join('\n')}`);
  if (values['update-list']) console.log(`\n${updateLists(reports, values.reason).join('\n')}`);

  const { passed, failed, later, fault, folded, batch, notCompared } = countCases(
    reports.flatMap(({ cases }) => cases),
  );
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`\n${later + fault + folded + batch} on the lists, ${notCompared} not compared, in ${seconds} s`);
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0 && !values['update-list']) process.exitCode = 1;
}
