import { DiagnosticError, error, unsupported } from '../diagnostics/diagnostic.ts';
import type { AggregateCall } from '../plan/expression.ts';

/** @throws DiagnosticError W004 at each aggregate that cannot take a row back */
export function checkRetraction(aggregates: readonly AggregateCall[]): void {
  const errors = aggregates
    .filter(({ overload, args, type }) => {
      const types = args.map((arg) => arg.type);
      const { retract, remadeOf } = overload.code(types, type);
      return retract === undefined && remadeOf === undefined;
    })
    .map(({ name, overload, span }) =>
      overload.isProgram === true
        ? error('B032', span, `${name} cannot take back the rows that its input replaces, or that leave its frame`, {
            help: 'give it "retract", which undoes "add"',
          })
        : unsupported('W004', span, `${name} over an updating input`, {
            help: 'aggregate the rows themselves, or window them first',
          }),
    );
  if (errors.length > 0) throw new DiagnosticError(errors);
}
