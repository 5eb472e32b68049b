// The judge of changes, judged.
import { compare } from './changes.mjs';
import { expect } from './house.mjs';

const before = `
  type Query { kept(x: Int): Etat  gone: Old @deprecated(reason: "2026-01-01; use kept") }
  type Old { n: Int }
  enum Etat { OUVERTE CLOSE @deprecated(reason: "2026-01-01; use FINIE") }
`;
const verdict = async (after) => (await compare(before, after)).refused.map((it) => it.path);
const judge = async (what, after, paths) => {
  const found = await verdict(after);
  expect(found.join() === paths.join(), what, found);
};

await judge('what was announced may go', 'type Query { kept(x: Int): Etat } enum Etat { OUVERTE }', []);
await judge('what is new may come', `${before} type New { n: Int }`, []);
await judge('what was not announced stays',
  before.replace('kept(x: Int): Etat', 'other: Etat'), ['Query.kept']);
await judge('an argument stays', before.replace('(x: Int)', ''), ['Query.kept.x']);
await judge('nothing new is required', before.replace('x: Int', 'x: Int, y: Int!'), ['Query.kept.y']);
await judge('a value stays', before.replace('OUVERTE', ''), ['Etat.OUVERTE']);
await judge('a type in use stays, whatever is deprecated around it',
  'type Query { kept(x: Int): Int } enum Etat { OUVERTE CLOSE }', ['Query.kept']);
await judge('deprecated, a field keeps its type until it goes',
  before.replace('gone: Old', 'gone: Int'), ['Query.gone']);
console.log('8 verdicts');
