/** Where what outlives a process is, unless it is said otherwise: in the folder in which a program is started. */
export const defaultFolder = '.tidemark';

/** Where streams are unless it is said otherwise: in the folder in which a program is started. */
export const defaultStreamsFolder = `${defaultFolder}/streams`;

/** Where catalogs are unless it is said otherwise. */
export const defaultCatalogsFolder = `${defaultFolder}/catalogs`;

/** Where jobs keep their state unless it is said otherwise. */
export const defaultJobsFolder = `${defaultFolder}/jobs`;

/** Where savepoints are unless it is said otherwise. */
export const defaultSavepointsFolder = `${defaultFolder}/savepoints`;
