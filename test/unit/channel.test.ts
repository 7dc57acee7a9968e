import { expect, test } from 'vitest';
import { Channel } from '../../src/session/channel.ts';

async function all<T>(channel: Channel<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of channel) items.push(item);
  return items;
}

test('what is pushed comes in its order; from the weight on the sender waits for the reader', async () => {
  const channel = new Channel<string>(3, (item) => item.length);
  expect(channel.push('ab')).toBe(undefined);
  const waiting = channel.push('c');
  expect(waiting).toBeInstanceOf(Promise);
  channel.end();
  expect(await all(channel)).toEqual(['ab', 'c']);
  await waiting;
});

test('of what is replaced only the last waits, however long nobody reads', async () => {
  const channel = new Channel<number>(Number.POSITIVE_INFINITY, () => 1);
  for (let item = 0; item < 1000; item++) channel.replace(item);
  channel.end();
  expect(await all(channel)).toEqual([999]);
});
