// An app of Relay: compiled, then run with Relay's own store and network.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import relay from 'relay-runtime';
import { ask, endpoint, expect, folder, headers, tool } from './house.mjs';

const { Environment, Network, RecordSource, Store, commitMutation, createOperationDescriptor,
  fetchQuery, getFragment, getSelector } = relay;

rmSync(`${folder}generated/relay`, { recursive: true, force: true });
mkdirSync(`${folder}generated/relay`, { recursive: true });
tool('relay-compiler/cli.js', 'relay.config.json');
// The compiler leaves out the endings of files, as bundlers and CommonJS read them.
writeFileSync(`${folder}generated/relay/package.json`, '{ "type": "commonjs" }');
const made = async (name) => (await import(`./generated/relay/${name}.graphql.js`)).default;

const network = Network.create(async ({ text }, variables) => {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json',
      accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query: text, variables }),
  });
  return response.json();
});
const environment = new Environment({ network, store: new Store(new RecordSource()) });

/** What the store holds of the list, whichever pages made it. */
async function listed(count) {
  const query = createOperationDescriptor(await made('PortailQuery'), { count });
  const { data } = environment.lookup(query.fragment);
  const selector = getSelector(await made('Portail_organisations'), data);
  return environment.lookup(selector).data.organisations;
}

// A list, then its next page, joined by Relay's own handler of connections.
await fetchQuery(environment, await made('PortailQuery'), { count: 2 }).toPromise();
const kept = environment.retain(
  createOperationDescriptor(await made('PortailQuery'), { count: 2 }));
let list = await listed(2);
expect(list.edges.length === 2 && list.pageInfo.hasNextPage, 'first page', list);
const after = list.pageInfo.endCursor;
await fetchQuery(environment, await made('PortailPageQuery'), { count: 2, after }).toPromise();
list = await listed(2);
expect(new Set(list.edges.map((it) => it.node.id)).size === 4, 'two pages', list);

// One object refetched by its id, as `useRefetchableFragment` does.
const { id } = list.edges[3].node;
const one = await fetchQuery(environment, await made('PortailOrganisationQuery'), { id }).toPromise();
expect(one.node, 'refetched', one);

// A mutation, sent twice under one command id: one organisation, one position.
const register = async () => {
  const mutation = await made('PortailRegisterMutation');
  const input = { commandId: '5b0c9c7e-4f0e-4bf4-93b0-2f1f0e4d7a01', denomination: 'Relais',
    statut: 'ASSOCIATION', sansIdentifiant: 'En cours de création' };
  return new Promise((onCompleted, onError) => commitMutation(environment, {
    mutation, variables: { input }, onError,
    onCompleted: (data, errors) => errors ? onError(new Error(JSON.stringify(errors))) : onCompleted(data),
  }));
};
const [done, again] = [await register(), await register()];
expect(done.registerOrganisation.position === again.registerOrganisation.position, 'once', again);
kept.dispose();

// Every type that implements Node, each object by its own id.
const possible = await ask('{ __type(name: "Node") { possibleTypes { name } } }');
const missing = new Set(possible.__type.possibleTypes.map((it) => it.name));
const found = await ask(`{
  organisations(first: 1) { nodes { id } } dlas(first: 1) { nodes { id } }
  conventions(first: 1) { nodes { id } } documents(first: 1) { nodes { id } }
  catalogueCapitalisation(first: 1) { nodes { id } }
  bibliotheque(first: 1) { nodes { fiche { id } } } referentiels { id }
}`);
const seen = [];
JSON.stringify(found, (key, value) => (key === 'id' && seen.push(value), value));
const more = await ask(`{
  accompagnements(first: 1) { nodes { id } }
  seancesComiteAppui(first: 1) { nodes { id } }
  ingenieries(first: 10) { nodes { id consultations { id } intervention { id } evaluations { id }
    planFinancement { id } capitalisations { id elements { id } } } }
  ingenieriesIndividuelles(first: 1) { nodes { id } }
}`);
JSON.stringify(more, (key, value) => (key === 'id' && seen.push(value), value));
for (const id of seen) {
  const { node } = await fetchQuery(environment, await made('PortailNodeQuery'), { id }).toPromise();
  expect(node?.id === id, 'an id that node does not know', id);
  missing.delete(node.__typename);
}
// What someone who keeps the house grants and issues, and what they alone see of it.
const admin = process.env.ESSAIM_ADMIN;
// Where the house lives: in the last hours of a day, UTC is a day behind.
const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Paris' }).format(new Date());
const granted = await ask(`
  mutation Keep($mandat: GrantMandatAuditInput!, $jeton: IssueServiceTokenInput!) {
    grantMandatAudit(input: $mandat) { mandatAudit { id } }
    issueServiceToken(input: $jeton) { jeton { id } }
  }`, {
  mandat: {
    commandId: '5b0c9c7e-4f0e-4bf4-93b0-2f1f0e4d7a02', auditeur: id,
    dossiers: [more.ingenieries.nodes[0].id], du: today, au: today, reference: 'CTRL-1',
    fondement: 'Contrôle de service fait.',
  },
  jeton: {
    commandId: '5b0c9c7e-4f0e-4bf4-93b0-2f1f0e4d7a03', libelle: 'Portail', role: 'INTEGRATION',
    dlas: [found.dlas.nodes[0].id], acces: 'READ', expiresOn: today,
  },
}, admin);
const refetch = 'query Again($id: ID!) { node(id: $id) { __typename id } }';
for (const { id } of [granted.grantMandatAudit.mandatAudit, granted.issueServiceToken.jeton]) {
  const { node } = await ask(refetch, { id }, admin);
  expect(node?.id === id, 'an id that node does not know', id);
  missing.delete(node.__typename);
  seen.push(id);
}
expect(missing.size === 0, 'no object of the world has these types', [...missing]);
console.log(`${seen.length} objects refetched`);
