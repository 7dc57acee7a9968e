import { corpusFolder, findFiles, readCorpusFile } from '../conformance/corpus.ts';

/** The texts of the corpus: what people write, right and wrong. */
export interface CorpusTexts {
  readonly scripts: readonly { readonly name: string; readonly text: string }[];
  readonly expressions: readonly { readonly name: string; readonly text: string }[];
}

export function corpusTexts(): CorpusTexts {
  const files = findFiles([corpusFolder]).map(readCorpusFile);
  return {
    scripts: files.flatMap(({ area, name, content }) =>
      content.kind === 'scripts'
        ? content.cases.map((script) => ({ name: `${area}/${name}: ${script.name}`, text: script.sql }))
        : [],
    ),
    expressions: files.flatMap(({ area, name, content }) =>
      content.kind === 'expressions'
        ? content.cases.map(({ text, line }) => ({ name: `${area}/${name}:${line}`, text }))
        : [],
    ),
  };
}
