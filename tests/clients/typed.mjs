// The apps in TypeScript, `codegen` or `tada`: types made from the schema and checked (`make`),
// then run.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { endpoint, expect, folder, headers, tool } from './house.mjs';

const [app, making] = process.argv.slice(2);

if (making) {
  rmSync(`${folder}generated/${app}`, { recursive: true, force: true });
  mkdirSync(`${folder}generated/${app}`, { recursive: true });
  if (app === 'codegen') {
    tool('@graphql-codegen/cli/cjs/bin.js', '--config', 'codegen/config.mjs');
  } else {
    tool('gql.tada/bin/cli.js', 'generate-output');
  }
  tool('typescript/bin/tsc', '-p', app);
  process.exit();
}

const { run } = await import(`./generated/js-${app}/${app}/app.js`);
const { pages, positions, refusal } = await run(endpoint, headers);
expect(new Set(pages).size === 2, 'two pages of one', pages);
expect(new Set(positions).size === 1, 'a command sent twice has one position', positions);
const { code, path } = refusal ?? {};
expect(code === 'BAD_USER_INPUT' && path?.join('.') === 'input.siret', 'a refusal', refusal);

// The documents of the app, registered as it was built, asked by their hash; the second time the
// answer is the one that was kept.
if (app === 'codegen') {
  const manifest = JSON.parse(readFileSync(`${folder}generated/codegen/persisted-documents.json`));
  const [[documentId]] = Object.entries(manifest).filter(([, it]) => it.startsWith('query'));
  const address = `${endpoint}?${new URLSearchParams({ documentId, variables: '{"first":1}' })}`;
  const first = await fetch(address, { headers });
  const { data } = await first.json();
  expect(data?.organisations.nodes.length === 1, 'by its hash', data);
  const kept = { ...headers, 'if-none-match': first.headers.get('etag') };
  const again = await fetch(address, { headers: kept });
  expect(again.status === 304, 'kept', again.status);
}
console.log(`${app}: three operations`);
