import { StreamError } from './stream-error.ts';

/** The parts of a sequence number that a shard gives it. */
export interface SequenceShard {
  readonly index: number;
  readonly createdSeconds: number;
}

export interface SequenceParts extends SequenceShard {
  /** Place in the shard: the first record has 1, 0 is the shard's beginning. */
  readonly recordIndex: number;
}

/** The place of `EndingSequenceNumber`: behind all records. */
const endOfShard = 0x7fff_ffff_ffff_ffffn;

/**
 * A sequence number in Kinesis' decimal form. In hexadecimal its digits are: version 2, when the shard was created (9,
 * seconds), the shard's number (last digit), the record's place (16), 00, when the record came (9, seconds), the shard's
 * number (8), version 2. So it rises within a shard, and from a parent to its children.
 */
export function sequenceNumber(shard: SequenceShard, recordIndex: number, arrivalMs: number): string {
  return encode(shard, BigInt(recordIndex), Math.floor(arrivalMs / 1000));
}

/** Of a shard's beginning; no record has it. */
export function startingSequenceNumber(shard: SequenceShard): string {
  return encode(shard, 0n, shard.createdSeconds);
}

/** Of a closed shard's end; no record has it. */
export function endingSequenceNumber(shard: SequenceShard): string {
  return encode(shard, endOfShard, shard.createdSeconds);
}

function encode({ index, createdSeconds }: SequenceShard, place: bigint, seconds: number): string {
  const digits = [
    '2',
    hex(createdSeconds, 9),
    (index & 15).toString(16),
    hex(place, 16),
    '00',
    hex(Math.max(0, seconds), 9),
    hex(index, 8),
    '2',
  ];
  return BigInt(`0x${digits.join('')}`).toString();
}

function hex(value: number | bigint, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** @throws StreamError InvalidArgumentException for what is no sequence number */
export function parseSequenceNumber(text: string): SequenceParts {
  const digits = /^(?:0|[1-9]\d{0,128})$/.test(text) ? BigInt(text).toString(16) : '';
  const parts = /^2([0-9a-f]{9})[0-9a-f]([0-9a-f]{16})[0-9a-f]{2}[0-9a-f]{9}([0-9a-f]{8})2$/.exec(digits);
  if (parts === null) throw new StreamError('InvalidArgumentException', `"${text}" is no sequence number`);
  const [, createdSeconds = '', place = '', index = ''] = parts;
  return {
    createdSeconds: Number.parseInt(createdSeconds, 16),
    index: Number.parseInt(index, 16),
    recordIndex: Number(BigInt(`0x${place}`)),
  };
}
