import type { Measured } from './measured.ts';
import type { Usage } from './usage.ts';

/** Events per CPU second. */
export function rateOf({ events }: Measured, { cpuMs }: Usage): number {
  return (events * 1000) / cpuMs;
}

/** How many times as many events as Flink a CPU second sees; null where Flink has no figure. */
export function ratioOf(measured: Measured): number | null {
  const { ours, flink } = measured;
  return flink === null ? null : rateOf(measured, ours) / rateOf(measured, flink);
}

/** The table of `bench/README.md`. */
export function table(all: readonly Measured[]): string {
  const line = (measured: Measured): string => {
    const { query, ours, flink, fromArrow } = measured;
    const cells = [
      `\`${query}\``,
      thousands(rateOf(measured, ours)),
      flink === null ? '-' : thousands(rateOf(measured, flink)),
      ratioOf(measured)?.toFixed(1) ?? '-',
      thousands(ours.peakMb * 1000),
      flink === null ? '-' : thousands(flink.peakMb * 1000),
      thousands(fromArrow),
    ];
    return `| ${cells.join(' | ')} |`;
  };
  return [
    '| query | thousand events per CPU second, Tidemark | Flink | ratio | peak MB, Tidemark | Flink | thousand events per second from Arrow |',
    '|---|---|---|---|---|---|---|',
    ...all.map(line),
  ].join('\n');
}

/** What is to be reached: each ratio at 10, their mean at 20, and no more memory than Flink. */
export function verdict(all: readonly Measured[]): string {
  const compared = all.flatMap((measured) => {
    const ratio = ratioOf(measured);
    return ratio === null ? [] : [{ measured, ratio }];
  });
  if (compared.length === 0) return 'nothing to compare with';
  const ratios = compared.map(({ ratio }) => ratio);
  const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  const below = compared.filter(({ ratio }) => ratio < 10).map(({ measured }) => measured.query);
  const larger = compared.filter(({ measured: { ours, flink } }) => ours.peakMb > (flink?.peakMb ?? 0));
  return [
    `${ratios.length} of ${all.length} compared: geometric mean ${mean.toFixed(1)}, lowest ${Math.min(...ratios).toFixed(1)}`,
    `below 10: ${below.join(', ') || 'none'}`,
    `more memory than Flink: ${larger.map(({ measured }) => measured.query).join(', ') || 'none'}`,
  ].join('; ');
}

export function thousands(rate: number): string {
  return Math.round(rate / 1000).toLocaleString('en');
}
