import { linesFile } from '../made-once.ts';

const startMs = Date.UTC(2024, 0, 1);

/**
 * Events of an auction house after the shape of Nexmark's: each line has a kind, a time, and three rows of which one is there.
 * Of fifty, one is a person, three are auctions and the rest bids; an event each 2 ms. Made anew only where they are not
 * there yet. Gives the path.
 */
export function auctionLines(lines: number): string {
  return linesFile(`auction-${lines}.json`, lines, (index) => `${JSON.stringify(auctionEvent(index))}\n`);
}

function auctionEvent(index: number): unknown {
  const mixed = Math.imul(index ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  const time = new Date(startMs + index * 2).toISOString().replace('T', ' ').replace('Z', '');
  const extra = 'x'.repeat(40 + (mixed % 60));
  const head = { seen: time, person: null, auction: null, bid: null };
  const turn = index % 50;
  if (turn === 0) {
    const person = { id: index, name: `name ${index}`, city: 'Oslo', state: 'OR', extra };
    return { kind: 0, ...head, person };
  }
  if (turn < 4) {
    const prices = { opening: mixed % 1000, reserve: mixed % 5000 };
    const auction = { id: index, item: `item ${mixed % 1000}`, ...prices, seen: time, seller: mixed % 500, extra };
    return { kind: 1, ...head, auction };
  }
  const url = `https://www.example.com/${mixed % 1000}/item.htm?query=1&channel=${mixed}`;
  const bid = { auction: mixed % 200, bidder: mixed % 500, price: mixed % 100_000, channel: `c-${mixed % 50}`, url };
  return { kind: 2, ...head, bid: { ...bid, extra } };
}
