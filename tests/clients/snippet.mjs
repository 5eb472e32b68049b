// Runs one of the examples of docs/quick-start.md, as it is printed: the nth in JavaScript.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, folder } from './house.mjs';

const text = readFileSync(`${folder}../../docs/quick-start.md`, 'utf8');
const examples = [...text.matchAll(/^```js\n([^]*?)^```$/gm)].map(([, code]) => code);
const nth = Number(process.argv[2]);
expect(examples[nth], 'examples', examples.length);
mkdirSync(`${folder}generated`, { recursive: true });
writeFileSync(`${folder}generated/example-${nth}.mjs`, examples[nth]);
await import(`./generated/example-${nth}.mjs`);
