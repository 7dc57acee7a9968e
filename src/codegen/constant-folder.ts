import type { SessionSettings } from '../functions/value.ts';
import type { Memory } from '../memory/memory.ts';
import type { Expression, LiteralExpression } from '../plan/expression.ts';
import { i32 } from '../wasm/code.ts';
import { CodeWriter, type RowScope } from './expression-writer.ts';
import { putPlain } from './plain-code.ts';
import { plainValue, readPlainValue } from './plain-value.ts';
import { QueryModule, status } from './query-module.ts';

/** An expression over no columns has none to ask for. */
const noColumns: RowScope = {
  column: (index) => {
    throw new Error(`column ${index} in a constant expression`);
  },
};

/**
 * Computes a constant expression by the same code that a row would run, so that folding cannot change a meaning.
 * Null where the expression fails, and where its bytes are no text: then it is left for the row, which may never come.
 */
export function foldConstant(
  memory: Memory,
  session: SessionSettings,
  expression: Expression,
): LiteralExpression | null {
  const module = new QueryModule(memory, session);
  try {
    const address = module.own(plainValue.bytes);
    const { builder: f } = module.builder.function([], 'i32', 'evaluate');
    const writer = new CodeWriter(module, f, expression.span);
    putPlain(writer, address, writer.write(expression, noColumns));
    f.return(i32.const(status.ok));
    const { evaluate } = module.instantiate() as unknown as { evaluate(): number };
    if (evaluate() !== status.ok) return null;
    const value = readPlainValue(memory, address, expression.type);
    if (typeof value === 'string' && value.includes('\ufffd')) return null;
    return { kind: 'literal', value, type: expression.type, span: expression.span };
  } finally {
    module.close();
  }
}
