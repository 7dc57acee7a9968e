import { zoneNamed, zoneOffsetAt } from '../../types/zone.ts';

/** Names that people write for zones, with standard and summer time, as Java has them in English. */
const abbreviations: Readonly<Record<string, readonly [standard: string, summer: string]>> = {
  'Europe/London': ['GMT', 'BST'],
  'Europe/Dublin': ['GMT', 'IST'],
  'Europe/Lisbon': ['WET', 'WEST'],
  'Europe/Moscow': ['MSK', 'MSD'],
  'Europe/Athens': ['EET', 'EEST'],
  'Europe/Helsinki': ['EET', 'EEST'],
  'Europe/Kiev': ['EET', 'EEST'],
  'Europe/Kyiv': ['EET', 'EEST'],
  'Asia/Tokyo': ['JST', 'JDT'],
  'Asia/Seoul': ['KST', 'KDT'],
  'Asia/Shanghai': ['CST', 'CDT'],
  'Asia/Kolkata': ['IST', 'IST'],
  'Asia/Calcutta': ['IST', 'IST'],
  'Asia/Singapore': ['SGT', 'SGST'],
  'Asia/Hong_Kong': ['HKT', 'HKST'],
  'Asia/Dubai': ['GST', 'GST'],
  'Australia/Sydney': ['AEST', 'AEDT'],
};

/** Hours of the abbreviations that a text may hold. */
const hoursOf: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  Z: 0,
  WET: 0,
  CET: 1,
  CEST: 2,
  BST: 1,
  EET: 2,
  EEST: 3,
  MSK: 3,
  IST: 5.5,
  SGT: 8,
  HKT: 8,
  JST: 9,
  KST: 9,
  AST: -4,
  ADT: -3,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
  AKST: -9,
  AKDT: -8,
  HST: -10,
};

/** `CET`, or in full `Central European Standard Time`, of a zone at an instant. */
export function zoneAbbreviation(name: string, utcMs: number, isLong: boolean): string {
  const zone = zoneNamed(name);
  if (zone === null || zone.transitions.length === 0)
    return isLong && name === 'UTC' ? 'Coordinated Universal Time' : name;
  if (!isLong) {
    const standard = Math.min(zoneOffsetAt(zone, Date.UTC(2024, 0, 15)), zoneOffsetAt(zone, Date.UTC(2024, 6, 15)));
    const isSummer = zoneOffsetAt(zone, utcMs) > standard;
    const known =
      abbreviations[name] ?? (name.startsWith('Europe/') && standard === 3_600_000 ? ['CET', 'CEST'] : null);
    if (known !== null) return known[isSummer ? 1 : 0] as string;
  }
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: isLong ? 'long' : 'short' });
  return format.formatToParts(utcMs).find((part) => part.type === 'timeZoneName')?.value ?? name;
}

/** The offset in ms that `PST`, `+0200`, `GMT+02:00` or `Z` stands for; null for none. */
export function zoneOffsetOfName(text: string): number | null {
  const match = /^(?:GMT)?([+-])(\d{1,2})(?::?(\d{2}))?$/.exec(text);
  if (match !== null) {
    const offset = (Number(match[2]) * 60 + Number(match[3] ?? 0)) * 60_000;
    return match[1] === '-' ? -offset : offset;
  }
  const hours = hoursOf[text.toUpperCase()];
  return hours === undefined ? null : hours * 3_600_000;
}
