// What the scripts of this folder share: the house they knock at, and the tools they run.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const folder = fileURLToPath(new URL('.', import.meta.url));
export const schema = fileURLToPath(new URL('../../schema.graphql', import.meta.url));
export const endpoint = `${process.env.ESSAIM_URL}/graphql`;
export const headers = { authorization: `Bearer ${process.env.ESSAIM_TOKEN}` };

/** Runs a program of `node_modules`; what it says is shown when it fails. */
export function tool(path, ...args) {
  const program = fileURLToPath(new URL(`node_modules/${path}`, import.meta.url));
  try {
    return execFileSync(process.execPath, [program, ...args], { cwd: folder, encoding: 'utf8' });
  } catch (failed) {
    throw new Error(`${path} ${args.join(' ')}\n${failed.stdout}\n${failed.stderr}`);
  }
}

/** Asks the house with nothing but fetch; as someone else when their token is given. */
export async function ask(query, variables = {}, token = process.env.ESSAIM_TOKEN) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** Says what was expected, and stops. */
export function expect(fine, what, found) {
  if (!fine) throw new Error(`${what}: ${JSON.stringify(found)}`);
}
