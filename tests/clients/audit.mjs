// Every audit of graphql-http, whether the draft says MUST, SHOULD or MAY.
import { auditServer } from 'graphql-http';
import { endpoint, expect, headers } from './house.mjs';

const fetchFn = (address, init = {}) =>
  fetch(address, { ...init, headers: { ...headers, ...init.headers } });
const results = await auditServer({ url: endpoint, fetchFn });
const failed = results.filter((it) => it.status !== 'ok');
for (const it of failed) console.error(`${it.id} ${it.name}: ${it.status}: ${it.reason}`);
// A suite that shrinks would say nothing.
expect(results.length >= 61, 'audits', results.length);
expect(failed.length === 0, 'failed', failed.length);
console.log(`${results.length} audits`);
