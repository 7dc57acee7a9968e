/** Where streams are unless it is said otherwise: in the folder in which a program is started. */
export const defaultStreamsFolder = '.tidemark/streams';
