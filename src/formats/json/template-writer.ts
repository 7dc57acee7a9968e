import type { ScanFilter } from '../../plan/logical.ts';
import { i32 } from '../../wasm/code.ts';
import type { FunctionBuilder, Label } from '../../wasm/function-builder.ts';
import type { FieldNode } from '../field-tree.ts';
import { decoderOption } from '../record-struct.ts';
import { earlyFilter, passesTerms } from './early-filter.ts';
import { literal } from './emit-value.ts';
import type { Template, TemplateValue } from './template.ts';
import { type RecordLocals, type ValueKernels, type ValueTarget, ValueWriter } from './value-writer.ts';

export interface TemplateTarget extends ValueTarget {
  readonly templates: readonly Template[];
  readonly filter: ScanFilter | null;
}

/** Writes the code that reads the records of a template. */
export class TemplateWriter {
  readonly #f: FunctionBuilder;
  readonly #target: TemplateTarget;
  readonly #locals: RecordLocals;
  readonly #values: ValueWriter;
  /** Bytes behind `p` that have been compared. */
  #taken = 0;

  constructor(f: FunctionBuilder, target: TemplateTarget, kernels: ValueKernels, locals: RecordLocals) {
    this.#f = f;
    this.#target = target;
    this.#locals = locals;
    this.#values = new ValueWriter(f, target, kernels, locals);
    for (const { values } of target.templates) {
      for (const { field } of values) if (field !== null) this.#values.prepare(field);
    }
  }

  /** Before a record: where its row's values go. */
  startRow(): void {
    this.#values.startRow();
  }

  /** No value of the row is NULL yet, whatever another template or the general way left there. */
  freshRow(): void {
    this.#values.freshRow();
  }

  /**
   * Reads the record at `p` into the row; `p` is left behind its line feed. To `miss` when it looks different. A row
   * that the filter throws away goes to `hit` with columns left unread.
   */
  template(template: Template, { miss, hit }: { readonly miss: Label; readonly hit: Label }): void {
    const { head, values, missing } = template;
    const { filter, layout } = this.#target;
    literal(this.#f, this.#locals.p, head, miss);
    this.#taken = head.length;
    const early = earlyFilter(template, filter);
    if (early?.at === 0) {
      this.#finish(withoutUnread(values, early.unread), missing, miss);
      return;
    }
    this.#read(values.slice(0, early?.at), miss);
    if (early !== null) {
      this.#advance();
      const passes = passesTerms(early.terms, layout, (width) => this.#values.place(width));
      this.#f.if(i32.eqz(passes), () => {
        this.#finish(withoutUnread(values.slice(early.at), early.unread), missing, miss);
        this.#f.br(hit);
      });
      this.#taken = 0;
    }
    this.#finish(values.slice(early?.at ?? values.length), missing, miss);
  }

  /** The last values, and the columns that have none. */
  #finish(values: readonly TemplateValue[], missing: readonly FieldNode[], miss: Label): void {
    this.#read(values, miss);
    const failsOnMissing = (this.#target.options & decoderOption.failOnMissing) !== 0;
    for (const field of missing) {
      if (failsOnMissing) this.#f.br(miss);
      else this.#values.storeNull(field, miss);
    }
    this.#advance();
  }

  #read(values: readonly TemplateValue[], miss: Label): void {
    for (const value of values) {
      this.#advance();
      this.#values.value(value, miss);
      this.#taken = value.behind.length;
    }
  }

  #advance(): void {
    const { p } = this.#locals;
    if (this.#taken > 0) this.#f.set(p, i32.add(p, i32.const(this.#taken)));
    this.#taken = 0;
  }
}

/** Fields that nobody looks at are skipped. */
function withoutUnread(values: readonly TemplateValue[], unread: ReadonlySet<FieldNode>): readonly TemplateValue[] {
  return values.map((value) => (value.field !== null && unread.has(value.field) ? { ...value, field: null } : value));
}
