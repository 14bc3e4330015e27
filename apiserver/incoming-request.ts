import type { FastifyRequest } from 'fastify';
import { type Impersonation, readImpersonation } from './authentication/impersonation.ts';
import type { UserInfo } from './authentication/user-info.ts';
import type { UserRequest } from './create-api-server.ts';
import type { PendingAbort } from './pending-abort.ts';

/** A request of a known user, as it came over the network. */
export class IncomingRequest implements UserRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly user: UserInfo;
  readonly body: Uint8Array | undefined;
  readonly #request: FastifyRequest;
  readonly #abort: PendingAbort;

  constructor(request: FastifyRequest, user: UserInfo, abort: PendingAbort) {
    this.method = request.method;
    this.url = request.raw.url ?? '/';
    this.headers = request.headers as Record<string, string>;
    this.user = user;
    this.body = request.body instanceof Uint8Array ? request.body : undefined;
    this.#request = request;
    this.#abort = abort;
  }

  get impersonation(): Impersonation | undefined {
    const { headers } = this;
    const asks =
      headers['impersonate-user'] !== undefined ||
      headers['impersonate-group'] !== undefined ||
      headers['impersonate-uid'] !== undefined;
    return asks ? readImpersonation(this.#request.raw.rawHeaders) : undefined;
  }

  get source(): string {
    return this.#request.ip;
  }

  /** Asked for by the few requests that outlast their answer's beginning. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }
}
