import { didYouMean } from '../../diagnostics/candidates.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { Parameter } from '../../functions/scalar-function.ts';
import type { Argument } from '../../sql/ast.ts';

/** What is called: a function of the program's, whose parameters may have names. */
interface Callee {
  readonly name: string;
  readonly overloads: readonly { readonly params: readonly Parameter[] }[];
}

/** Arguments in the order of the parameters: as they stand, or all by `name => value`. @throws DiagnosticError B005, B013 */
export function argumentsInOrder(callee: Callee, args: readonly Argument[], span: Span): readonly Argument[] {
  const bare = args.find(({ name }) => name === null);
  const named = args.filter(({ name }) => name !== null);
  const [first] = named;
  if (first === undefined) return args;
  if (bare !== undefined)
    fail('B005', bare.span, 'arguments go by name or by place, not both', {
      notes: [{ message: 'this one goes by name', span: first.span }],
    });
  for (const [at, { name }] of named.entries()) {
    if (name !== null && named.slice(0, at).some((other) => other.name?.name === name.name))
      fail('B013', name.span, `the argument "${name.name}" is given twice`);
  }
  const signatures = callee.overloads
    .map(({ params }) => params.map(({ name }) => name))
    .filter((names) => names.every((name) => name !== ''));
  const known = [...new Set(signatures.flat())];
  if (known.length === 0)
    fail('B005', first.span, `the parameters of ${callee.name} have no names`, { help: 'give its arguments by place' });
  const unknown = named.find(({ name }) => !known.includes(name?.name ?? ''));
  if (unknown?.name != null) {
    const help = didYouMean(unknown.name.name, known) ?? `it has: ${known.join(', ')}`;
    fail('B005', unknown.name.span, `${callee.name} has no parameter "${unknown.name.name}"`, { help });
  }
  const isGiven = (name: string): boolean => named.some((argument) => argument.name?.name === name);
  const fitting = signatures.find((names) => names.length === named.length && names.every(isGiven));
  if (fitting === undefined) {
    const missing = signatures[0]?.filter((name) => !isGiven(name)) ?? [];
    fail('B005', span, `${callee.name} lacks an argument`, { help: `give it ${missing.join(', ')}` });
  }
  return fitting.flatMap((name) => named.find((argument) => argument.name?.name === name) ?? []);
}
