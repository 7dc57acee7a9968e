import { describe, expect, test } from 'vitest';
import { type Code, f32, f64, i32, i64, ifElse, memoryCopy, select, v128 } from '../../src/wasm/code.ts';
import { disassemble } from '../../src/wasm/disassemble.ts';
import { call } from '../../src/wasm/function-builder.ts';
import { ModuleBuilder } from '../../src/wasm/module-builder.ts';

describe('disassemble', () => {
  test('shows functions by name, blocks indented, immediates behind their instruction', () => {
    const module = new ModuleBuilder();
    const log = module.imported('host', 'log', ['i64'], 'void');
    const { builder: f } = module.function(['i32'], 'i32', 'count');
    const left = f.local('i32', f.param(0, 'i32'));
    f.while(left, () => {
      f.do(call(log, i64.const(-(2n ** 63n))), i32.store(left, i32.const(-1), { offset: 300 }));
      f.set(left, i32.sub(left, i32.const(64)));
    });
    f.return(ifElse(left, i32.const(1), i32.wrapI64(i64.const(128n))));
    expect(disassemble(module.toBytes()).split('\n')).toEqual([
      '(func $count (param i32) (result i32)',
      '  ;; locals: 1 x i32',
      '  local.get 0',
      '  local.set 1',
      '  block',
      '    loop',
      '      local.get 1',
      '      i32.eqz',
      '      br_if 1',
      '      i64.const -9223372036854775808',
      '      call $host.log',
      '      local.get 1',
      '      i32.const -1',
      '      i32.store offset=300',
      '      local.get 1',
      '      i32.const 64',
      '      i32.sub',
      '      local.set 1',
      '      br 0',
      '    end',
      '  end',
      '  local.get 1',
      '  if (result i32)',
      '    i32.const 1',
      '  else',
      '    i64.const 128',
      '    i32.wrap_i64',
      '  end',
      '  return',
      ')',
    ]);
  });

  test('knows every instruction that the emitter writes, under its own name', () => {
    const families = { i32, i64, f32, f64, v128 };
    const unnamed: string[] = [];
    for (const [family, instructions] of Object.entries(families)) {
      for (const [name, make] of Object.entries(instructions)) {
        if (name.startsWith('const')) continue;
        // An operand of a wrong type makes an invalid module, but the same instruction.
        const made = (make as (...operands: readonly unknown[]) => Code<'void'>)(i32.const(1), i32.const(1));
        const module = new ModuleBuilder();
        const { builder: f } = module.function([], 'void', 'f');
        f.do(made);
        const shown = disassemble(module.toBytes()).split('\n').at(-2)?.replaceAll('_', '') ?? '';
        // The lanes of a vector stand in front in the text format: `i8x16.eq` is `v128.eq8`.
        const wanted = family === 'v128' ? name.replace(/8$/, '') : `${family}.${name}`;
        if (!shown.includes(wanted.toLowerCase())) unnamed.push(`${family}.${name}: ${shown}`);
      }
    }
    expect(unnamed).toEqual([]);
  });

  test('reads floats, vectors and bulk copies', () => {
    const module = new ModuleBuilder();
    const { builder: f } = module.function([], 'void', 'f');
    f.do(memoryCopy(i32.const(1), i32.const(2), i32.const(3)));
    f.drop(select(i32.const(0), f64.const(0.25), f64.const(-1e300)));
    f.drop(v128.any(v128.const8(7)));
    const lines = disassemble(module.toBytes())
      .split('\n')
      .map((line) => line.trim());
    expect(lines).toContain('memory.copy');
    expect(lines).toContain('f64.const -1e+300');
    expect(lines).toContain(`v128.const i8x16 ${'7 '.repeat(16).trim()}`);
    expect(lines).toContain('v128.any_true');
  });
});
