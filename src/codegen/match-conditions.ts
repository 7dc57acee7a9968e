import { patternsLayout } from '../memory/kernels.ts';
import type { PatternElement } from '../plan/logical.ts';
import { type I32, i32, i64, type Local } from '../wasm/code.ts';
import { scaled } from './batch-scope.ts';
import type { CodeWriter, RowScope } from './expression-writer.ts';
import { type MatchState, variableMask } from './match-state.ts';

/** A row of a partition, or row 0: its runs that started `withinMs` before `time` have had theirs. */
export interface Due {
  readonly row: Local<'i32'>;
  readonly partition: Local<'i32'>;
  readonly time: Local<'i64'>;
}

/**
 * Which variables a row could go to, as bits. A condition that looks at the row alone is computed once for all runs;
 * another over the run with the row as the variable's last, which is then the run's next node, or where runs go on
 * together over the last row of all of them.
 */
export class MatchConditions {
  readonly #writer: CodeWriter;
  readonly #pattern: readonly PatternElement[];
  readonly #state: MatchState;
  readonly #matcher: Local<'i32'>;
  readonly #due: Due;
  readonly #isShared: boolean;
  /** Of the conditions over the row alone: which are computed, and which hold. */
  readonly #known: Local<'i64'>;
  readonly #true: Local<'i64'>;

  constructor(
    writer: CodeWriter,
    pattern: readonly PatternElement[],
    state: MatchState,
    { matcher, due, isShared }: { readonly matcher: Local<'i32'>; readonly due: Due; readonly isShared: boolean },
  ) {
    this.#writer = writer;
    this.#pattern = pattern;
    this.#state = state;
    this.#matcher = matcher;
    this.#due = due;
    this.#isShared = isShared;
    const always = pattern.flatMap(({ condition }, at) => (condition === null ? [at] : []));
    const mask = i64.const(variableMask(always));
    this.#known = writer.f.local('i64', mask);
    this.#true = writer.f.local('i64', mask);
  }

  /**
   * Those that hold, of the ones that a run asks for; each that is taken has its candidate. Of runs that go on together
   * `node` is their last link, and there are no candidates.
   */
  writeHeld(node: Local<'i32'>, state: Local<'i32'>, automaton: I32): Local<'i64'> {
    const { f } = this.#writer;
    const { stateBytes, state: layout } = patternsLayout;
    const record = f.local('i32', i32.add(automaton, scaled(state, stateBytes)));
    const asked = f.local('i64', i64.load(record, { offset: layout.asked }));
    const guards = f.local('i64', i64.load(record, { offset: layout.guards }));
    const held = f.local('i64', i64.const(0n));
    f.block((done) => {
      f.loop((again) => {
        for (const variable of this.#pattern.keys()) this.#writeVariable(variable, asked, held, node);
        // A guard is only asked where there is something to guard.
        f.brIf(done, i32.or(i64.eqz(held), i64.eqz(guards)));
        f.set(asked, guards);
        f.set(guards, i64.const(0n));
        f.br(again);
      });
    });
    if (this.#isShared) return held;
    const taken = f.local('i64', this.#writer.kernel('patternTakes', 'i64', this.#matcher, state, held));
    f.if(i32.eqz(i64.eqz(taken)), () => {
      for (const variable of this.#pattern.keys()) {
        f.if(this.#isIn(taken, variable), () => this.#writeCandidate(variable, node));
      }
    });
    return held;
  }

  #writeVariable(variable: number, asked: Local<'i64'>, held: Local<'i64'>, node: Local<'i32'>): void {
    const writer = this.#writer;
    const { f } = writer;
    const condition = this.#pattern[variable]?.condition ?? null;
    const bit = i64.const(variableMask([variable]));
    f.if(this.#isIn(asked, variable), () => {
      if (condition !== null && !this.#state.needsRowOnly(condition, variable)) {
        const scope = this.#scope(variable, node);
        const holds = writer.isTrue(writer.write(condition, scope));
        f.if(holds, () => f.set(held, i64.or(held, bit)));
        return;
      }
      if (condition !== null) {
        f.if(i32.eqz(this.#isIn(this.#known, variable)), () => {
          const scope = this.#state.scopeOfRow(writer, this.#due.row, this.#due.time);
          const holds = writer.isTrue(writer.write(condition, scope));
          f.set(this.#known, i64.or(this.#known, bit));
          f.if(holds, () => f.set(this.#true, i64.or(this.#true, bit)));
        });
      }
      f.set(held, i64.or(held, i64.and(this.#true, bit)));
    });
  }

  #scope(variable: number, node: Local<'i32'>): RowScope {
    const { row, time } = this.#due;
    if (this.#isShared) return this.#state.scopeOfLink(this.#writer, { row, link: node, variable }, time);
    return this.#state.scope(this.#writer, { node: this.#writeCandidate(variable, node), time }, this.#matcher);
  }

  #isIn(mask: Local<'i64'>, variable: number): I32 {
    return i32.wrapI64(i64.and(i64.shrU(mask, i64.const(BigInt(variable))), i64.const(1n)));
  }

  /** The row as the run's next node under a variable; the kernel releases it. */
  #writeCandidate(variable: number, previous: Local<'i32'>): Local<'i32'> {
    const { f } = this.#writer;
    const candidates = f.local('i32', i32.load(this.#matcher, { offset: patternsLayout.candidates }));
    const offset = variable * 4;
    const candidate = f.local('i32', i32.load(candidates, { offset }));
    f.if(i32.eqz(candidate), () => {
      f.set(candidate, this.#state.writeNode(this.#writer, this.#matcher, previous, { row: this.#due.row, variable }));
      f.do(i32.store(candidates, candidate, { offset }));
    });
    return candidate;
  }
}
