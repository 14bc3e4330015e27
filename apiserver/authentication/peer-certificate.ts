import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { TLSSocket } from 'node:tls';
import type { CertificateSubject } from './authenticator.ts';

const subjects = new WeakMap<TLSSocket, CertificateSubject | null>();

/** The subject of the connection's client certificate, if our authority signed it. Read once a connection. */
export function certificateSubject(
  request: IncomingMessage | Http2ServerRequest,
): CertificateSubject | undefined {
  const socket = rawSocket(request);
  if (!socket) return undefined;
  let subject = subjects.get(socket);
  if (subject === undefined) {
    subject = socket.authorized ? (socket.getPeerCertificate().subject ?? null) : null;
    subjects.set(socket, subject);
  }
  return subject ?? undefined;
}

/** HTTP/2 hides the socket behind a proxy object that differs each time. */
function rawSocket(request: IncomingMessage | Http2ServerRequest): TLSSocket | undefined {
  const session = 'stream' in request ? request.stream?.session : undefined;
  const socket = session
    ? ((session as unknown as SessionInternals)[socketSymbol(session)] ?? session.socket)
    : request.socket;
  return socket instanceof TLSSocket ? socket : undefined;
}

type SessionInternals = Record<symbol, TLSSocket | undefined>;

let symbol: symbol | undefined;

function socketSymbol(session: object): symbol {
  symbol ??= Object.getOwnPropertySymbols(session).find((each) => each.description === 'socket');
  return symbol ?? Symbol('none');
}
