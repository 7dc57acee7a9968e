// The kernels: functions on raw addresses in the engine's one linear memory. Nothing here uses managed objects.
// One line a file; the names of all exports are unique, since JavaScript and emitted code call them by name.

export * from './allocator';
export * from './arena';
export * from './boolean-text';
export * from './interval-text';
export * from './bytes';
export * from './table';
export * from './table-heap';
export * from './sessions';
export * from './time-queue';
export * from './decimal';
export * from './float-text';
export * from './number-text';
export * from './calendar';
export * from './nanoseconds';
export * from './timestamp-text';
export * from './zone';
export * from './utf8';
export * from './hex';
export * from './hash';
export * from './text-order';
export * from './text-search';
export * from './like';
export * from './regex';
export * from './nested';
export * from './value-list';
export * from './multiset';
export * from './timestamp-pattern';
export * from './sort-key';
export * from './ordered-map';
export * from './patterns';
export * from './sort';
export * from './columns';
export * from './json-decode';
export * from './csv-decode';
export * from './raw-decode';
