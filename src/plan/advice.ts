import { unreachable } from '../types/unreachable.ts';
import { isAppendOnly, type LogicalMatch, type LogicalNode, type LogicalSink } from './logical.ts';
import { mayGoOn, patternSharing } from './pattern-sharing.ts';
import { materializes } from './sent-changes.ts';
import { uniqueKeys } from './unique-keys.ts';
import { readersFirst } from './walk.ts';

/** What a user may want to know of a plan before it runs for ever: EXPLAIN PLAN_ADVICE. */
export function planAdvice(sinks: readonly LogicalSink[]): readonly string[] {
  const keys = uniqueKeys(sinks);
  const materialized = sinks.filter((sink) => materializes(sink, keys.get(sink.input) ?? []));
  const ofSinks = materialized.map(({ table }) => {
    const name = table?.path.name ?? '';
    return `the rows of each key of "${name}" are kept, because the query tells its rows apart otherwise than the primary key: group or deduplicate by the key`;
  });
  return [...ofSinks, ...readersFirst(sinks).flatMap((node) => adviceOf(node) ?? [])];
}

function adviceOf(node: LogicalNode): string | null {
  switch (node.kind) {
    case 'aggregate':
      if (node.keys.length === 0 || node.stateTtlMs > 0) return null;
      return `the aggregate by ${names(node, [...node.keys.keys()])} keeps a row for each key for ever: bound it by 'table.exec.state.ttl', or aggregate by windows`;
    case 'top-n':
      if (node.window !== null || node.stateTtlMs > 0 || isAppendOnly(node.input.changes)) return null;
      return "the Top-N keeps all rows of its input, which updates: rank an input that only inserts, or bound it by 'table.exec.state.ttl'";
    case 'deduplicate':
      if (node.window !== null || node.stateTtlMs > 0) return null;
      return `the deduplication by ${names(node, node.keys)} keeps a row for each key for ever: bound it by 'table.exec.state.ttl', or do it within windows`;
    case 'over':
      if (node.time !== null || node.stateTtlMs > 0) return null;
      return "the OVER keeps all rows for ever: order it by a time, or bound it by 'table.exec.state.ttl'";
    case 'window':
      return node.window.kind === 'session' ? 'the rows of open sessions are kept: aggregate them' : null;
    case 'join': {
      const { method } = node;
      if (method.kind !== 'regular' || (method.stateTtlMs.left > 0 && method.stateTtlMs.right > 0)) return null;
      return "the join keeps the rows of both sides for ever: bound it by 'table.exec.state.ttl' or a STATE_TTL hint, or join within a time";
    }
    case 'match':
      return adviceOfMatch(node);
    case 'scan':
    case 'values':
    case 'watermark':
    case 'filter':
    case 'project':
    case 'expand':
    case 'repeat':
    case 'unnest':
    case 'window-aggregate':
    case 'sort':
    case 'limit':
    case 'union':
      return null;
    default:
      return unreachable(node);
  }
}

function adviceOfMatch(node: LogicalMatch): string | null {
  if (!mayGoOn(node.pattern)) return null;
  const kept = 'the pattern keeps the rows of a match begun until a row ends it: bound it by WITHIN';
  const advice = node.withinMs === null ? [kept] : [];
  const sharing = patternSharing(node);
  if (sharing.kind === 'apart') {
    const name = `"${node.pattern[sharing.variable]?.name ?? ''}"`;
    const why = {
      'looks back': `the condition of ${name} looks back at rows that differ between them`,
      beside: `a row may go to ${name} and to a variable before it`,
    }[sharing.because];
    advice.push(`a row costs the pattern a step for each match begun in its partition, because ${why}`);
  }
  return advice.length === 0 ? null : advice.join('; ');
}

function names({ schema }: LogicalNode, columns: readonly number[]): string {
  return columns.map((column) => schema[column]?.name ?? '').join(', ');
}
