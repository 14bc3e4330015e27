import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { TLSSocket } from 'node:tls';
import type { CertificateSubject } from './authenticator.ts';

/** What a client shows: nothing, a certificate of our authority, or one of somebody else's. */
export type PeerCertificate =
  | { readonly kind: 'none' | 'untrusted' }
  | { readonly kind: 'trusted'; readonly subject: CertificateSubject };

const NONE: PeerCertificate = { kind: 'none' };
const known = new WeakMap<TLSSocket, PeerCertificate>();

/** The connection's client certificate. Read once a connection. */
export function peerCertificate(request: IncomingMessage | Http2ServerRequest): PeerCertificate {
  const socket = rawSocket(request);
  if (!socket) return NONE;
  let certificate = known.get(socket);
  if (!certificate) {
    certificate = readCertificate(socket);
    known.set(socket, certificate);
  }
  return certificate;
}

function readCertificate(socket: TLSSocket): PeerCertificate {
  const { subject } = socket.getPeerCertificate() ?? {};
  if (subject === undefined) return NONE;
  return socket.authorized ? { kind: 'trusted', subject } : { kind: 'untrusted' };
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
