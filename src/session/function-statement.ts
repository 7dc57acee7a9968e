import type { UserFunction } from '../catalog/catalog.ts';
import type { Session } from '../catalog/session.ts';
import { didYouMean } from '../diagnostics/candidates.ts';
import { DiagnosticError, fail, unsupported } from '../diagnostics/diagnostic.ts';
import { isTakenName, type ProgramFunction } from '../functions/program/program-function.ts';
import type { AlterFunction, CreateFunction, Drop } from '../sql/ast.ts';

/**
 * Keeps a function's declaration in its database, as Flink does, which looks for the class when a query calls it.
 * @throws DiagnosticError B015 for one that exists, W004 for a temporary one, whose class Flink looks for at once
 */
export function createFunction(statement: CreateFunction, session: Session): void {
  refuseTemporary(statement);
  const [resource] = statement.resources;
  if (resource !== undefined)
    throw new DiagnosticError([unsupported('W004', resource.span, 'a function out of a JAR', { help: noClasses })]);
  const path = session.path(statement.name);
  const { functions } = session.database(path, statement.name);
  const key = path.name.toLowerCase();
  if (functions.has(key)) {
    if (statement.ifNotExists) return;
    fail('B015', statement.name.span, `function "${path.name}" exists already`, { help: 'write IF NOT EXISTS' });
  }
  functions.set(key, declared(path.name, statement));
}

/** @throws DiagnosticError B002 for one that is not there */
export function alterFunction(statement: AlterFunction, session: Session): void {
  refuseTemporary(statement);
  const path = session.path(statement.name);
  const { functions } = session.database(path, statement.name);
  const key = path.name.toLowerCase();
  const known = functions.get(key);
  if (known !== undefined) functions.set(key, declared(known.name, statement));
  else if (!statement.ifExists) unknownFunction(statement, path.name, functions);
}

/** Makes a function of the program's known, as a temporary system function. @throws DiagnosticError B015 for a name that is taken */
export function defineFunction(defined: ProgramFunction, { programFunctions }: Session): void {
  const { name } = defined.entry;
  if (isTakenName(name))
    fail('B015', null, `"${name}" is a function of SQL's own`, { help: 'give yours another name' });
  if (programFunctions.has(name.toLowerCase())) {
    fail('B015', null, `the function "${name}" exists already`, {
      help: `DROP TEMPORARY SYSTEM FUNCTION ${name} first`,
    });
  }
  programFunctions.set(name.toLowerCase(), defined);
}

/** @throws DiagnosticError B002 for one that is not there */
export function dropFunction(statement: Drop, session: Session): void {
  if (statement.isSystem) {
    dropProgramFunction(statement, session);
    return;
  }
  const path = session.path(statement.name);
  // None is temporary and of a database: they are not taken.
  const functions = statement.isTemporary ? new Map() : session.database(path, statement.name).functions;
  if (!functions.delete(path.name.toLowerCase()) && !statement.ifExists)
    unknownFunction(statement, path.name, functions);
}

function dropProgramFunction({ name, ifExists }: Drop, { programFunctions }: Session): void {
  const written = name.parts.map((part) => part.name).join('.');
  if (programFunctions.delete(written.toLowerCase()) || ifExists) return;
  const names = [...programFunctions.values()].map(({ entry }) => entry.name);
  fail('B002', name.span, `unknown function "${written}"`, { help: didYouMean(written, names) });
}

const noClasses = 'classes of the JVM do not run here; the built-in functions are listed by SHOW FUNCTIONS';

function refuseTemporary({ isTemporary, className }: CreateFunction | AlterFunction): void {
  if (!isTemporary) return;
  const function_ = `a function of the class '${className.value}'`;
  throw new DiagnosticError([unsupported('W004', className.span, function_, { help: noClasses })]);
}

function declared(name: string, { className, language }: CreateFunction | AlterFunction): UserFunction {
  return { name, className: className.value, language: language ?? 'JAVA' };
}

function unknownFunction(
  { name: { span } }: AlterFunction | Drop,
  name: string,
  functions: ReadonlyMap<string, UserFunction>,
): never {
  const names = [...functions.values()].map((each) => each.name);
  fail('B002', span, `unknown function "${name}"`, { help: didYouMean(name, names) });
}
