import { knownSettings } from '../../../catalog/known-settings.ts';
import type { OptionSpec } from '../../../catalog/options.ts';
import { commonOptions } from '../../../connectors/common-options.ts';
import { connectors } from '../../../connectors/index.ts';
import { formatNamed, formats } from '../../../formats/index.ts';
import type { OptionPlace } from './option-place.ts';

/** What of the machine can be completed. */
export interface Surroundings {
  /** Names of the streams in a folder; null: in the default one. */
  streams(folder: string | null): readonly string[];
  /** Files and folders that go on from a path; folders end in `/`. */
  files(path: string): readonly string[];
}

/** The keys, or the values, that may stand there: all of them, in order. */
export function optionTexts(place: OptionPlace, word: string, around: Surroundings): readonly string[] {
  if (place.key !== null) return valueTexts(place, place.key, word, around);
  if (place.owner === 'session') return knownSettings.map(({ name }) => name).sort();
  return tableOptions(place)
    .map(({ name }) => name)
    .filter((name) => !place.given.has(name))
    .sort();
}

/** The options of a table with such a connector and format. Before the connector is named, only that can be said. */
function tableOptions({ given, columns }: OptionPlace): readonly OptionSpec[] {
  const connector = connectors.find(({ name }) => name === given.get('connector'));
  if (connector === undefined) return commonOptions.filter(({ required }) => required === true);
  const format = formatNamed(given.get('format') ?? '');
  const named = (spec: OptionSpec): OptionSpec[] =>
    spec.pattern === true ? columns.map((column) => ({ ...spec, name: spec.name.replace('#', column) })) : [spec];
  const needsFormat: OptionSpec = { name: 'format', type: 'enum', values: formats.map(({ name }) => name), doc: '' };
  return [
    ...commonOptions,
    ...connector.options.flatMap(named),
    ...(connector.format === 'required' ? [needsFormat] : []),
    ...(format?.options ?? []).map((spec) => ({ ...spec, name: `${format?.name}.${spec.name}` })),
  ];
}

function valueTexts(place: OptionPlace, key: string, word: string, around: Surroundings): readonly string[] {
  switch (key) {
    case 'connector':
      return connectors.map(({ name }) => name);
    case 'table.local-time-zone':
      return ['UTC', ...Intl.supportedValuesOf('timeZone')];
    case 'path':
    case 'aws.endpoint':
      return around.files(word);
    case 'stream.arn':
      return around
        .streams(place.given.get('aws.endpoint') ?? null)
        .map((name) => `arn:aws:kinesis:us-east-1:000000000000:stream/${name}`);
  }
  const specs = place.owner === 'session' ? knownSettings : tableOptions(place);
  const spec = specs.find(({ name }) => name === key);
  if (spec?.type === 'boolean') return ['true', 'false'];
  return spec?.values ?? [];
}
