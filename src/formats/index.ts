import { csvFormat } from './csv/csv-format.ts';
import type { Format } from './format.ts';
import { canalJsonFormat, debeziumJsonFormat, maxwellJsonFormat, oggJsonFormat } from './json/change-formats.ts';
import { jsonFormat } from './json/json-format.ts';
import { rawFormat } from './raw/raw-format.ts';

/** The formats, in the order in which errors and the reference list them. */
export const formats: readonly Format[] = [
  jsonFormat,
  csvFormat,
  rawFormat,
  debeziumJsonFormat,
  canalJsonFormat,
  maxwellJsonFormat,
  oggJsonFormat,
];

export function formatNamed(name: string): Format | null {
  return formats.find((format) => format.name === name) ?? null;
}
