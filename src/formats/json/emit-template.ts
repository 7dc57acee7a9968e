import type { ScanFilter } from '../../plan/logical.ts';
import { physicalOf, timestampUnitsPerSecond } from '../../types/physical.ts';
import { type Code, f32, f64, type I32, i32, i64, type Local, type ValueType } from '../../wasm/code.ts';
import { call, type FunctionBuilder, type FunctionRef, type Label } from '../../wasm/function-builder.ts';
import { ModuleBuilder } from '../../wasm/module-builder.ts';
import type { BlockLayout } from '../column-block.ts';
import { type FieldNode, fieldKinds } from '../field-tree.ts';
import { decoderOption, recordStruct } from '../record-struct.ts';
import { earlyFilter, passesTerms } from './early-filter.ts';
import {
  findQuote,
  pointNumber,
  type RememberedDay,
  skipWholeNumber,
  timestamp,
  type ValueContext,
  valueContext,
  wholeNumber,
} from './emit-value.ts';
import type { Template, TemplatePart, ValueForm } from './template.ts';

export interface EmitRequest {
  readonly templates: readonly Template[];
  readonly layout: BlockLayout;
  /** Bits of `decoderOption`. */
  readonly options: number;
  readonly filter: ScanFilter | null;
  /** Address of 10^0 .. 10^7 as i64s. */
  readonly powers: number;
}

interface Kernels {
  readonly field: FunctionRef<'i32'>;
  readonly skip: FunctionRef<'i32'>;
  readonly day: FunctionRef<'i32'>;
  readonly miss: FunctionRef<'i32'>;
}

/**
 * A module whose `decode(struct, base, from, end, row, rowsMax)` reads records as `jsonDecode` does, those that fit a
 * template by straight code. It starts with the template of the record before; a record that fits none goes to
 * `jsonMiss`.
 *
 * Bytes between values are compared with constants, eight at a time. A value that has not the plain form of its type
 * (an escape, a sign, NULL, a number in quotes) is left to the kernels, and the template goes on behind it.
 */
export function emitTemplates(request: EmitRequest): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  const kernels: Kernels = {
    field: module.imported('kernels', 'jsonField', ['i32', 'i32', 'i32', 'i32'], 'i32'),
    skip: module.imported('kernels', 'jsonSkip', ['i32'], 'i32'),
    day: module.imported('kernels', 'jsonDay', ['i32', 'i32'], 'i32'),
    miss: module.imported('kernels', 'jsonMiss', ['i32', 'i32', 'i32', 'i32', 'i32'], 'i32'),
  };
  const latest = module.global('i32', i32.const(0));
  const { builder: f } = module.function(['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], 'i32', 'decode');
  const struct = f.param(0, 'i32');
  const base = f.param(1, 'i32');
  const p = f.param(2, 'i32');
  const end = f.param(3, 'i32');
  const row = f.param(4, 'i32');
  const rowsMax = f.param(5, 'i32');
  const { templates, layout } = request;
  const start = f.local('i32');
  const tries = f.local('i32');
  const writer = new TemplateWriter(f, request, kernels, { struct, base, p, row });

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
        f.set(row, call(kernels.miss, struct, start, end, row, rowsMax));
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

interface Locals {
  readonly struct: Local<'i32'>;
  readonly base: Local<'i32'>;
  readonly p: Local<'i32'>;
  readonly row: Local<'i32'>;
}

const nullWord = 0x6c6c756e;

class TemplateWriter {
  readonly #f: FunctionBuilder;
  readonly #request: EmitRequest;
  readonly #kernels: Kernels;
  readonly #locals: Locals;
  readonly #values: ValueContext;
  /** `base + row * width`, by width, for the widths that columns have. */
  readonly #places = new Map<number, Local<'i32'>>();
  readonly #days = new Map<FieldNode, RememberedDay>();
  /** Bytes behind `p` that the literals so far have taken. */
  #taken = 0;

  constructor(f: FunctionBuilder, request: EmitRequest, kernels: Kernels, locals: Locals) {
    this.#f = f;
    this.#request = request;
    this.#kernels = kernels;
    this.#locals = locals;
    this.#values = valueContext(f, locals.p, request.powers);
    for (const width of [1, 2, 4, 8, 16]) this.#places.set(width, f.local('i32'));
    for (const template of request.templates) {
      for (const part of template.parts) if (part.kind === 'field') this.#remember(part.field);
    }
  }

  /** No text has the high bytes -1, so that the first day is looked up. */
  #remember(field: FieldNode): void {
    const isTime = field.kind === fieldKinds.timestamp || field.kind === fieldKinds.timestampLtz;
    if (!isTime || this.#days.has(field)) return;
    const f = this.#f;
    this.#days.set(field, { low: f.local('i64'), high: f.local('i32', i32.const(-1)), start: f.local('i64') });
  }

  /** Before a record: where its row's values go. */
  startRow(): void {
    const { base, row } = this.#locals;
    for (const [width, place] of this.#places) {
      this.#f.set(place, i32.add(base, i32.shl(row, i32.const(Math.log2(width)))));
    }
  }

  /** No value of the row is NULL yet, whatever another template or the general way left there. */
  freshRow(): void {
    const { base, row } = this.#locals;
    for (const { validity } of this.#request.layout.columns) {
      if (validity !== 0) this.#f.do(i32.store8(i32.add(base, row), i32.const(1), { offset: validity }));
    }
  }

  /**
   * Reads the record at `p` into the row; `p` is left behind its line feed. To `miss` when it looks different. A row
   * that the filter throws away goes to `hit` with columns left unread.
   */
  template(template: Template, { miss, hit }: { readonly miss: Label; readonly hit: Label }): void {
    this.#taken = 0;
    const { parts } = template;
    const early = earlyFilter(template, this.#request.filter);
    if (early?.at === 0) {
      this.#rest(template, early.unread, 0, miss);
      return;
    }
    for (const part of parts.slice(0, early?.at)) this.#part(part, miss);
    if (early !== null) {
      this.#advance();
      const passes = passesTerms(early.terms, this.#request.layout, (width) => this.#place(width));
      this.#f.if(i32.eqz(passes), () => {
        this.#rest(template, early.unread, early.at, miss);
        this.#f.br(hit);
      });
      this.#taken = 0;
      for (const part of parts.slice(early.at)) this.#part(part, miss);
    }
    this.#missing(template.missing, miss);
    this.#advance();
  }

  /** The parts from one on, without the values that nobody looks at. */
  #rest({ parts, missing }: Template, unread: ReadonlySet<FieldNode>, from: number, miss: Label): void {
    for (const part of parts.slice(from)) {
      const isUnread = part.kind === 'field' && unread.has(part.field);
      this.#part(isUnread ? { kind: 'skip', form: part.form } : part, miss);
    }
    this.#missing(missing, miss);
    this.#advance();
  }

  #missing(missing: readonly FieldNode[], miss: Label): void {
    const failsOnMissing = (this.#request.options & decoderOption.failOnMissing) !== 0;
    for (const field of missing) {
      if (failsOnMissing) this.#f.br(miss);
      else this.#storeNull(field, miss);
    }
  }

  #part(part: TemplatePart, miss: Label): void {
    switch (part.kind) {
      case 'literal':
        this.#literal(part.bytes, miss);
        break;
      case 'field':
        this.#advance();
        this.#field(part.field, miss);
        break;
      case 'skip':
        this.#advance();
        this.#skip(part.form, miss);
        break;
    }
  }

  #advance(): void {
    const { p } = this.#locals;
    if (this.#taken > 0) this.#f.set(p, i32.add(p, i32.const(this.#taken)));
    this.#taken = 0;
  }

  #literal(bytes: Uint8Array, miss: Label): void {
    const { p } = this.#locals;
    const view = Buffer.from(bytes);
    const eight = (at: number): void => {
      const offset = this.#taken + at;
      this.#f.brIf(miss, i64.ne(i64.load(p, { offset }), i64.const(view.readBigInt64LE(at))));
    };
    let at = 0;
    for (; at + 8 <= bytes.length; at += 8) eight(at);
    const rest = bytes.length - at;
    if (rest > 0 && bytes.length >= 8) eight(bytes.length - 8);
    else if (rest > 0) {
      const padded = Buffer.alloc(8);
      view.copy(padded);
      const mask = (1n << BigInt(rest * 8)) - 1n;
      const loaded = i64.and(i64.load(p, { offset: this.#taken }), i64.const(mask));
      this.#f.brIf(miss, i64.ne(loaded, i64.const(padded.readBigInt64LE())));
    }
    this.#taken += bytes.length;
  }

  #skip(form: ValueForm, miss: Label): void {
    const f = this.#f;
    const { p } = this.#locals;
    f.block((done) => {
      f.block((slow) => {
        switch (form) {
          case 'string':
            findQuote(this.#values, slow);
            f.set(p, i32.add(this.#values.scan, i32.const(1)));
            break;
          case 'number':
            skipWholeNumber(this.#values, slow);
            f.set(this.#values.scan, i32.add(p, this.#values.length));
            f.brIf(slow, isNumberByte(i32.load8U(this.#values.scan)));
            f.set(p, this.#values.scan);
            break;
          case 'other':
            f.brIf(slow, i32.ne(i32.load(p), i32.const(nullWord)));
            f.set(p, i32.add(p, i32.const(4)));
            break;
        }
        f.br(done);
      });
      f.set(p, call(this.#kernels.skip, p));
      f.brIf(miss, i32.eqz(p));
    });
  }

  #field(field: FieldNode, miss: Label): void {
    const f = this.#f;
    const { p, struct, row } = this.#locals;
    f.block((done) => {
      f.block((slow) => {
        if (field.alias === null) {
          this.#plain(field, slow);
        } else {
          f.br(slow);
        }
        f.br(done);
      });
      if (field.alias === null) {
        f.if(i32.eq(i32.load(p), i32.const(nullWord)), () => {
          this.#storeNull(field, miss);
          f.set(p, i32.add(p, i32.const(4)));
          f.br(done);
        });
      }
      f.set(p, call(this.#kernels.field, struct, i32.const(field.address), p, row));
      f.brIf(miss, i32.eqz(p));
    });
  }

  /** NULL for all columns of a field; one that is NOT NULL is for the general way to refuse. */
  #storeNull(field: FieldNode, miss: Label): void {
    if (field.column !== null) {
      const column = this.#request.layout.columns[field.column];
      if (column === undefined || column.validity === 0) {
        this.#f.br(miss);
        return;
      }
      this.#storeZero(field, column.values);
      this.#f.do(
        i32.store8(this.#place(1), i32.const(0), { offset: column.validity }),
        i32.store(this.#locals.base, i32.const(1), { offset: column.nullSeen }),
      );
    } else {
      for (const child of field.children) this.#storeNull(child, miss);
    }
    if (field.alias !== null) this.#storeNull(field.alias, miss);
  }

  #storeZero(field: FieldNode, offset: number): void {
    const physical = field.type === null ? 'i64' : physicalOf(field.type);
    switch (physical) {
      case 'bool':
      case 'i8':
        this.#f.do(i32.store8(this.#place(1), i32.const(0), { offset }));
        break;
      case 'i16':
        this.#f.do(i32.store16(this.#place(2), i32.const(0), { offset }));
        break;
      case 'i32':
      case 'f32':
        this.#f.do(i32.store(this.#place(4), i32.const(0), { offset }));
        break;
      case 'i64':
      case 'f64':
      case 'bytes':
        this.#f.do(i64.store(this.#place(8), i64.const(0n), { offset }));
        break;
      case 'i128':
        this.#f.do(
          i64.store(this.#place(16), i64.const(0n), { offset }),
          i64.store(this.#place(16), i64.const(0n), { offset: offset + 8 }),
        );
        break;
    }
  }

  #place(width: number): Local<'i32'> {
    const place = this.#places.get(width);
    if (place === undefined) throw new Error(`no column is ${width} bytes wide`);
    return place;
  }

  /** The plain form of a field's type; to `slow`, with `p` at the value's start, for all else. */
  #plain(field: FieldNode, slow: Label): void {
    const f = this.#f;
    const { p } = this.#locals;
    const { value, length, scan } = this.#values;
    const values = field.column === null ? 0 : (this.#request.layout.columns[field.column]?.values ?? 0);
    const offset = { offset: values };
    switch (field.kind) {
      case fieldKinds.tinyint:
      case fieldKinds.smallint:
      case fieldKinds.int:
      case fieldKinds.bigint: {
        wholeNumber(this.#values, slow);
        f.set(scan, i32.add(p, length));
        f.brIf(slow, isNumberByte(i32.load8U(scan)));
        this.#storeWhole(field.kind, offset, slow);
        f.set(p, scan);
        break;
      }
      case fieldKinds.float:
      case fieldKinds.double: {
        pointNumber(this.#values, slow);
        // Both are exact, so their quotient is rounded once. (Clinger 1990)
        const quotient = f64.div(
          f64.convertI64S(value),
          f64.convertI64S(i64.load(i32.wrapI64(this.#values.count), { offset: this.#request.powers })),
        );
        if (field.kind === fieldKinds.double) {
          f.do(f64.store(this.#place(8), quotient, offset));
        } else {
          // A FLOAT would be rounded twice, but for numbers of up to 24 bits.
          f.brIf(slow, i64.gtU(value, i64.const(0xffffffn)));
          const power = i64.load(i32.wrapI64(this.#values.count), { offset: this.#request.powers });
          f.do(f32.store(this.#place(4), f32.div(f32.convertI64S(value), f32.convertI64S(power)), offset));
        }
        f.set(p, i32.add(p, length));
        break;
      }
      case fieldKinds.boolean:
        f.if(
          i32.eq(i32.load(p), i32.const(0x65757274)),
          () => {
            f.do(i32.store8(this.#place(1), i32.const(1), offset));
            f.set(p, i32.add(p, i32.const(4)));
          },
          () => {
            f.brIf(slow, i32.ne(i32.load(p, { offset: 1 }), i32.const(0x65736c61)));
            f.brIf(slow, i32.ne(i32.load8U(p), i32.const(0x66)));
            f.do(i32.store8(this.#place(1), i32.const(0), offset));
            f.set(p, i32.add(p, i32.const(5)));
          },
        );
        break;
      case fieldKinds.text: {
        findQuote(this.#values, slow);
        // Address and length in one store.
        const from = i32.add(p, i32.const(1));
        const view = i64.or(i64.extendI32U(from), i64.shl(i64.extendI32U(i32.sub(scan, from)), i64.const(32n)));
        f.do(i64.store(this.#place(8), view, offset));
        f.set(p, i32.add(scan, i32.const(1)));
        break;
      }
      case fieldKinds.timestamp:
      case fieldKinds.timestampLtz:
        this.#timestamp(field, offset, slow);
        break;
      default:
        f.br(slow);
    }
  }

  #storeWhole(kind: number, offset: { readonly offset: number }, slow: Label): void {
    const f = this.#f;
    const { value } = this.#values;
    const most = kind === fieldKinds.tinyint ? 127n : kind === fieldKinds.smallint ? 32_767n : 2_147_483_647n;
    if (kind !== fieldKinds.bigint) f.brIf(slow, i64.gtU(value, i64.const(most)));
    switch (kind) {
      case fieldKinds.tinyint:
        f.do(i32.store8(this.#place(1), i32.wrapI64(value), offset));
        break;
      case fieldKinds.smallint:
        f.do(i32.store16(this.#place(2), i32.wrapI64(value), offset));
        break;
      case fieldKinds.int:
        f.do(i32.store(this.#place(4), i32.wrapI64(value), offset));
        break;
      default:
        f.do(i64.store(this.#place(8), value, offset));
    }
  }

  #timestamp(field: FieldNode, offset: { readonly offset: number }, slow: Label): void {
    const { type } = field;
    const precision = type !== null && 'precision' in type ? type.precision : 9;
    if (precision > 6) {
      this.#f.br(slow);
      return;
    }
    const isIso = (this.#request.options & decoderOption.iso) !== 0;
    const isZulu = field.kind === fieldKinds.timestampLtz;
    const form = {
      separator: isIso ? 0x54 : 0x20,
      isZulu,
      isStrict: isIso && !isZulu,
      unitsPerSecond: timestampUnitsPerSecond(precision),
      keepsMillis: precision >= 3,
    };
    const dayOf = (address: Code<ValueType>, strict: I32): Code<'i32'> => call(this.#kernels.day, address, strict);
    timestamp(this.#values, slow, this.#day(field), form, dayOf);
    this.#f.do(i64.store(this.#place(8), this.#values.value, offset));
  }

  #day(field: FieldNode): RememberedDay {
    const day = this.#days.get(field);
    if (day === undefined) throw new Error(`no day is kept for ${field.key}`);
    return day;
  }
}

/** Whether a byte goes on with a number: a point or an exponent; digits have been taken. */
function isNumberByte(byte: I32): I32 {
  return i32.or(i32.eq(byte, i32.const(0x2e)), i32.eq(i32.or(byte, i32.const(0x20)), i32.const(0x65)));
}
