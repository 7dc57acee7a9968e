import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { Memory } from '../../src/memory/memory.ts';
import { parseCaseFile } from '../support/conformance/case-file.ts';

const path = 'test/flink/statements/changelog-mode.case';
const memory = Memory.create();

/** The text of a script's last EXPLAIN, or the code by which it is refused. */
async function explained(script: string): Promise<string> {
  let text = '';
  for await (const event of new Engine({ memory }).run(new SourceText('explain.sql', script))) {
    if (event.kind === 'rows') text = String(event.rows[0]?.values[0]);
    if (event.kind === 'refused') text = event.diagnostics[0]?.code ?? '';
  }
  return text;
}

describe('the last step of a plan sends the kinds of changes that Flink derives', () => {
  for (const { name, sql, note } of parseCaseFile(path, readFileSync(path, 'utf8'))) {
    const kinds = /The last step makes ([A-Z,]+)\./.exec(note ?? '')?.[1];
    test(name, async () => {
      const text = await explained(sql);
      // A plan with an operator that is still to come.
      if (/^W\d{3}$/.test(text)) return;
      expect(/^result (?:.*)changelogMode=\[([A-Z,]+)\]/m.exec(text)?.[1]).toBe(kinds);
    });
  }
});
