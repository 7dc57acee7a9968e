import type { Memory } from '../../memory/memory.ts';
import type { BlockLayout } from '../column-block.ts';
import type { FieldNode } from '../field-tree.ts';

export interface TemplateLearnerParts {
  readonly memory: Memory;
  readonly tree: FieldNode;
  readonly layout: BlockLayout;
  readonly options: number;
}

export class TemplateLearner {
  readonly isReady = false;
  learn(_at: number, _end: number): void {}
  run(_struct: number, _range: { from: number; end: number; row: number; rowsMax: number }): number {
    return 0;
  }
  constructor(_parts: TemplateLearnerParts) {}
  close(): void {}
}
