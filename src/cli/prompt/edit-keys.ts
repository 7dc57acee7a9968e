import type { EditBuffer } from './edit-buffer.ts';
import type { Key } from './keyboard.ts';

/** `ctrl-a`, `alt-left`, `up`. */
export function nameOfKey({ name, ctrl, meta }: Key): string {
  return ctrl ? `ctrl-${name}` : meta ? `alt-${name}` : name;
}

/** What keys do with the text alone, as in a shell. */
export const editKeys: ReadonlyMap<string, (buffer: EditBuffer) => void> = new Map([
  ...keys(['left', 'ctrl-b'], (buffer) => buffer.left()),
  ...keys(['right', 'ctrl-f'], (buffer) => buffer.right()),
  ...keys(['ctrl-left', 'alt-left', 'alt-b'], (buffer) => buffer.wordLeft()),
  ...keys(['ctrl-right', 'alt-right', 'alt-f'], (buffer) => buffer.wordRight()),
  ...keys(['home', 'ctrl-a'], (buffer) => buffer.home()),
  ...keys(['end', 'ctrl-e'], (buffer) => buffer.end()),
  ...keys(['ctrl-home'], (buffer) => buffer.toStart()),
  ...keys(['ctrl-end'], (buffer) => buffer.toEnd()),
  ...keys(['backspace', 'ctrl-h'], (buffer) => buffer.deleteLeft()),
  ...keys(['delete'], (buffer) => buffer.deleteRight()),
  ...keys(['ctrl-w', 'alt-backspace'], (buffer) => buffer.cutWordLeft()),
  ...keys(['alt-d'], (buffer) => buffer.cutWordRight()),
  ...keys(['ctrl-u'], (buffer) => buffer.cutToLineStart()),
  ...keys(['ctrl-k'], (buffer) => buffer.cutToLineEnd()),
  ...keys(['ctrl-y'], (buffer) => buffer.paste()),
  ...keys(['alt-return', 'alt-enter'], (buffer) => buffer.insert('\n')),
]);

function keys(
  names: readonly string[],
  edit: (buffer: EditBuffer) => void,
): readonly (readonly [string, (buffer: EditBuffer) => void])[] {
  return names.map((name) => [name, edit] as const);
}
