import packageFile from '../../package.json' with { type: 'json' };

/** Of Tidemark, this one. */
export const release: string = packageFile.version;
