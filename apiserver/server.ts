import type { ServerResponse } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import websocket from '@fastify/websocket';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { ApiResponse } from '../platform/api-transport.ts';
import type { Logger } from '../platform/logger.ts';
import { peerCertificate } from './authentication/peer-certificate.ts';
import { ANONYMOUS, type UserInfo } from './authentication/user-info.ts';
import { connectionDrain } from './connection-drain.ts';
import type { ApiServer } from './create-api-server.ts';
import { errors, type StatusError } from './errors.ts';
import { LimitedHandler, type RequestLimits } from './flow-control/limited-handler.ts';
import { IncomingRequest } from './incoming-request.ts';
import { PendingAbort } from './pending-abort.ts';
import { statusAnswer } from './respond/answer.ts';
import { MEDIA_TYPES } from './respond/negotiate.ts';
import { sendStream } from './stream-reply.ts';
import { serveWatchSocket } from './watch-socket.ts';

/** As kube-apiserver limits a request's body. */
export const BODY_LIMIT = 3 * 1024 * 1024;
const LONGEST_PATH_PART = 2048;

interface Serving extends Omit<ServerOptions, 'limits'> {
  readonly limits: LimitedHandler;
}

export interface ServerOptions {
  readonly api: ApiServer;
  readonly limits?: Partial<RequestLimits>;
  readonly logger: Logger;
  /** PEM. */
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa?: string | undefined };
}

/**
 * Carries requests over HTTPS, HTTP/1.1 and HTTP/2 on one port, and over WebSocket. It only says who asks
 * and moves bytes: every decision is the ApiServer's.
 */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { cert, key, clientCa } = options.tls;
  const app = fastify({
    http2: true,
    https: {
      allowHTTP1: true,
      cert,
      key,
      // Who shows no certificate may still have a token.
      requestCert: true,
      rejectUnauthorized: false,
      ...(clientCa === undefined ? {} : { ca: clientCa }),
    },
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: LONGEST_PATH_PART },
    forceCloseConnections: true,
    frameworkErrors: (error, _request, reply) => sendFailure(reply as unknown as FastifyReply, error),
  }) as unknown as FastifyInstance;
  await app.register(websocket, { options: { maxPayload: 64 * 1024 } });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error, _request, reply) => sendFailure(reply, error));
  app.setNotFoundHandler((_request, reply) => send(reply, statusAnswer(errors.noSuchPath().status)));
  const limits = new LimitedHandler(options.api, options.limits);
  app.addHook('onClose', async () => limits.close());
  addRoutes(app, { ...options, limits });
  const drain = connectionDrain(app.server as unknown as Http2SecureServer);
  app.addHook('preClose', async () => drain());
  return app;
}

/** The port that the server got. */
export function portOf(app: FastifyInstance): number {
  return (app.server.address() as AddressInfo).port;
}

function addRoutes(app: FastifyInstance, options: Serving): void {
  const answers = new WeakMap<FastifyRequest, { response: ApiResponse; abort: PendingAbort }>();
  app.route({
    method: 'GET',
    url: '/*',
    exposeHeadRoute: true,
    // A WebSocket is opened only when the answer is a stream: a refusal stays an ordinary HTTP answer.
    preValidation: (request, reply, done) => {
      if (!request.ws) return done();
      const abort = new PendingAbort();
      respond(options, request, abort).then((response) => {
        if (response.status !== 200 || response.body instanceof Uint8Array) return send(reply, response);
        answers.set(request, { response, abort });
        done();
      }, done);
    },
    handler: (request, reply) => serve(options, request, reply),
    wsHandler: (socket, request) => {
      const { response, abort } = answers.get(request) ?? {};
      if (!response || !abort || response.body instanceof Uint8Array) return socket.close(1011);
      serveWatchSocket(socket, response, abort);
    },
  });
  app.route({
    method: ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: '/*',
    handler: (request, reply) => serve(options, request, reply),
  });
}

/** Past fastify's own way of sending, which looks at every answer anew: here it is bytes and headers already. */
function serve(options: Serving, request: FastifyRequest, reply: FastifyReply): void {
  reply.hijack();
  const { raw } = reply;
  const abort = new PendingAbort();
  respond(options, request, abort)
    .then((response) => {
      if (response.body instanceof Uint8Array)
        sendBytes(raw, response, response.body, options.limits.onSent(response));
      else return sendStream(raw, response, abort, options.logger);
    })
    .catch((error: unknown) => {
      options.logger.error({ error: String(error) }, 'an answer was not sent');
      raw.destroy();
    });
}

function sendBytes(
  raw: FastifyReply['raw'],
  { status, headers }: ApiResponse,
  body: Uint8Array,
  onSent: (() => void) | undefined,
): void {
  if (onSent) raw.once('close', onSent);
  const flat = flatHeaders(headers);
  (raw as ServerResponse).writeHead(
    status,
    status === 304 ? flat : [...flat, 'content-length', String(body.length)],
  );
  raw.end(body);
}

const flattened = new WeakMap<ApiResponse['headers'], string[]>();

/** Names and values in turn, as Node takes them without a look at each; most answers share their headers. */
function flatHeaders(headers: ApiResponse['headers']): string[] {
  let flat = flattened.get(headers);
  if (!flat) {
    flat = Object.entries(headers).flat();
    flattened.set(headers, flat);
  }
  return flat;
}

/** No promise on the way of a request that shows a certificate: most do. */
function respond(options: Serving, request: FastifyRequest, abort: PendingAbort): Promise<ApiResponse> {
  const { api, limits } = options;
  const user = userOfCertificate(api, request);
  if (user) return limits.handle(new IncomingRequest(request, user, abort));
  return userOfHeader(api, request).then((found) =>
    found ? limits.handle(new IncomingRequest(request, found, abort)) : UNAUTHORIZED,
  );
}

const UNAUTHORIZED = statusAnswer(errors.unauthorized().status);

function userOfCertificate(api: ApiServer, { raw }: FastifyRequest): UserInfo | undefined {
  const certificate = peerCertificate(raw);
  return certificate.kind === 'trusted' ? api.userOfCertificate(certificate.subject) : undefined;
}

/** Who shows nothing is anonymous; who shows what is not good is nobody. */
async function userOfHeader(
  api: ApiServer,
  { headers: { authorization }, raw }: FastifyRequest,
): Promise<UserInfo | undefined> {
  if (authorization !== undefined) return api.userOfAuthorization(authorization);
  return peerCertificate(raw).kind === 'none' ? ANONYMOUS : undefined;
}

function send(reply: FastifyReply, { status, headers, body }: ApiResponse): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}

/** What fastify itself refuses, said as Kubernetes would. */
function sendFailure(reply: FastifyReply, error: unknown): void {
  const { code, statusCode, message } = error as { code?: string; statusCode?: number; message?: string };
  send(reply, statusAnswer(asStatusError(code, statusCode, message ?? '').status));
}

function asStatusError(
  code: string | undefined,
  statusCode: number | undefined,
  message: string,
): StatusError {
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return errors.tooLarge(BODY_LIMIT);
  if (statusCode === 415) return errors.unsupportedMediaType(Object.values(MEDIA_TYPES));
  if (statusCode !== undefined && statusCode < 500) return errors.badRequest(message);
  return errors.internal(message);
}
