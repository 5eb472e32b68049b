// What changed in the schema since the last release, as graphql-inspector sees it.
//
//   node changes.mjs                  refuses a breaking change of what was not deprecated, and a
//                                     page of changes that is not up to date (UPDATE_EXPECT=1
//                                     prints it anew)
//   node changes.mjs release VERSION  makes the schema of today the released one, and what changed
//                                     an entry of the page
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { diff } from '@graphql-inspector/core';
import { buildSchema, getNamedType, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import { expect, folder, schema } from './house.mjs';

const BASELINE = `${folder}schema.released.graphql`;
const PAGE = `${folder}../../docs/schema-changes.md`;
const SINCE = '## Not released yet\n';
const LEVELS = { BREAKING: 'Breaking', DANGEROUS: 'Dangerous', NON_BREAKING: 'Compatible' };

const hasFields = (it) => isObjectType(it) || isInterfaceType(it) || isInputObjectType(it);

/** Whether a coordinate (`Dla.nom`, `Etat.CLOSE`) was deprecated. */
function wasDeprecated(before, path) {
  const [name, member, argument] = path.split('.');
  const type = before.getType(name);
  if (!member) return onlyDeprecatedUses(before, name);
  if (isEnumType(type)) return Boolean(type.getValue(member)?.deprecationReason);
  const field = hasFields(type) ? type.getFields()[member] : undefined;
  if (field?.deprecationReason) return true;
  return Boolean(field?.args?.find((it) => it.name === argument)?.deprecationReason);
}

/** A type cannot be deprecated: it goes with the last thing that named it. */
function onlyDeprecatedUses(before, name) {
  const owners = Object.values(before.getTypeMap()).filter((it) => hasFields(it) && it.name !== name);
  const uses = owners.flatMap((it) => Object.values(it.getFields())).filter((it) =>
    [it, ...(it.args ?? [])].some((at) => getNamedType(at.type).name === name));
  return uses.length > 0 && uses.every((it) => it.deprecationReason);
}

/** The changes from one text to another, the worst first, and which of them are refused. */
export async function compare(older, newer) {
  const before = buildSchema(older);
  const order = Object.keys(LEVELS);
  const changes = (await diff(before, buildSchema(newer)))
    // What is only said in other words changes no client.
    .filter((it) => !it.type.includes('DESCRIPTION'))
    .map((it) => ({ level: it.criticality.level, path: it.path ?? '', kind: it.type, message: it.message }));
  changes.sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level) ||
    `${a.path} ${a.message}`.localeCompare(`${b.path} ${b.message}`, 'en'));
  // Removing is forgiven where it was announced; changing what something means never is.
  const announced = (it) => it.kind.endsWith('REMOVED') && wasDeprecated(before, it.path);
  return { changes, refused: changes.filter((it) => it.level === 'BREAKING' && !announced(it)) };
}

function entry(changes) {
  if (changes.length === 0) return '\nNothing.\n';
  return Object.entries(LEVELS).map(([level, title]) => {
    const lines = changes.filter((it) => it.level === level).map((it) => `- ${it.message}\n`);
    return lines.length ? `\n### ${title}\n\n${lines.join('')}` : '';
  }).join('');
}

/** The page with another entry for what is not released; what stands below is kept. */
function printed(page, changes) {
  const [head, rest] = page.split(SINCE);
  const older = rest.search(/^## /m);
  const below = older < 0 ? '' : `\n${rest.slice(older)}`;
  return `${head}${SINCE}${entry(changes)}${below}`;
}

async function main() {
  const [newer, older, page] = [schema, BASELINE, PAGE].map((it) => readFileSync(it, 'utf8'));
  const { changes, refused } = await compare(older, newer);
  for (const it of refused) console.error(`refused: ${it.path}: ${it.message}`);
  expect(refused.length === 0, 'breaking changes of what was not deprecated', refused.length);
  const now = printed(page, changes);
  if (process.argv[2] === 'release') {
    const [version, day] = [process.argv[3], new Date().toISOString().slice(0, 10)];
    expect(/^\d+\.\d+\.\d+$/.test(version), 'a version such as 1.2.0', version);
    writeFileSync(PAGE, now.replace(SINCE, `${SINCE}${entry([])}\n## ${version}, ${day}\n`));
    writeFileSync(BASELINE, newer);
  } else if (process.env.UPDATE_EXPECT) {
    writeFileSync(PAGE, now);
  } else {
    expect(page === now, 'docs/schema-changes.md is not up to date: UPDATE_EXPECT=1', changes.length);
  }
  console.log(`${changes.length} changes`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
