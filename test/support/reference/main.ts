import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { libraryPage } from './library-page.ts';
import { referenceText } from './reference.ts';

const pages: readonly (readonly [path: string, text: string])[] = [
  ['src/functions/REFERENCE.md', referenceText()],
  ['src/library/REFERENCE.md', libraryPage()],
];

for (const [path, text] of pages) {
  writeFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), text);
  console.log(`${path} is written`);
}
