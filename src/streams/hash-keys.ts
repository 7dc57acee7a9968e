import { hash } from 'node:crypto';
import { StreamError } from './stream-error.ts';

/** Keys of records are hashed into `[0, 2^128)`. */
const hashKeyCount = 1n << 128n;

/** Part of the hash keys, both ends inclusive. */
export interface HashKeyRange {
  readonly startingHashKey: bigint;
  readonly endingHashKey: bigint;
}

/** All hash keys in so many even parts; the last takes what the division leaves. */
export function evenRanges(count: number): HashKeyRange[] {
  const width = hashKeyCount / BigInt(count);
  return Array.from({ length: count }, (_, index) => ({
    startingHashKey: BigInt(index) * width,
    endingHashKey: index === count - 1 ? hashKeyCount - 1n : BigInt(index + 1) * width - 1n,
  }));
}

/** MD5 of the key's UTF-8 bytes as 32 hexadecimal digits: those sort as the hash keys do. */
export function hashOfPartitionKey(partitionKey: string): string {
  return hash('md5', partitionKey, 'hex');
}

/** A hash key as those 32 digits. */
export function hashKeyDigits(hashKey: bigint): string {
  return hashKey.toString(16).padStart(32, '0');
}

/** @throws StreamError ValidationException or InvalidArgumentException for what is no decimal number below 2^128 */
export function parseHashKey(text: string, name: string): bigint {
  if (!/^(?:0|[1-9]\d{0,38})$/.test(text)) {
    throw new StreamError(
      'ValidationException',
      `value '${text}' at '${name}' failed to satisfy constraint: a decimal number of at most 39 digits`,
    );
  }
  const hashKey = BigInt(text);
  if (hashKey >= hashKeyCount) {
    throw new StreamError('InvalidArgumentException', `${name} ${text} is not below 2^128`);
  }
  return hashKey;
}
