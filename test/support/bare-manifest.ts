import { checkpointVersion, layoutVersion, type Manifest } from '../../src/state/manifest.ts';

/** The manifest of a checkpoint of pages, without sources and sinks. */
export function bareManifest(
  epoch: number,
  { regions, operators = {} }: Pick<Manifest, 'regions'> & Partial<Pick<Manifest, 'operators'>>,
): Omit<Manifest, 'pages'> {
  return {
    version: checkpointVersion,
    release: '0.0.0',
    layout: layoutVersion,
    epoch,
    atMs: 0,
    job: { name: 'a', folder: 'a', statement: '', objects: {}, settings: {}, tables: {} },
    isLast: false,
    hasEnded: false,
    began: null,
    regions,
    operators,
    sources: {},
    sinks: {},
    scheduler: null,
    keeper: null,
  };
}
