// What an app of codegen's client preset declares, with documents registered by their hash.
const here = (path) => new URL(path, import.meta.url).pathname;

export default {
  schema: here('../../../schema.graphql'),
  documents: here('./app.ts'),
  emitLegacyCommonJSImports: false,
  importExtension: '.js',
  generates: {
    [here('../generated/codegen/')]: {
      preset: 'client',
      presetConfig: { persistedDocuments: { hashAlgorithm: 'sha256' } },
      config: {
        useTypeImports: true,
        scalars: { Cents: 'string', Position: 'string', Version: 'string', UUID: 'string' },
      },
    },
  },
};
