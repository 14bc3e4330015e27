import type { ServerResponse } from 'node:http';
import type { ProxyHealthAnswers, ProxyHealthState } from '../../client/proxy-health.ts';
import type { Clock } from '../../platform/clock.ts';
import { formatEndpoint, type IpAddress, parseIp } from '../netstack/ip-address.ts';
import { LOOPBACK_IPV4 } from '../netstack/ipv4.ts';
import { ANY_IPV6 } from '../netstack/ipv6.ts';
import { isNetError } from '../netstack/net-error.ts';
import { type HttpListener, type StopServer, serveHttp, type TcpHost } from './http-server.ts';

export interface ProxyHealthOptions {
  readonly tcp: TcpHost;
  readonly clock: Clock;
  readonly onFault: (error: unknown) => void;
}

/** kube-proxy's healthzBindAddress and metricsBindAddress. */
const OWN = { address: ANY_IPV6, port: 10_256 };
const LOCAL = { address: LOOPBACK_IPV4, port: 10_249 };

interface Local {
  readonly address: IpAddress;
  readonly port: number;
}

/**
 * Answers in kube-proxy's name on a node: /healthz and /livez, on localhost /proxyMode, and for each Service with a
 * healthCheckNodePort whether the node has endpoints of it (k8s pkg/proxy/healthcheck, cmd/kube-proxy/app).
 */
export class ProxyHealth {
  readonly #options: ProxyHealthOptions;
  readonly #open = new Map<string, StopServer>();
  #state: ProxyHealthState | undefined;
  #updatedAt = 0;
  #answers: ProxyHealthAnswers = { healthz: {}, livez: {} };

  constructor(options: ProxyHealthOptions) {
    this.#options = options;
  }

  /** Serves this from now on; gives what could not be opened. */
  set(state: ProxyHealthState): readonly string[] {
    this.#state = state;
    this.#updatedAt = this.#options.clock.now();
    const wanted = new Map<string, () => StopServer>([
      [formatEndpoint(OWN), () => this.#serve(OWN, (request, response) => this.#own(request.url, response))],
      [
        formatEndpoint(LOCAL),
        () => this.#serve(LOCAL, (request, response) => this.#local(request.url, response)),
      ],
    ]);
    for (const service of state.services) {
      const local = localOf(service);
      const key = formatEndpoint(local);
      wanted.set(key, () => this.#serve(local, (_, response) => this.#service(key, response)));
    }
    for (const [key, stop] of this.#open) {
      if (wanted.has(key)) continue;
      this.#open.delete(key);
      stop();
    }
    return [...wanted].flatMap(([key, open]) => (this.#open.has(key) ? [] : this.#tryOpen(key, open)));
  }

  /** Those since they were last taken. */
  takeAnswers(): ProxyHealthAnswers {
    const answers = this.#answers;
    this.#answers = { healthz: {}, livez: {} };
    return answers;
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

  #serve(local: Local, listener: HttpListener): StopServer {
    const { tcp, onFault } = this.#options;
    return serveHttp(tcp, local, listener, onFault);
  }

  #isHealthy(): boolean {
    return this.#options.clock.now() - this.#updatedAt < (this.#state?.validMs ?? 0);
  }

  #own(url: string | undefined, response: ServerResponse): void {
    const path = pathOf(url);
    if (path !== '/healthz' && path !== '/livez') return this.#notFound(response);
    const healthy = this.#isHealthy();
    const { families = [], nodeEligible = true } = this.#state ?? {};
    const isOk = healthy && (path === '/livez' || nodeEligible);
    const now = this.#options.clock.now();
    const updated = goTime(this.#updatedAt);
    const status = Object.fromEntries(families.map((family) => [family, { lastUpdated: updated, healthy }]));
    const body = {
      lastUpdated: isOk ? goTime(now) : updated,
      currentTime: goTime(now),
      ...(path === '/healthz' ? { nodeEligible } : {}),
      healthy,
      status,
    };
    const code = isOk ? 200 : 503;
    const answers = this.#answers[path === '/livez' ? 'livez' : 'healthz'];
    answers[code] = (answers[code] ?? 0) + 1;
    this.#answer(response, code, JSON_TYPE, JSON.stringify(body));
  }

  #local(url: string | undefined, response: ServerResponse): void {
    const path = pathOf(url);
    if (path === '/proxyMode') return this.#answer(response, 200, TEXT_TYPE, this.#state?.mode ?? '');
    if (path === '/healthz') return this.#answer(response, 200, TEXT_TYPE, 'ok');
    this.#notFound(response);
  }

  #notFound(response: ServerResponse): void {
    this.#answer(response, 404, TEXT_TYPE, '404 page not found\n');
  }

  #service(key: string, response: ServerResponse): void {
    const service = this.#state?.services.find((each) => formatEndpoint(localOf(each)) === key);
    if (!service) return this.#answer(response, 200, JSON_TYPE, '');
    const { namespace, name, localEndpoints } = service;
    const serviceProxyHealthy = this.#isHealthy();
    const body = { service: { namespace, name }, localEndpoints, serviceProxyHealthy };
    const code = localEndpoints > 0 && serviceProxyHealthy ? 200 : 503;
    const weight = { 'X-Load-Balancing-Endpoint-Weight': localEndpoints };
    this.#answer(response, code, JSON_TYPE, JSON.stringify(body, undefined, '\t'), weight);
  }

  /** With the headers of Go's server, in its order. */
  #answer(
    response: ServerResponse,
    status: number,
    type: string,
    body: string,
    more: Readonly<Record<string, number>> = {},
  ): void {
    const headers = {
      'Content-Type': type,
      'X-Content-Type-Options': 'nosniff',
      ...more,
      Date: new Date(this.#options.clock.now()).toUTCString(),
      'Content-Length': Buffer.byteLength(body),
    };
    response.writeHead(status, headers).end(body);
  }
}

const JSON_TYPE = 'application/json';
const TEXT_TYPE = 'text/plain; charset=utf-8';

function pathOf(url: string | undefined): string {
  return url?.split('?')[0] ?? '';
}

function localOf({ address, port }: ProxyHealthState['services'][number]): Local {
  return { address: parseIp(address) ?? ANY_IPV6, port };
}

/** As Go writes a time in JSON: `2025-03-01T12:00:00.5Z`. */
function goTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.?0*Z$/, 'Z');
}
