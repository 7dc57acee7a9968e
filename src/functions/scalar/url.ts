import { STRING } from '../../types/sql-type.ts';
import { character } from '../parameters.ts';
import type { ScalarFunction } from '../scalar-function.ts';

/** Addresses as java.net.URL cuts them, which checks little; form encoding as java.net.URLEncoder has it. */

export const urlEncode: ScalarFunction = {
  name: 'URL_ENCODE',
  category: 'string',
  summary: 'The text in form encoding: `+` for a blank, `%` and two digits for other bytes.',
  examples: [{ sql: "URL_ENCODE('a b&c=d')", result: 'a+b%26c%3Dd' }],
  overloads: [
    {
      params: [character('text')],
      returns: () => STRING(),
      code: {
        kind: 'host',
        evaluate: ([text]) =>
          encodeURIComponent(String(text).toWellFormed())
            .replace(/[!'()~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
            .replaceAll('%20', '+'),
      },
    },
  ],
};

export const urlDecode: ScalarFunction = {
  name: 'URL_DECODE',
  category: 'string',
  summary: 'The text behind its form encoding; NULL where a `%` is not followed by two digits.',
  examples: [
    { sql: "URL_DECODE('a+b%26c%3Dd')", result: 'a b&c=d' },
    { sql: "URL_DECODE('100%')", result: null },
  ],
  overloads: [
    {
      params: [character('text')],
      returns: () => STRING(),
      code: {
        kind: 'host',
        evaluate: ([text]) => {
          const encoded = String(text).replaceAll('+', ' ');
          if (/%(?![0-9a-fA-F]{2})/.test(encoded)) return null;
          // Runs of escaped bytes are UTF-8 together.
          return encoded.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) =>
            Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
          );
        },
      },
    },
  ],
};

interface UrlParts {
  readonly protocol: string;
  readonly authority: string | null;
  readonly userInfo: string | null;
  readonly host: string;
  readonly path: string;
  readonly query: string | null;
  readonly ref: string | null;
}

/** The protocols that Java knows. */
const protocols = /^(https?|ftp|file|jar|mailto)$/;

/** The parts of an address; null where java.net.URL refuses it. */
export function urlParts(text: string): UrlParts | null {
  const address = text.trim();
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(address);
  const protocol = scheme?.[1]?.toLowerCase() ?? '';
  if (scheme === null || !protocols.test(protocol)) return null;
  let rest = address.slice(scheme[0].length);
  const hash = rest.indexOf('#');
  const ref = hash < 0 ? null : rest.slice(hash + 1);
  if (hash >= 0) rest = rest.slice(0, hash);
  const mark = rest.indexOf('?');
  const query = mark < 0 ? null : rest.slice(mark + 1);
  if (mark >= 0) rest = rest.slice(0, mark);
  if (!rest.startsWith('//')) {
    return { protocol, authority: null, userInfo: null, host: '', path: rest, query, ref };
  }
  const slash = rest.indexOf('/', 2);
  const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
  const path = slash < 0 ? '' : rest.slice(slash);
  const place = hostOf(authority);
  return place === null ? null : { protocol, authority, ...place, path, query, ref };
}

/** User and host; null for a port that is no number. Two @ leave neither. */
function hostOf(authority: string): Pick<UrlParts, 'userInfo' | 'host'> | null {
  const at = authority.indexOf('@');
  if (at >= 0 && at !== authority.lastIndexOf('@')) return { userInfo: null, host: '' };
  const userInfo = at < 0 ? null : authority.slice(0, at);
  const place = authority.slice(at + 1);
  const match = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(place);
  if (match === null || (match[2] !== undefined && !/^\d*$/.test(match[2]))) return null;
  return { userInfo, host: match[1] ?? '' };
}

function urlPart(parts: UrlParts, part: string): string | null {
  switch (part) {
    case 'PROTOCOL':
      return parts.protocol;
    case 'HOST':
      return parts.host;
    case 'PATH':
      return parts.path;
    case 'QUERY':
      return parts.query;
    case 'REF':
      return parts.ref;
    case 'AUTHORITY':
      return parts.authority;
    case 'USERINFO':
      return parts.userInfo;
    case 'FILE':
      return parts.query === null ? parts.path : `${parts.path}?${parts.query}`;
    default:
      return null;
  }
}

export const parseUrl: ScalarFunction = {
  name: 'PARSE_URL',
  category: 'string',
  summary:
    'A part of an address: HOST, PATH, QUERY, REF, PROTOCOL, AUTHORITY, FILE, USERINFO; or of its QUERY the value of a key.',
  examples: [
    { sql: "PARSE_URL('https://shop.example/cart?id=7#top', 'HOST')", result: 'shop.example' },
    { sql: "PARSE_URL('https://shop.example/?id=7&sort=asc', 'QUERY', 'sort')", result: 'asc' },
    { sql: "PARSE_URL('not a url', 'HOST')", result: null },
  ],
  overloads: [
    {
      params: [character('url'), character('part'), character('key', { optional: true })],
      returns: () => STRING(),
      code: {
        kind: 'host',
        evaluate: ([url, part, key]) => {
          const parts = urlParts(String(url));
          if (parts === null) return null;
          if (key === undefined) return urlPart(parts, String(part));
          if (part !== 'QUERY' || key === '' || parts.query === null) return null;
          const found = parts.query.split('&').find((pair) => pair.startsWith(`${String(key)}=`));
          return found?.slice(String(key).length + 1) ?? null;
        },
      },
    },
  ],
};

export const urlFunctions: readonly ScalarFunction[] = [urlEncode, urlDecode, parseUrl];
