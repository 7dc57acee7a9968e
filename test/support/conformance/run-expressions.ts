import { compareRefusal, type Difference, showRefusal } from './compare.ts';
import type { EnginePort, Refusal, Result } from './engine-port.ts';
import type { ExpressionCase } from './expr-file.ts';
import { type Outcome, stackOf } from './outcome.ts';
import { within } from './within.ts';

/**
 * How an expression becomes a query: folded before a row is read, or computed for a row that holds its literals.
 * A form that an expression does not have is null.
 */
export interface QueryForm {
  readonly name: string;
  query(expressions: readonly string[]): string | null;
}

/** `SELECT e` */
export const folded: QueryForm = {
  name: 'folded',
  query: (expressions) => `SELECT ${expressions.map((text, index) => `${text} AS c${index}`).join(', ')}`,
};

/** Expressions that share a query: compiling one takes longer than computing it. */
const sharedMax = 16;

const timeoutMs = 20_000;

/** Outcomes in the order of the cases. */
export async function runExpressions(
  port: EnginePort,
  cases: readonly ExpressionCase[],
  forms: readonly QueryForm[],
): Promise<Outcome[]> {
  const outcomes = cases.map((): Outcome => ({ kind: 'passes', pair: null }));
  for (const form of forms) {
    const remaining = [...cases.keys()].filter((index) => outcomes[index]?.kind === 'passes');
    for (const group of groups(cases, remaining)) {
      const shared =
        group.length > 1
          ? await runShared(
              port,
              form,
              group.map((index) => at(cases, index)),
            )
          : null;
      for (const [place, index] of group.entries()) {
        outcomes[index] = shared?.[place] ? passes : await runAlone(port, form, at(cases, index));
      }
    }
  }
  return outcomes;
}

const passes: Outcome = { kind: 'passes', pair: null };

/** Neighbours with one answer each and the same settings, in bounded groups; a refusal stands alone. */
function groups(cases: readonly ExpressionCase[], indexes: readonly number[]): number[][] {
  const result: number[][] = [];
  const last = new Map<string, number[]>();
  for (const index of indexes) {
    const { expected, settings } = at(cases, index);
    const key = JSON.stringify(settings);
    const open = last.get(key);
    if (expected.kind === 'error') {
      result.push([index]);
    } else if (open !== undefined && open.length < sharedMax) {
      open.push(index);
    } else {
      const group = [index];
      last.set(key, group);
      result.push(group);
    }
  }
  return result;
}

/** Which of the expressions are as expected, when their common query gives its row; null otherwise. */
async function runShared(
  port: EnginePort,
  form: QueryForm,
  cases: readonly ExpressionCase[],
): Promise<boolean[] | null> {
  const query = form.query(cases.map(({ text }) => text));
  if (query === null) return null;
  try {
    const answer = await ask(port, query, at(cases, 0));
    if (answer === undefined || 'error' in answer || answer.columns.length !== cases.length) return null;
    return cases.map((expression, column) => compareValue(expression, answer, column) === null);
  } catch {
    return null; // Each is asked alone, and the one at fault says so.
  }
}

async function runAlone(port: EnginePort, form: QueryForm, expression: ExpressionCase): Promise<Outcome> {
  const { expected } = expression;
  const where = form.name;
  const wanted = expected.kind === 'error' ? [expected.text] : [`${expected.type} | ${JSON.stringify(expected.value)}`];
  const differs = (difference: Difference, refused: Refusal | null): Outcome => ({
    kind: 'differs',
    where,
    difference,
    refused,
  });
  try {
    const query = form.query([expression.text]);
    if (query === null) return passes;
    const answer = await ask(port, query, expression);
    if (answer === undefined) return differs({ what: 'no answer', expected: wanted, got: [] }, null);
    if ('error' in answer) {
      const got = [showRefusal(answer.error)];
      if (expected.kind === 'value') return differs({ what: 'refused', expected: wanted, got }, answer.error);
      const difference = compareRefusal(stageless(expected.text), answer.error);
      if (difference) return differs(difference, answer.error);
      return { kind: 'passes', pair: { expected: expected.text, got: showRefusal(answer.error) } };
    }
    if (expected.kind === 'error') {
      return differs({ what: 'not refused', expected: wanted, got: valuesOf(answer, 0) }, null);
    }
    const difference = compareValue(expression, answer, 0);
    return difference ? differs(difference, null) : passes;
  } catch (fault) {
    return { kind: 'crash', where, text: stackOf(fault) };
  }
}

/** Whether Flink refuses an expression while folding it or at the row is an accident of its optimizer. */
function stageless(text: string): string {
  return text.replace(/^\w+: /, '');
}

function compareValue({ expected }: ExpressionCase, answer: Result, column: number): Difference | null {
  if (expected.kind === 'error') return null;
  const wanted = [`${expected.type} | ${JSON.stringify(expected.value)}`];
  const got = valuesOf(answer, column);
  if (got.length === 1 && got[0] === wanted[0]) return null;
  const sameType = answer.columns[column]?.type === expected.type;
  return { what: sameType ? 'another value' : 'another type', expected: wanted, got };
}

function valuesOf({ columns, rows }: Result, column: number): string[] {
  return rows.map(([, fields]) => `${columns[column]?.type} | ${JSON.stringify(fields[column])}`);
}

async function ask(port: EnginePort, query: string, { settings, line }: ExpressionCase) {
  const first = async () => {
    for await (const answer of port.run(`${query};`, { scriptName: `line ${line}`, settings })) return answer;
    return undefined;
  };
  return within(timeoutMs, first());
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`no item ${index}`);
  return item;
}
