// GraphiQL on the API of the same origin.
// The bearer token comes from the `#token=` fragment or from the headers tab; it lives in
// sessionStorage, is gone with the browser tab, and no cookie is ever sent.

import 'graphiql/setup-workers/vite';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './main.css';

import { useGraphiQL, useGraphiQLActions, useMonaco } from '@graphiql/react';
import { GraphiQL } from 'graphiql';
import { useEffect } from 'react';
import { createRoot } from 'react-dom/client';

const ENDPOINT = '/graphql';
const TYPING_PAUSE_MS = 600;

const NO_TOKEN =
  'Il manque votre jeton : écrivez-le dans l’onglet « Headers », en bas à gauche, après « Bearer ».';

const FIRST_QUERY = `# Bienvenue dans Essaim.
#
# Ctrl + Entrée lance la requête.
# Ctrl + Espace propose les champs possibles.
# Le livre, à gauche, ouvre la documentation.
# Votre jeton va dans l’onglet « Headers », en bas.

query Questions {
  __schema {
    queryType {
      fields {
        name
        description
      }
    }
  }
}
`;

function start() {
  const token = tokenOfFragment();
  const initialQuery =
    new URLSearchParams(location.search).get('query') ?? stored('query') ?? FIRST_QUERY;
  const initialHeaders = token === null ? (stored('headers') ?? bearer('')) : bearer(token);
  // The browser tab keeps what it was given, so that a reload asks for nothing again.
  sessionStorage.setItem('graphiql:headers', initialHeaders);

  // A link opened over the page already there changes the fragment only, and loads nothing.
  addEventListener('hashchange', () => {
    if (fragment().has('token')) {
      location.reload();
    }
  });

  createRoot(document.getElementById('graphiql')).render(
    <GraphiQL
      fetcher={ask}
      storage={sessionStorage}
      shouldPersistHeaders
      showPersistHeadersSettings={false}
      defaultEditorToolsVisibility="headers"
      defaultQuery={FIRST_QUERY}
      defaultHeaders={initialHeaders}
      initialQuery={initialQuery}
      initialHeaders={initialHeaders}
      initialVariables={stored('variables') ?? undefined}
    >
      <GraphiQL.Logo>Essaim</GraphiQL.Logo>
      <SchemaFollowsToken />
      <FrenchTypography />
    </GraphiQL>,
  );
}

/** GraphiQL may read the schema before its headers editor exists, and never for a new token. */
function SchemaFollowsToken() {
  const { introspect } = useGraphiQLActions();
  const editor = useGraphiQL((state) => state.headerEditor);
  const reading = useGraphiQL((state) => state.isIntrospecting);

  useEffect(() => {
    if (!editor) {
      return undefined;
    }
    let known = editor.getValue();
    let pause;
    if (!reading) {
      introspect();
    }
    const typing = editor.onDidChangeModelContent(() => {
      clearTimeout(pause);
      pause = setTimeout(() => {
        if (editor.getValue() !== known) {
          known = editor.getValue();
          introspect();
        }
      }, TYPING_PAUSE_MS);
    });
    return () => {
      clearTimeout(pause);
      typing.dispose();
    };
  }, [editor, introspect]);

  return null;
}

/** The editor takes the apostrophe of « l’onglet » for a trap, and frames it. */
function FrenchTypography() {
  const monaco = useMonaco((state) => state.monaco);

  useEffect(() => {
    if (!monaco) {
      return undefined;
    }
    const trust = (editor) =>
      editor.updateOptions({ unicodeHighlight: { ambiguousCharacters: false } });
    monaco.editor.getEditors().forEach(trust);
    const opening = monaco.editor.onDidCreateEditor(trust);
    return () => opening.dispose();
  }, [monaco]);

  return null;
}

async function ask(question, { headers = {} } = {}) {
  const [, authorization = ''] =
    Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization') ?? [];
  if (!/^Bearer\s+\S/i.test(authorization)) {
    return refusal(NO_TOKEN);
  }
  const response = await fetch(ENDPOINT, {
    method: 'POST',
    credentials: 'omit',
    headers: {
      accept: 'application/graphql-response+json, application/json',
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(question),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return refusal(`HTTP ${response.status} : ${text || 'réponse vide'}`);
  }
}

/** As the API says no; an exception would show its stack to the reader. */
function refusal(message) {
  return { errors: [{ message }] };
}

/** The token of the fragment, which never reaches a server, and leaves the address bar at once. */
function tokenOfFragment() {
  const token = fragment().get('token');
  if (token !== null) {
    history.replaceState(null, '', location.pathname + location.search);
  }
  return token;
}

function fragment() {
  return new URLSearchParams(location.hash.slice(1));
}

function bearer(token) {
  return JSON.stringify({ Authorization: `Bearer ${token}` }, null, 2);
}

function stored(name) {
  return sessionStorage.getItem(`graphiql:${name}`);
}

start();
