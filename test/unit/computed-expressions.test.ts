import { describe, expect, test } from 'vitest';
import { CodeWriter, type RowScope } from '../../src/codegen/expression-writer.ts';
import { QueryModule } from '../../src/codegen/query-module.ts';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Memory } from '../../src/memory/memory.ts';
import { call } from '../../src/plan/bind/calls.ts';
import type { Expression } from '../../src/plan/expression.ts';
import { STRING } from '../../src/types/sql-type.ts';
import { i32 } from '../../src/wasm/code.ts';

const memory = Memory.create();
const span = { source: new SourceText('test', ''), start: 0, end: 0 };
const name: Expression = { kind: 'column', index: 0, type: STRING(false), span };
const lower = (): Expression => call('LOWER', [name], span);
const random = (): Expression => call('RAND', [], span);

function open(): { writer: CodeWriter; row: () => RowScope; close: () => void } {
  const module = new QueryModule(memory, {
    timeZone: 'UTC',
    database: 'default_database',
    zoneAddress: 0,
    processingTimeMs: () => 0,
  });
  const { builder: f } = module.builder.function([], 'i32', 'evaluate');
  const writer = new CodeWriter(module, f, span);
  const row = (): RowScope => ({ column: () => writer.value(STRING(false), null, i32.const(8), i32.const(0)) });
  return { writer, row, close: () => module.close() };
}

describe('an expression that comes again over a row', () => {
  test('is computed once, also inside others', () => {
    const { writer, row, close } = open();
    const scope = row();
    const first = writer.write(lower(), scope);
    expect(writer.write(lower(), scope)).toBe(first);
    writer.write(call('||', [lower(), lower()], span), scope);
    expect(writer.write(lower(), scope)).toBe(first);
    close();
  });

  test('is computed again over another row, and behind a branch that may not have run', () => {
    const { writer, row, close } = open();
    const scope = row();
    const first = writer.write(lower(), scope);
    expect(writer.write(lower(), row())).not.toBe(first);
    const other = row();
    let within = first;
    writer.f.if(i32.const(1), () => {
      within = writer.write(lower(), other);
      expect(writer.write(lower(), other)).toBe(within);
    });
    expect(writer.write(lower(), other)).not.toBe(within);
    close();
  });

  test('is computed each time where it is not deterministic', () => {
    const { writer, row, close } = open();
    const scope = row();
    expect(writer.write(random(), scope)).not.toBe(writer.write(random(), scope));
    const sum = (): Expression => call('+', [random(), random()], span);
    expect(writer.write(sum(), scope)).not.toBe(writer.write(sum(), scope));
    close();
  });
});
