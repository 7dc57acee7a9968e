import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { answersFile, type CastRow, printAnswers } from './answers.ts';
import { type CastColumn, castColumns, castScript, jsonLines, rowCount } from './columns.ts';

const usage = `usage: node test/support/casts/ask.ts --flink PROGRAM [--only COLUMN | --show COLUMN --from ROW --rows COUNT]
Asks Flink for the casts of the random columns and writes the hashes of its answers, in about ten minutes.
  --flink PROGRAM  runs a script of SQL on Flink: PROGRAM --changelog -f FILE prints a line of JSON for each answer's
                   columns, then ["+I", text or null...] for each row
  --only COLUMN    asks for one column and keeps what is known of the others
  --show COLUMN    prints Flink's answers for some rows of a column and writes nothing: to find what a chunk differs in`;

const { values } = parseArgs({
  options: {
    flink: { type: 'string' },
    only: { type: 'string' },
    show: { type: 'string' },
    from: { type: 'string', default: '0' },
    rows: { type: 'string', default: '500' },
  },
});

if (values.flink === undefined) console.log(usage);
else if (values.show !== undefined) show(values.flink, values.show, Number(values.from), Number(values.rows));
else {
  const program = values.flink;
  const known = values.only === undefined ? '' : readFileSync(answersFile, 'utf8');
  const texts = castColumns.map((column) => {
    if (values.only !== undefined && values.only !== column.name) {
      return known
        .split(/(?<=\n)/)
        .filter((line) => line.startsWith(`${column.name}: `))
        .join('');
    }
    console.log(column.name);
    return printAnswers(column, answers(program, column, rowCount));
  });
  writeFileSync(answersFile, texts.join(''));
}

function show(program: string, name: string, from: number, rows: number): void {
  const column = castColumns.find((each) => each.name === name);
  if (column === undefined) throw new Error(`there is no column ${name}`);
  const values = jsonLines(column, from + rows).split('\n');
  console.log(['', ...column.targets].join(' | '));
  for (const [at, row] of answers(program, column, from + rows).entries()) {
    if (at >= from) console.log(`${values[at]} ${row.map((text) => JSON.stringify(text)).join(' | ')}`);
  }
}

function answers(program: string, column: CastColumn, rows: number): readonly CastRow[] {
  const folder = mkdtempSync(join(tmpdir(), 'casts-'));
  try {
    writeFileSync(join(folder, 't.json'), jsonLines(column, rows));
    writeFileSync(join(folder, 'casts.sql'), castScript(column, join(folder, 't.json')));
    const args = ['--timeout', '600000', '--changelog', '-f', join(folder, 'casts.sql')];
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 30 });
    const lines = stdout.trimEnd().split('\n').slice(1);
    if (status !== 0 || lines.length !== rows) throw new Error(`${column.name}: ${stdout.slice(0, 2000)}${stderr}`);
    return lines.map((line) => (JSON.parse(line) as readonly (string | null)[]).slice(1));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
