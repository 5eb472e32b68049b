// The same questions answered by a server as one writes it by hand: Apollo and pg, one prepared
// statement a question. No token, no rights. PGHOST, PGUSER and PGDATABASE say where.
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import pg from 'pg';

const pool = new pg.Pool({ max: 16 });

const typeDefs = `
  type Organisation { id: ID! denomination: String! statut: String! rna: String roles: [String!]! closed: Boolean! }
  type Convention { id: ID! reference: String! objet: String! signedOn: String! notified: String! financeur: Organisation! }
  type Query { organisation(id: ID!): Organisation conventions(first: Int!): [Convention!]! }
`;

const ONE = `select id, denomination, statut, rna, roles, closed
             from peer.organisations where id = $1`;
const PAGE = `select c.id, c.reference, c.objet, c.signed_on::text as "signedOn",
                     c.notified_cents::text as notified,
                     json_build_object('id', o.id, 'denomination', o.denomination) as financeur
              from peer.conventions c join peer.organisations o on o.id = c.financeur
              order by c.signed_on desc, c.id desc limit $1`;

const resolvers = {
  Query: {
    organisation: async (_, { id }) =>
      (await pool.query({ name: 'one', text: ONE, values: [id] })).rows[0],
    conventions: async (_, { first }) =>
      (await pool.query({ name: 'page', text: PAGE, values: [first] })).rows,
  },
};

const { url } = await startStandaloneServer(new ApolloServer({ typeDefs, resolvers }), {
  listen: { host: '127.0.0.1', port: 0 },
});
console.log(url);
