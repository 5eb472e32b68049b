// An app of codegen's client preset and Apollo: types come from the schema.
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache } from '@apollo/client';
import { graphql } from '../generated/codegen/gql.js';

const Organisations = graphql(`
  query Organisations($first: Int!, $after: String) {
    organisations(first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
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
      version
      organisation {
        id
        denomination
      }
    }
  }
`);

export async function run(uri: string, headers: Record<string, string>) {
  const client = new ApolloClient({ link: new HttpLink({ uri, headers }), cache: new InMemoryCache() });
  const one = await client.query({ query: Organisations, variables: { first: 1 } });
  const after = one.data!.organisations.pageInfo.endCursor;
  const two = await client.query({ query: Organisations, variables: { first: 1, after } });
  const input = { commandId: crypto.randomUUID(), denomination: 'Essai', statut: 'ASSOCIATION',
    sansIdentifiant: 'En cours de création' };
  const done = await client.mutate({ mutation: Register, variables: { input } });
  const again = await client.mutate({ mutation: Register, variables: { input } });
  const { sansIdentifiant: _, ...named } = input;
  const siret = { ...named, commandId: crypto.randomUUID(), siret: '73282932000075' };
  const refused = await client
    .mutate({ mutation: Register, variables: { input: siret } })
    .then(() => undefined, (error: unknown) => error);
  return {
    pages: [one, two].map((it) => it.data!.organisations.nodes[0]!.id),
    positions: [done, again].map((it) => it.data!.registerOrganisation.position),
    refusal: CombinedGraphQLErrors.is(refused) ? refused.errors[0]?.extensions : refused,
  };
}
