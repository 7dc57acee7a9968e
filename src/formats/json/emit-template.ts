import { type I32, i32 } from '../../wasm/code.ts';
import { call, type FunctionBuilder, type Label } from '../../wasm/function-builder.ts';
import { ModuleBuilder } from '../../wasm/module-builder.ts';
import { recordStruct } from '../record-struct.ts';
import { type TemplateTarget, TemplateWriter } from './template-writer.ts';
import type { ValueKernels } from './value-writer.ts';

/**
 * A module whose `decode(struct, base, from, end, row, rowsMax)` reads records as `jsonDecode` does, those that fit a
 * template by straight code. It starts with the template of the record before; a record that fits none goes to
 * `jsonMiss`.
 *
 * Bytes between values are compared with constants, eight at a time. A value that has not the plain form of its type
 * (an escape, a sign, NULL, a number in quotes) is left to the kernels, and the template goes on behind it.
 */
export function emitTemplates(target: TemplateTarget): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  const kernels: ValueKernels = {
    field: module.imported('kernels', 'jsonField', ['i32', 'i32', 'i32', 'i32'], 'i32'),
    skip: module.imported('kernels', 'jsonSkip', ['i32'], 'i32'),
    day: module.imported('kernels', 'jsonDay', ['i32', 'i32'], 'i32'),
  };
  const jsonMiss = module.imported('kernels', 'jsonMiss', ['i32', 'i32', 'i32', 'i32', 'i32'], 'i32');
  const latest = module.global('i32', i32.const(0));
  const { builder: f } = module.function(['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], 'i32', 'decode');
  const struct = f.param(0, 'i32');
  const base = f.param(1, 'i32');
  const p = f.param(2, 'i32');
  const end = f.param(3, 'i32');
  const row = f.param(4, 'i32');
  const rowsMax = f.param(5, 'i32');
  const { templates, layout } = target;
  const start = f.local('i32');
  const tries = f.local('i32');
  const writer = new TemplateWriter(f, target, kernels, { struct, base, p, limit: end, row });

  writer.freshRow();
  f.block((stop) => {
    f.loop((records) => {
      f.brIf(stop, i32.or(i32.geU(p, end), i32.geU(row, rowsMax)));
      f.set(start, p);
      writer.startRow();
      if (templates.length > 1) f.set(tries, i32.const(templates.length));
      f.block((hit) => {
        f.loop((attempt) => {
          f.block((miss) => {
            choose(f, latest, templates.length, (index) => {
              const template = templates[index];
              if (template !== undefined) writer.template(template, { miss, hit });
              f.br(hit);
            });
          });
          f.set(p, start);
          writer.freshRow();
          if (templates.length > 1) {
            const next = i32.add(latest, i32.const(1));
            f.setGlobal(latest, next);
            f.if(i32.geU(latest, i32.const(templates.length)), () => f.setGlobal(latest, i32.const(0)));
            f.set(tries, i32.sub(tries, i32.const(1)));
            f.brIf(attempt, tries);
          }
        });
        f.set(row, call(jsonMiss, struct, start, end, row, rowsMax));
        f.set(p, i32.load(struct, { offset: recordStruct.next }));
        f.if(i32.load(struct, { offset: recordStruct.status }), () => f.return(row));
        writer.freshRow();
        f.br(records);
      });
      f.do(i32.store(i32.add(base, i32.shl(row, i32.const(2))), start, { offset: layout.records }));
      f.set(row, i32.add(row, i32.const(1)));
      f.br(records);
    });
  });
  f.do(
    i32.store(struct, p, { offset: recordStruct.next }),
    i32.store(struct, i32.const(0), { offset: recordStruct.status }),
  );
  f.return(row);
  return module.toBytes();
}

/** Runs the code of one of `count` cases; each leaves by itself. */
function choose(f: FunctionBuilder, selector: I32, count: number, write: (index: number) => void): void {
  const nest = (index: number, labels: readonly Label[]): void => {
    if (index < 0) {
      const [first] = labels;
      if (first !== undefined) f.brTable(selector, labels, first);
      return;
    }
    f.block((label) => nest(index - 1, [label, ...labels]));
    write(index);
  };
  if (count === 1) write(0);
  else nest(count - 1, []);
}
