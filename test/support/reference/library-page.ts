import type { DocComment } from './doc-comment.ts';
import { type PublicMember, type PublicSymbol, publicSymbols } from './public-symbols.ts';

/** The parts of the page, by the files that the symbols are declared in. What is of none of them comes last. */
const parts: readonly { readonly title: string; readonly files: RegExp }[] = [
  { title: 'The handle', files: /^src\/library\/tidemark/ },
  { title: 'Tables', files: /^src\/library\/(declaration|row-sources|push-table)|^src\/connectors\/program/ },
  { title: 'Queries', files: /^src\/library\/query/ },
  { title: 'Jobs', files: /^src\/library\/background-job|^src\/runtime\/job/ },
  { title: 'Functions', files: /^src\/library\/function/ },
  { title: 'Streams', files: /^src\/library\/(data-stream|stream)|^src\/streams/ },
  { title: 'Rows and types', files: /^src\/library\/row-types|^src\/types/ },
  { title: 'Errors', files: /^src\/diagnostics/ },
  { title: 'Time', files: /^src\/runtime\/clock/ },
  { title: 'The engine below the handle', files: /^src\/(engine|session)/ },
  { title: 'More', files: /^/ },
];

/** Members that say by their names what they do. */
const plainMembers: ReadonlySet<string> = new Set(['[Symbol.asyncDispose]', '[Symbol.dispose]']);

/** The reference page of the library, made of the comments in its sources. */
export function libraryPage(symbols: readonly PublicSymbol[] = publicSymbols()): string {
  const sections = parts.map((part) => ({
    ...part,
    symbols: symbols.filter(({ file }) => parts.find(({ files }) => files.test(file)) === part),
  }));
  const filled = sections.filter((section) => section.symbols.length > 0);
  const contents = filled.map(({ title, symbols: own }) => {
    const links = own.map(({ name }) => `[${name}](#${name.toLowerCase()})`);
    return `- ${title}: ${links.join(', ')}`;
  });
  const body = filled.map(({ title, symbols: own }) => [`## ${title}`, ...own.map(symbolText)].join('\n\n'));
  return [
    '# The library',
    '',
    "What `import { ... } from 'tidemark'` gives, made by `npm run reference` from the comments in the sources. How values of",
    'SQL are held in a program is told by the table in [types/js-value.ts](../types/js-value.ts).',
    '',
    contents.join('\n'),
    '',
    `${body.join('\n\n')}\n`,
  ].join('\n');
}

/** Public symbols and members without a comment: `Query.toArray`. */
export function undocumented(symbols: readonly PublicSymbol[] = publicSymbols()): readonly string[] {
  return symbols.flatMap(({ name, doc, members }) => [
    ...(says(doc) ? [] : [name]),
    ...members
      .filter((member) => !says(member.doc) && !plainMembers.has(member.name))
      .map((member) => `${name}.${member.name}`),
  ]);
}

function says(doc: DocComment | null): boolean {
  return doc !== null && (doc.text !== '' || doc.throws.length > 0);
}

function symbolText({ name, signature, doc, members }: PublicSymbol): string {
  const lines = [`### ${name}`, codeBlock(signature), ...docText(doc)];
  return [...lines, ...(members.length === 0 ? [] : [members.map(memberText).join('\n')])].join('\n\n');
}

function memberText({ name, signatures, doc }: PublicMember): string {
  const head = `- ${signatures.map((signature) => `\`${signature}\``).join('<br>')}`;
  const text = docText(plainMembers.has(name) ? null : doc).join('\n\n');
  if (text === '') return head;
  return `${head}\\\n${text.replaceAll(/^(?=.)/gm, '  ')}`;
}

function docText(doc: DocComment | null): readonly string[] {
  if (doc === null) return [];
  return [
    ...(doc.text === '' ? [] : [doc.text]),
    ...doc.params.map((param) => param.replace(/^(\w+)/, '`$1`:')),
    ...(doc.returns === null ? [] : [`Returns ${doc.returns}`]),
    ...doc.throws.map((thrown) => `Throws ${thrown}`),
    ...doc.examples.map(codeBlock),
  ];
}

function codeBlock(code: string): string {
  return `\`\`\`ts\n${code}\n\`\`\``;
}
