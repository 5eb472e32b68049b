// One script, one stylesheet, three workers and a page; each only as a deterministic `.gz`.

import { constants, gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

const UNKNOWN_SYSTEM = 255;

export default defineConfig({
  base: '/graphiql/',
  build: {
    target: 'es2022',
    assetsInlineLimit: Number.MAX_SAFE_INTEGER,
    cssCodeSplit: false,
    modulePreload: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 8000,
    license: { fileName: 'licences.md' },
    rolldownOptions: { output: { codeSplitting: false }, onLog: withoutDirectives },
  },
  worker: {
    format: 'es',
    rolldownOptions: { output: { codeSplitting: false } },
  },
  plugins: [
    {
      name: 'only-gzip',
      enforce: 'post',
      generateBundle: {
        order: 'post',
        handler(_options, bundle) {
          for (const [fileName, file] of Object.entries(bundle)) {
            delete bundle[fileName];
            this.emitFile({
              type: 'asset',
              fileName: `${fileName}.gz`,
              source: gzip(file.code ?? file.source),
            });
          }
        },
      },
    },
  ],
});

/** Libraries mark files for servers that render React; here everything runs in the browser. */
function withoutDirectives(level, log, next) {
  if (log.code !== 'MODULE_LEVEL_DIRECTIVE') {
    next(level, log);
  }
}

/** Node writes no date; the system it ran on is hidden too. */
function gzip(source) {
  const zipped = gzipSync(source, { level: constants.Z_BEST_COMPRESSION });
  zipped[9] = UNKNOWN_SYSTEM;
  return zipped;
}
