import type { ServerResponse } from 'node:http';
import type { ProxyHealthState } from '../../client/proxy-health.ts';
import type { Clock } from '../../platform/clock.ts';
import { type IpAddress, parseIp } from '../netstack/ip-address.ts';
import { ANY_IPV6 } from '../netstack/ipv6.ts';
import { isNetError } from '../netstack/net-error.ts';
import { type HttpListener, type StopServer, serveHttp, type TcpHost } from './http-server.ts';

export interface ProxyHealthOptions {
  readonly tcp: TcpHost;
  readonly clock: Clock;
  readonly onFault: (error: unknown) => void;
}

/** kube-proxy's healthzBindAddress. */
const OWN_PORT = 10_256;

/**
 * Answers in kube-proxy's name on a node: /healthz and /livez, and for each Service with a healthCheckNodePort
 * whether the node has endpoints of it (k8s pkg/proxy/healthcheck).
 */
export class ProxyHealth {
  readonly #options: ProxyHealthOptions;
  readonly #open = new Map<string, StopServer>();
  #state: ProxyHealthState | undefined;
  #updatedAt = 0;

  constructor(options: ProxyHealthOptions) {
    this.#options = options;
  }

  /** Serves this from now on; gives what could not be opened. */
  set(state: ProxyHealthState): readonly string[] {
    this.#state = state;
    this.#updatedAt = this.#options.clock.now();
    const wanted = new Map<string, () => StopServer>([
      ['own', () => this.#serve(ANY_IPV6, OWN_PORT, (request, response) => this.#own(request.url, response))],
    ]);
    for (const { port } of state.services) {
      for (const address of state.addresses)
        wanted.set(`${address}:${port}`, () =>
          this.#serve(parseIp(address) ?? ANY_IPV6, port, (_, response) => this.#service(port, response)),
        );
    }
    for (const [key, stop] of this.#open) {
      if (wanted.has(key)) continue;
      this.#open.delete(key);
      stop();
    }
    return [...wanted].flatMap(([key, open]) => (this.#open.has(key) ? [] : this.#tryOpen(key, open)));
  }

  #tryOpen(key: string, open: () => StopServer): string[] {
    try {
      this.#open.set(key, open());
      return [];
    } catch (error) {
      if (!isNetError(error)) throw error;
      return [`${key}: ${error.message}`];
    }
  }

  #serve(address: IpAddress, port: number, listener: HttpListener): StopServer {
    const { tcp, onFault } = this.#options;
    return serveHttp(tcp, { address, port }, listener, onFault);
  }

  #isHealthy(): boolean {
    return this.#options.clock.now() - this.#updatedAt <= (this.#state?.validMs ?? 0);
  }

  #own(url: string | undefined, response: ServerResponse): void {
    const path = url?.split('?')[0];
    if (path !== '/healthz' && path !== '/livez')
      return void response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
    const isHealthy = this.#isHealthy();
    const now = this.#options.clock.now();
    const nodeEligible = this.#state?.nodeEligible ?? true;
    const times = `"lastUpdated": "${goTime(isHealthy ? now : this.#updatedAt)}","currentTime": "${goTime(now)}"`;
    if (path === '/livez') return answer(response, isHealthy, `{${times}}`);
    answer(response, isHealthy && nodeEligible, `{${times}, "nodeEligible": ${nodeEligible}}`);
  }

  #service(port: number, response: ServerResponse): void {
    const service = this.#state?.services.find((each) => each.port === port);
    if (!service) return void response.writeHead(404).end();
    const { namespace, name, localEndpoints } = service;
    const serviceProxyHealthy = this.#isHealthy();
    const body = { service: { namespace, name }, localEndpoints, serviceProxyHealthy };
    response.setHeader('X-Load-Balancing-Endpoint-Weight', localEndpoints);
    answer(response, localEndpoints > 0 && serviceProxyHealthy, JSON.stringify(body, undefined, '\t'));
  }
}

function answer(response: ServerResponse, isOk: boolean, body: string): void {
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.writeHead(isOk ? 200 : 503, { 'Content-Length': Buffer.byteLength(body) }).end(body);
}

/** As Go prints a time: `2025-03-01 12:00:00.5 +0000 UTC`. */
function goTime(milliseconds: number): string {
  const [day, time = ''] = new Date(milliseconds).toISOString().split('T');
  return `${day} ${time.replace(/\.?0*Z$/, '')} +0000 UTC`;
}
