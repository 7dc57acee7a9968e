import { variableMask } from '../codegen/match-state.ts';
import { patternsLayout } from '../memory/kernels.ts';
import type { Memory } from '../memory/memory.ts';
import type { PatternAutomaton, PatternState } from '../plan/pattern-automaton.ts';

const noTarget = 0xffff_ffff;

/** Puts an automaton into memory, as kernels/pattern-layout.ts reads it: the states, then their takes. */
export function storeAutomaton(memory: Memory, { states }: PatternAutomaton): number {
  const { stateBytes, state, takeBytes, take } = patternsLayout;
  const takeCount = states.reduce((sum, { takes }) => sum + takes.length, 0);
  const address = memory.alloc(states.length * stateBytes + takeCount * takeBytes);
  const { view } = memory;
  const mask = (at: number, variables: readonly number[]): void => view.setBigInt64(at, variableMask(variables), true);
  const word = (at: number, value: number): void => view.setUint32(at, value, true);
  let next = address + states.length * stateBytes;
  for (const [number, each] of states.entries()) {
    const at = address + number * stateBytes;
    const asked = askedOf(each);
    mask(at + state.asked, asked);
    mask(
      at + state.guards,
      guardsOf(each).filter((guard) => !asked.includes(guard)),
    );
    word(at + state.takes, next);
    word(at + state.takeCount, each.takes.length);
    for (const { variable, target, guards, completeUnless } of each.takes) {
      word(next + take.variable, variable);
      word(next + take.target, target ?? noTarget);
      mask(next + take.guards, guards);
      mask(next + take.completeUnless, completeUnless ?? []);
      word(next + take.mayComplete, target === null || completeUnless !== null ? 1 : 0);
      next += takeBytes;
    }
  }
  return address;
}

function askedOf({ takes }: PatternState): readonly number[] {
  return takes.map(({ variable }) => variable);
}

function guardsOf({ takes }: PatternState): readonly number[] {
  return takes.flatMap(({ guards, completeUnless }) => [...guards, ...(completeUnless ?? [])]);
}
