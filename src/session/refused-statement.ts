import { type Diagnostic, error, unsupported } from '../diagnostics/diagnostic.ts';
import type { Statement } from '../sql/ast.ts';

/** A statement that has no meaning in one process over streams, or none yet: why, and what to do instead. */
export function refusalOf(statement: Statement): Diagnostic {
  const { span } = statement;
  const refuse = (message: string, help: string): Diagnostic => error('B039', span, message, { help });
  switch (statement.kind) {
    case 'update':
      return refuse('UPDATE has no meaning over a stream', 'a query whose result updates is INSERT INTO ... SELECT');
    case 'delete':
      return refuse(
        'DELETE has no meaning over a stream',
        'filter the rows where they are read, or where they are written',
      );
    case 'merge':
      return refuse('MERGE is not supported by Flink', 'join the tables in INSERT INTO ... SELECT');
    case 'truncate':
      return refuse(
        'TRUNCATE TABLE has no meaning over a stream',
        'delete the files of the table, or write to another',
      );
    case 'analyzeTable':
      return refuse(
        'ANALYZE TABLE has no meaning over a stream',
        'EXPLAIN ESTIMATED_COST shows what a query costs and keeps',
      );
    case 'call':
      return refuse('there are no procedures', 'the catalogs in memory have none');
    case 'loadModule':
    case 'unloadModule':
      return refuse(
        'there is one module, "core", which is always loaded',
        'its functions are listed by SHOW FUNCTIONS',
      );
    case 'beginStatementSet':
    case 'endStatementSet':
      return refuse(
        'a statement set is one statement',
        'write EXECUTE STATEMENT SET BEGIN INSERT ...; INSERT ...; END',
      );
    case 'addJar':
    case 'removeJar':
      return refuse(
        'a JAR holds classes of the JVM, which do not run here',
        'leave the statement out: connectors and functions are built in',
      );
    case 'clientCommand':
      return refuse(`${statement.command} is a word for a prompt`, 'leave it out of a script');
    case 'alterSession':
      return refuse('ALTER SESSION is not supported by Flink', "write SET 'key' = 'value' or RESET 'key'");
    case 'createModel':
    case 'alterModel':
      return unsupported('W001', span, 'a MODEL', { help: 'call the model where the rows are written to' });
    case 'createMaterializedTable':
    case 'alterMaterializedTable':
      return unsupported('W001', span, 'a MATERIALIZED TABLE', {
        help: 'write CREATE TABLE, and INSERT INTO it from a query',
      });
    default:
      return unsupported('W001', span, nameOf(statement));
  }
}

/** As a person calls it: `ALTER TABLE`. */
function nameOf({ kind }: Statement): string {
  return kind.replace(/[A-Z]/g, (letter) => ` ${letter}`).toUpperCase();
}
