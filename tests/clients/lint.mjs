// graphql-eslint on the schema as it is printed (`lint.config.mjs`).
import { readFileSync } from 'node:fs';
import { ESLint } from 'eslint';
import { parse, visit } from 'graphql';
import { folder, expect, schema } from './house.mjs';

const eslint = new ESLint({
  cwd: new URL('../..', import.meta.url).pathname,
  overrideConfigFile: `${folder}lint.config.mjs`,
});
const results = await eslint.lintFiles([schema]);
expect(results.length === 1 && results[0].filePath === schema, 'linted', results.length);
const said = results.flatMap((it) => it.messages);

// `2026-11-22; use ingenieries; removed 2027-04-01`, as docs/schema-changes.md promises.
const REASON = /^\d{4}-\d\d-\d\d; .+; removed \d{4}-(01|04|07|10)-01$/;
visit(parse(readFileSync(schema, 'utf8')), {
  Directive: ({ name, arguments: [reason], loc }) => {
    if (name.value !== 'deprecated' || REASON.test(reason?.value.value)) return;
    said.push({ line: loc.startToken.line, ruleId: 'deprecation', message: reason?.value.value });
  },
});
for (const it of said) console.error(`schema.graphql:${it.line} ${it.ruleId}: ${it.message}`);
expect(said.length === 0, 'complaints', said.length);
