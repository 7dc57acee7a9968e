/** `2 s`, `3 min`, `5 h`, `12 d`: how long ago. */
export function ageText(ms: number): string {
  const [s, min, h] = [1000, 60_000, 3_600_000];
  if (ms < s) return '0 s';
  if (ms < 2 * min) return `${Math.floor(ms / s)} s`;
  if (ms < 2 * h) return `${Math.floor(ms / min)} min`;
  return ms < 48 * h ? `${Math.floor(ms / h)} h` : `${Math.floor(ms / (24 * h))} d`;
}

/** `512 B`, `4.0 kB`, `1.2 MB` */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes / 1000, 0];
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}
