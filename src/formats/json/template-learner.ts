import type { Memory } from '../../memory/memory.ts';
import type { ScanFilter } from '../../plan/logical.ts';
import type { BlockLayout } from '../column-block.ts';
import type { FieldNode } from '../field-tree.ts';
import { recordStruct } from '../record-struct.ts';
import { emitTemplates } from './emit-template.ts';
import { sameTemplate, type Template, templateOf } from './template.ts';
import { allocTemplateMemory } from './template-memory.ts';

export interface TemplateLearnerParts {
  readonly memory: Memory;
  readonly tree: FieldNode;
  readonly layout: BlockLayout;
  readonly options: number;
  readonly filter: ScanFilter | null;
}

/** Forms of records that one table's code knows. Nexmark has three; more would make misses slow. */
const templatesMax = 8;

/** Records that no template could be made from, or that gave one that is known, before learning stops. */
const attemptsMax = 8;

/** Longer records are left to the general way, so that learning from them does not take long. */
const recordBytesMax = 65_536;

/** Records over which the share of misses is judged. */
const judgedRecords = 20_000;

type Decode = (struct: number, base: number, from: number, end: number, row: number, rowsMax: number) => number;

/**
 * Keeps the templates of a table's records and the code made from them. A record that fits none is read in the general
 * way, and the last such record of a batch gives a new template. Where records look all different, it gives up.
 */
export class TemplateLearner {
  readonly #parts: TemplateLearnerParts;
  readonly #memory: number;
  readonly #templates: Template[] = [];
  #decode: Decode | null = null;
  #attempts = 0;
  #records = 0;
  #misses = 0;
  #hasGivenUp = false;

  constructor(parts: TemplateLearnerParts) {
    this.#parts = parts;
    this.#memory = allocTemplateMemory(parts.memory);
  }

  get isReady(): boolean {
    return this.#decode !== null;
  }

  /** Whether another record may be learnt from. */
  get wantsMore(): boolean {
    return !this.#hasGivenUp && this.#templates.length < templatesMax && this.#attempts < attemptsMax;
  }

  /**
   * Learns the forms of the first records: those that came up more than once, the commonest first. All at once, since
   * code that grows by a form at a time is written and compiled as often. `end` is behind a line feed.
   */
  learnFirst(records: readonly number[], end: number): void {
    const forms: { readonly template: Template; count: number }[] = [];
    for (const at of records) {
      const template = this.#templateAt(at, end);
      if (template === null) continue;
      const known = forms.find((form) => sameTemplate(form.template, template));
      if (known === undefined) forms.push({ template, count: 1 });
      else known.count++;
    }
    const common = forms.toSorted((a, b) => b.count - a.count).filter(({ count }, at) => at === 0 || count > 1);
    this.#take(common.slice(0, templatesMax).map(({ template }) => template));
  }

  /** Learns the form of the record at an address. */
  learn(at: number, end: number): void {
    if (!this.wantsMore) return;
    const template = this.#templateAt(at, end);
    const isNew = template !== null && !this.#templates.some((known) => sameTemplate(known, template));
    this.#take(isNew ? [template] : []);
  }

  #templateAt(at: number, end: number): Template | null {
    const { memory, tree } = this.#parts;
    const lineFeed = memory.u8.subarray(at, end).indexOf(10);
    return lineFeed < 0 || lineFeed >= recordBytesMax ? null : templateOf(memory.copyOut(at, lineFeed + 1), tree);
  }

  #take(templates: readonly Template[]): void {
    this.#templates.push(...templates);
    if (templates.length === 0) this.#attempts++;
    // The code is another when nothing more will be learnt.
    if (templates.length > 0 || (this.isReady && !this.wantsMore)) this.#emit();
  }

  /** As `jsonDecode`, by the templates. */
  run(struct: number, range: { from: number; end: number; row: number; rowsMax: number }): number {
    const { memory } = this.#parts;
    const { from, end, row, rowsMax } = range;
    const word = (offset: number): number => memory.u32[(struct + offset) >>> 2] ?? 0;
    const missesBefore = word(recordStruct.misses);
    const decode = this.#decode;
    if (decode === null) throw new Error('no template is learnt');
    const rows = decode(struct, word(recordStruct.base), from, end, row, rowsMax) >>> 0;
    const missed = word(recordStruct.misses) - missesBefore;
    this.#records += rows - row;
    this.#misses += missed;
    if (missed > 0 && missed * 64 >= rows - row) this.learn(word(recordStruct.lastMiss), end);
    if (this.#records >= judgedRecords) this.#judge();
    return rows;
  }

  close(): void {
    this.#parts.memory.free(this.#memory);
    this.#decode = null;
  }

  /** When most records miss and nothing more can be learnt, trying the templates is wasted. */
  #judge(): void {
    if (this.#misses * 2 > this.#records && !this.wantsMore) {
      this.#hasGivenUp = true;
      this.#decode = null;
    }
    this.#records = 0;
    this.#misses = 0;
  }

  #emit(): void {
    const { memory, layout, options, filter } = this.#parts;
    const templates = this.#templates;
    const learnsGroups = this.wantsMore;
    const code = emitTemplates({ templates, layout, options, filter, learnsGroups, memory: this.#memory });
    this.#decode = memory.instantiate(code).exports.decode as unknown as Decode;
  }
}
