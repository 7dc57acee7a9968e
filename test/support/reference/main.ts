import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { referenceText } from './reference.ts';

const page = fileURLToPath(new URL('../../../src/functions/REFERENCE.md', import.meta.url));
writeFileSync(page, referenceText());
console.log(`${page} is written`);
