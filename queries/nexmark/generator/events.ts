import { Channels } from './channels.ts';
import { ascii, LineBytes } from './line-bytes.ts';
import { Random } from './random.ts';

/** 50 events in a row are a person, three auctions and 46 bids. */
const epochEvents = 50;
const epochAuctions = 3;
const firstId = 1000;
const firstCategory = 10;
/** The hot person or auction is the latest whose number is a multiple of this. */
const hotEvery = 100;
const activePersons = 1000;
const openAuctions = 100;
/** References may run so many ids ahead of what exists. */
const idLead = 10;
/** Events until an auction has seen as many others open as are open at a time. */
const auctionLifeEvents = Math.floor((openAuctions * epochEvents) / epochAuctions);
const startMs = Date.UTC(2024, 0, 1);
const eventKind = 42 ^ 0x5bd1_e995;

const list = (words: string): readonly Uint8Array[] => words.split(',').map(ascii);
const firstNames = list('Peter,Paul,Luke,John,Saul,Vicky,Kate,Julie,Sarah,Deiter,Walter');
const lastNames = list('Shultz,Abrams,Spencer,White,Bartels,Walton,Smith,Jones,Noris');
const cities = list('Phoenix,Los Angeles,San Francisco,Boise,Portland,Bend,Redmond,Seattle,Kent,Cheyenne');
const states = list('AZ,CA,ID,OR,WA,WY');

/** What stands between the values of a line. */
const between = {
  person: ascii('{"event_type":0,"person":{"id":'),
  name: ascii(',"name":"'),
  email: ascii('","emailAddress":"'),
  creditCard: ascii('.com","creditCard":"'),
  city: ascii('","city":"'),
  state: ascii('","state":"'),
  textTime: ascii('","dateTime":"'),
  textExtra: ascii('","extra":"'),
  personEnd: ascii('"},"auction":null,"bid":null}\n'),
  auction: ascii('{"event_type":1,"person":null,"auction":{"id":'),
  itemName: ascii(',"itemName":"'),
  description: ascii('","description":"'),
  initialBid: ascii('","initialBid":'),
  reserve: ascii(',"reserve":'),
  time: ascii(',"dateTime":"'),
  expires: ascii('","expires":"'),
  seller: ascii('","seller":'),
  category: ascii(',"category":'),
  extra: ascii(',"extra":"'),
  auctionEnd: ascii('"},"bid":null}\n'),
  bid: ascii('{"event_type":2,"person":null,"auction":null,"bid":{"auction":'),
  bidder: ascii(',"bidder":'),
  price: ascii(',"price":'),
  bidEnd: ascii('"}}\n'),
} as const;

/**
 * The auction site's events as JSON lines, profile nx-A: the same numbers give the same bytes anywhere.
 * Source: Tucker, Tufte, Papadimos, Maier 2002, "NEXMark: a benchmark for queries over data streams", and its later forms.
 */
export class Events {
  readonly lines = new LineBytes();
  readonly #random = new Random();
  readonly #channels = new Channels();
  readonly #rate: number;

  /** `rate`: events in a second of event time. */
  constructor(rate: number) {
    this.#rate = rate;
  }

  /** Writes the line of an event; gives its key: the id of the person, of the auction, or of the bid's auction. */
  write(event: number): number {
    this.#random.seed(eventKind, event);
    const epoch = Math.floor(event / epochEvents);
    const offset = event - epoch * epochEvents;
    const ms = this.#timeMs(event);
    if (offset === 0) return this.#person(epoch, ms);
    if (offset <= epochAuctions) {
      const horizonMs = this.#timeMs(event + auctionLifeEvents) - ms;
      return this.#auction({ auction: epoch * epochAuctions + offset - 1, person: epoch, ms, horizonMs });
    }
    return this.#bid({ person: epoch, auction: epoch * epochAuctions + epochAuctions - 1, ms });
  }

  #timeMs(event: number): number {
    return startMs + Math.floor((event * 1000) / this.#rate);
  }

  #person(number: number, ms: number): number {
    const { lines } = this;
    const random = this.#random;
    const id = firstId + number;
    lines.text(between.person);
    lines.number(id);
    const first = one(firstNames, random);
    const last = one(lastNames, random);
    lines.text(between.name);
    lines.text(first);
    lines.byte(0x20);
    lines.text(last);
    lines.text(between.email);
    const email = lines.length;
    lines.word(random, 7);
    lines.byte(0x40);
    lines.word(random, 5);
    const emailLength = lines.length - email + '.com'.length;
    lines.text(between.creditCard);
    for (let group = 0; group < 4; group++) {
      if (group > 0) lines.byte(0x20);
      lines.digits(random.below(10_000), 4);
    }
    const city = one(cities, random);
    const state = one(states, random);
    lines.text(between.city);
    lines.text(city);
    lines.text(between.state);
    lines.text(state);
    lines.text(between.textTime);
    lines.time(ms);
    lines.text(between.textExtra);
    const size = 8 + first.length + 1 + last.length + emailLength + 19 + city.length + state.length;
    lines.padding(random, size, 200);
    lines.text(between.personEnd);
    return id;
  }

  #auction(now: {
    readonly auction: number;
    readonly person: number;
    readonly ms: number;
    readonly horizonMs: number;
  }): number {
    const { lines } = this;
    const random = this.#random;
    const id = firstId + now.auction;
    const isHot = random.below(4) > 0;
    const seller = isHot ? latestHot(now.person) : this.#somePerson(now.person);
    const category = firstCategory + random.below(5);
    const initialBid = random.price();
    const expiresMs = now.ms + 1 + random.below(Math.max(2 * now.horizonMs, 1));
    lines.text(between.auction);
    lines.number(id);
    lines.text(between.itemName);
    const name = lines.length;
    lines.word(random, 20);
    const nameLength = lines.length - name;
    lines.text(between.description);
    const description = lines.length;
    lines.word(random, 100);
    const descriptionLength = lines.length - description;
    lines.text(between.initialBid);
    lines.number(initialBid);
    lines.text(between.reserve);
    lines.number(initialBid + random.price());
    lines.text(between.time);
    lines.time(now.ms);
    lines.text(between.expires);
    lines.time(expiresMs);
    lines.text(between.seller);
    lines.number(firstId + seller);
    lines.text(between.category);
    lines.number(category);
    lines.text(between.extra);
    lines.padding(random, 48 + nameLength + descriptionLength, 500);
    lines.text(between.auctionEnd);
    return id;
  }

  #bid(now: { readonly person: number; readonly auction: number; readonly ms: number }): number {
    const { lines } = this;
    const random = this.#random;
    const onHot = random.below(2) > 0;
    const auction = firstId + (onHot ? latestHot(now.auction) : this.#someAuction(now.auction));
    const byHot = random.below(4) > 0;
    const bidder = firstId + (byHot ? latestHot(now.person) + 1 : this.#somePerson(now.person));
    lines.text(between.bid);
    lines.number(auction);
    lines.text(between.bidder);
    lines.number(bidder);
    lines.text(between.price);
    lines.number(random.price());
    lines.byte(0x2c);
    lines.text(this.#channels.some(random));
    lines.text(between.time);
    lines.time(now.ms);
    lines.text(between.textExtra);
    lines.padding(random, 32, 100);
    lines.text(between.bidEnd);
    return auction;
  }

  /** One of the active persons, or of the next few. */
  #somePerson(latest: number): number {
    const active = Math.min(latest + 1, activePersons);
    return latest + 1 - active + this.#random.below(active + idLead);
  }

  /** One of the open auctions, or of the next few. */
  #someAuction(latest: number): number {
    const oldest = Math.max(latest - openAuctions, 0);
    return oldest + this.#random.below(latest - oldest + 1 + idLead);
  }
}

function latestHot(latest: number): number {
  return Math.floor(latest / hotEvery) * hotEvery;
}

function one(choices: readonly Uint8Array[], random: Random): Uint8Array {
  return choices[random.below(choices.length)] ?? new Uint8Array();
}
