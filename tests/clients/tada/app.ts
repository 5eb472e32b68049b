// An app of gql.tada and urql: types are inferred from the documents as they are written.
import { Client, fetchExchange, type AnyVariables } from '@urql/core';
import { initGraphQLTada } from 'gql.tada';
import type { introspection } from '../generated/tada/schema.js';

const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { Position: string; Version: string; UUID: string; DateTime: string; Date: string };
}>();

const Organisations = graphql(`
  query Organisations($first: Int!, $after: String) {
    organisations(first: $first, after: $after) {
      pageInfo {
        endCursor
      }
      nodes {
        id
        denomination
      }
    }
  }
`);

const Register = graphql(`
  mutation Register($input: RegisterOrganisationInput!) {
    registerOrganisation(input: $input) {
      position
      organisation {
        denomination
      }
    }
  }
`);

export async function run(url: string, headers: Record<string, string>) {
  const client = new Client({
    url,
    preferGetMethod: false,
    fetchOptions: { headers },
    // urql aborts a request that it has read to its end, which Node may report as an error of nobody.
    fetch: (address, { signal: _, ...options } = {}) => fetch(address, options),
    exchanges: [fetchExchange],
  });
  const one = await client.query(Organisations, { first: 1 }).toPromise();
  const after = one.data!.organisations.pageInfo.endCursor;
  const two = await client.query(Organisations, { first: 1, after }).toPromise();
  const input = { commandId: crypto.randomUUID(), denomination: 'Essai', statut: 'ASSOCIATION',
    sansIdentifiant: 'En cours de création' };
  const done = await client.mutation(Register, { input }).toPromise();
  const again = await client.mutation(Register, { input }).toPromise();
  const { sansIdentifiant: _, ...named } = input;
  const siret = { ...named, commandId: crypto.randomUUID(), siret: '73282932000075' };
  const refused = await client.mutation(Register, { input: siret }).toPromise();
  return {
    pages: [one, two].map((it) => it.data!.organisations.nodes[0]!.id),
    positions: [done, again].map((it) => it.data!.registerOrganisation.position),
    refusal: refused.error?.graphQLErrors[0]?.extensions,
  };
}

// A field that the schema does not have is an error of the compiler.
// @ts-expect-error
const _unknown: string = graphql(`{ viewer { surnom } }`).surnom;
export type Unused = AnyVariables;
