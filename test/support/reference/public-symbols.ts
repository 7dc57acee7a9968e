import { fileURLToPath } from 'node:url';
import {
  isClassDeclaration,
  isConstructorDeclaration,
  isFunctionDeclaration,
  isGetAccessorDeclaration,
  isInterfaceDeclaration,
  isMethodDeclaration,
  isTypeAliasDeclaration,
  isVariableDeclaration,
  type Node,
} from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';
import { type DocComment, docCommentOf } from './doc-comment.ts';

/** What `src/index.ts` exports, as the reference shows it. */
export interface PublicSymbol {
  readonly name: string;
  readonly kind: 'class' | 'interface' | 'type' | 'function' | 'value';
  /** From the top of the repository: `src/library/query.ts`. */
  readonly file: string;
  /** Its declaration without bodies; of a class or an interface the head alone. */
  readonly signature: string;
  readonly doc: DocComment | null;
  readonly members: readonly PublicMember[];
}

export interface PublicMember {
  readonly name: string;
  /** Several where it is overloaded. */
  readonly signatures: readonly string[];
  readonly doc: DocComment | null;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Asks the compiler what a program can import, and reads the declarations. */
export function publicSymbols(): readonly PublicSymbol[] {
  const api = new API({ cwd: root });
  try {
    const [project] = api.updateSnapshot({ openProjects: [`${root}tsconfig.types.json`] }).getProjects();
    const index = project?.program.getSourceFile(`${root}src/index.ts`);
    const module = index === undefined ? undefined : project?.checker.getSymbolAtLocation(index);
    if (project === undefined || module === undefined) throw new Error('src/index.ts is a module of the project');
    return project.checker.getExportsOfModule(module).map((exported) => {
      const symbol = project.checker.getAliasedSymbol(exported);
      const declaration = symbol.declarations[0]?.resolve(project);
      if (declaration === undefined) throw new Error(`${exported.name} is declared`);
      return symbolOf(exported.name, declaration);
    });
  } finally {
    api.close();
  }
}

function symbolOf(name: string, node: Node): PublicSymbol {
  const file = node.getSourceFile().fileName.slice(root.length);
  const base = { name, file, doc: docOf(isVariableDeclaration(node) ? node.parent.parent : node) };
  if (isClassDeclaration(node) || isInterfaceDeclaration(node)) {
    const kind = isClassDeclaration(node) ? 'class' : 'interface';
    const brace = node.members.pos - 1;
    return { ...base, kind, signature: textOf(node, brace), members: membersOf(node.members) };
  }
  if (isTypeAliasDeclaration(node)) return { ...base, kind: 'type', signature: textOf(node), members: [] };
  if (isFunctionDeclaration(node))
    return { ...base, kind: 'function', signature: textOf(node, bodyStart(node)), members: [] };
  if (isVariableDeclaration(node)) {
    const end = node.type?.end ?? node.end;
    return { ...base, kind: 'value', signature: `const ${textOf(node, end)}`, members: [] };
  }
  throw new Error(`${name} is of a kind that the reference does not know`);
}

/** Methods of one name are one member; the last of several overloads only has their body. */
function membersOf(nodes: readonly Node[]): readonly PublicMember[] {
  const members = new Map<string, { signatures: string[]; doc: DocComment | null }>();
  for (const node of nodes) {
    const text = textOf(node, bodyStart(node));
    const name = isConstructorDeclaration(node) ? 'constructor' : memberName(node);
    const doc = docOf(node);
    if (name.startsWith('#') || /^(static )?(private|protected) /.test(text) || doc?.isInternal === true) continue;
    const known = members.get(name);
    if (known === undefined) members.set(name, { signatures: [shown(node, text)], doc });
    else if (!isMethodDeclaration(node) || node.body === undefined) known.signatures.push(shown(node, text));
  }
  return [...members].map(([name, member]) => ({ name, ...member }));
}

function memberName(node: Node): string {
  const { name } = node as { readonly name?: Node };
  return name === undefined ? '' : name.getText();
}

/** As a user sees it: a getter is a property, and whether a method is written with `async` is its own affair. */
function shown(node: Node, text: string): string {
  const plain = text.replace(/^((?:static )?)(?:async )?\*? ?/, '$1').replace(/^override /, '');
  return isGetAccessorDeclaration(node) ? plain.replace(/^get (.*?)\(\)/, 'readonly $1') : plain;
}

function bodyStart(node: Node): number {
  const { body } = node as { readonly body?: Node };
  return body === undefined ? node.end : body.getStart();
}

/** The text of a declaration up to a place, in one line where it is short. */
function textOf(node: Node, end = node.end): string {
  const text = node.getSourceFile().text.slice(node.getStart(), end).trim();
  const bare = text
    .replace(/^export /, '')
    .replace(/\s*[;{=]$/, '')
    .replace(/;$/, '');
  const flat = bare
    .replace(/\/\*\*.*?\*\/\s*/gs, '')
    .replace(/\s+/g, ' ')
    .replace(/([(<[]) /g, '$1')
    .replace(/,? ([)>\]])/g, '$1')
    .replace(/^(type [^=]* =) \|/, '$1');
  const isSpread = isTypeAliasDeclaration(node) && (flat.length > 100 || bare.includes('/**'));
  return isSpread ? bare : flat;
}

function docOf(node: Node): DocComment | null {
  return docCommentOf(node.getSourceFile().text.slice(node.pos, node.getStart()));
}
