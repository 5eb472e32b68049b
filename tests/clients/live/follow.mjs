// Follows the log with a client as it is published, and cuts its connection again and again: each
// time it subscribes anew, after the last position that it heard. Prints what it heard as JSON.
//
//   node follow.mjs '{"url": …, "token": …, "transport": "graphql-ws" | "graphql-sse",
//                     "query": …, "many": 200, "cutEvery": 35}'
import { createClient as createEventClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import WebSocket from 'ws';

const asked = JSON.parse(process.argv[2]);
const { url, token, transport, query, many, cutEvery } = asked;
const authorization = `Bearer ${token}`;
const facts = [];
let after = '0';
let connections = 0;

/** Subscribes until the connection ends; `hear` says when it is to be cut. */
function overWebSocket(variables, hear) {
  return new Promise((ended) => {
    let socket;
    const client = createSocketClient({
      url: `${url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { Authorization: authorization },
      retryAttempts: 0,
      on: { opened: (it) => (socket = it) },
    });
    client.subscribe({ query, variables }, {
      next: (result) => hear(result) && socket.terminate(),
      error: ended,
      complete: ended,
    });
  });
}

function overEvents(variables, hear) {
  return new Promise((ended) => {
    const cut = new AbortController();
    const client = createEventClient({
      url: `${url}/graphql`,
      headers: { Authorization: authorization },
      retryAttempts: 0,
      fetchFn: (address, init) => fetch(address, { ...init, signal: cut.signal }),
    });
    client.subscribe({ query, variables }, {
      next: (result) => hear(result) && cut.abort(),
      error: ended,
      complete: ended,
    });
  });
}

const subscribe = { 'graphql-ws': overWebSocket, 'graphql-sse': overEvents }[transport];

while (facts.length < many) {
  connections += 1;
  let heard = 0;
  const why = await subscribe({ after }, (result) => {
    if (result.errors) throw new Error(JSON.stringify(result.errors));
    const { position, fait } = result.data.log;
    after = position;
    if (fait) {
      facts.push(fait.position);
      heard += 1;
    }
    return heard >= cutEvery || facts.length >= many;
  });
  if (heard === 0) throw new Error(`nothing was heard: ${why?.reason ?? why?.message ?? why}`);
}
process.stdout.write(JSON.stringify({ facts, connections }), () => process.exit(0));
