import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';

/**
 * The limit: fastify over TLS, which parses what it is sent and answers with the same bytes each time. It
 * stores nothing, checks nothing and knows nobody. Arguments: certificate, key, a file with the answer.
 */
const [certFile = '', keyFile = '', answerFile = ''] = process.argv.slice(2);
const answer = readFileSync(answerFile);
const server = Fastify({
  http2: true,
  https: { allowHTTP1: true, cert: readFileSync(certFile), key: readFileSync(keyFile) },
});
server.addContentTypeParser('application/merge-patch+json', { parseAs: 'string' }, (_request, body, done) =>
  done(null, JSON.parse(String(body))),
);
server.all('/*', (_request, reply) => reply.header('content-type', 'application/json').send(answer));
await server.listen({ host: '127.0.0.1', port: 0 });
process.send?.({ port: (server.server.address() as AddressInfo).port });
