// Every rule that graphql-eslint has for schemas, on the schema as it is printed; those that are
// off say why.
import graphql from '@graphql-eslint/eslint-plugin';
import { schema } from './house.mjs';

const off = [
  // Types and roots are printed by name; within a type, the order of the code means something.
  'alphabetize',
  // Only what implements Node has an identity; a cost, a date and its author, an answer do not.
  // That each Node has an `id: ID!` is what implementing it means.
  'strict-id-in-types',
  // A command answers its payload or an error with a code: there is no third case to be null for.
  'require-nullable-result-in-root',
  // A payload holds the object that changed; what else a client wants is one more field of it.
  'require-field-of-type-query-in-mutation-result',
  // `code` of `Code` and `objectif` of `Objectif` are what the trade calls them.
  'no-typename-prefix',
  // It wants an argument that `@deprecated` does not have: `lint.mjs` reads the reason instead.
  'require-deprecation-date',
  // Mutations are how anything is written here.
  'no-root-type',
];
const named = (it) => `@graphql-eslint/${it}`;

export default [
  {
    files: ['**/*.graphql'],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema } },
    },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...graphql.configs['flat/schema-all'].rules,
      ...graphql.configs['flat/schema-relay'].rules,
      ...Object.fromEntries(off.map((it) => [named(it), 'off'])),
      [named('require-description')]: [
        'error',
        { types: true, rootField: true, FieldDefinition: true, InputValueDefinition: true,
          EnumValueDefinition: true },
      ],
      // Lists go forward: keyset cursors of one order.
      [named('relay-arguments')]: ['error', { includeBoth: false }],
      // A fact of the history or a count has no identity, and is listed all the same.
      [named('relay-edge-types')]: [
        'error',
        { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false },
      ],
    },
  },
];
