// What an app of Relay declares. The compiler reads these documents; `run.mjs` runs what it makes.
import { graphql } from 'relay-runtime';

export const first = graphql`
  query PortailQuery($count: Int!, $after: String) {
    ...Portail_organisations @arguments(count: $count, after: $after)
  }
`;

export const page = graphql`
  fragment Portail_organisations on Query
  @refetchable(queryName: "PortailPageQuery")
  @argumentDefinitions(count: { type: "Int!" }, after: { type: "String" }) {
    organisations(first: $count, after: $after)
      @connection(key: "Portail_organisations") {
      edges {
        node {
          id
          ...Portail_organisation
        }
      }
    }
  }
`;

export const one = graphql`
  fragment Portail_organisation on Organisation
  @refetchable(queryName: "PortailOrganisationQuery") {
    id
    denomination
  }
`;

export const register = graphql`
  mutation PortailRegisterMutation($input: RegisterOrganisationInput!) {
    registerOrganisation(input: $input) {
      position
      organisation {
        ...Portail_organisation
      }
    }
  }
`;

export const refetch = graphql`
  query PortailNodeQuery($id: ID!) {
    node(id: $id) {
      __typename
      id
    }
  }
`;
