import type { NodeShell } from '../../client/node-shell.ts';
import type { ApiRequest, ApiResponse } from '../../platform/api-transport.ts';
import type { Clock } from '../../platform/clock.ts';
import { captureLink } from '../capture/capture-link.ts';
import type { LogQuery } from '../kubelet/container-log.ts';
import type { Kubelet } from '../kubelet/kubelet.ts';
import type { Netns } from '../netstack/netns.ts';
import { requestPath } from '../sockets/request-path.ts';
import { followLog } from './follow-log.ts';
import { PROXY_COMMANDS } from './proxy-commands.ts';

/** Who asks: the subject of a client certificate. */
export interface AgentUser {
  readonly name: string;
  readonly groups: readonly string[];
}

export interface AgentApiOptions {
  readonly netns: Netns;
  readonly shell: NodeShell;
  readonly kubelet: Kubelet;
  readonly clock: Clock;
  readonly metrics: () => Promise<string>;
}

const LARGEST_STDIN = 64 * 1024 * 1024;
/**
 * What a node answers to the cluster's components, like a kubelet's own API: `/containerLogs`, `/healthz`,
 * `/metrics`; and what stands for root on the machine: `POST /run` (a command) and `GET /capture?link=`.
 */
export class AgentApi {
  readonly #options: AgentApiOptions;

  constructor(options: AgentApiOptions) {
    this.#options = options;
  }

  async handle(request: ApiRequest & { readonly user: AgentUser }): Promise<ApiResponse> {
    const { path, query } = requestPath(request);
    const segments = pathSegments(path);
    if (!segments) return text(400, 'the path is not percent-encoded as it should be\n');
    const [head, ...rest] = segments;
    const route = `${request.method} /${head ?? ''}`;
    switch (route) {
      case 'GET /healthz':
        return text(200, 'ok');
      case 'GET /metrics':
        return text(200, await this.#options.metrics());
      case 'GET /containerLogs':
        return this.#mayReadLogs(request.user)
          ? this.#logs(rest, query, request.signal)
          : forbidden(request.user, 'read logs');
      case 'POST /run':
        return this.#run(request);
      case 'GET /capture':
        return isAdmin(request.user)
          ? this.#capture(query, request.signal)
          : forbidden(request.user, 'capture packets');
      default:
        return text(404, `there is no ${route} here\n`);
    }
  }

  #mayReadLogs(user: AgentUser): boolean {
    return isAdmin(user) || user.name === 'kube-apiserver-kubelet-client';
  }

  async #run({ body, user }: ApiRequest & { readonly user: AgentUser }): Promise<ApiResponse> {
    if ((body?.length ?? 0) > LARGEST_STDIN) return text(413, 'the input is too large\n');
    const command = parseCommand(body);
    if (!command) return text(400, 'the body must be {"argv": ["…"], "stdin": "…"}\n');
    const allowed =
      isAdmin(user) || (user.name === 'system:kube-proxy' && PROXY_COMMANDS.has(command.argv[0] ?? ''));
    if (!allowed) return forbidden(user, `run ${command.argv[0]}`);
    const result = await this.#options.shell.run(command.argv, command.stdin);
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(result)),
    };
  }

  #logs(
    [namespace, pod, name]: readonly string[],
    query: URLSearchParams,
    signal?: AbortSignal,
  ): ApiResponse {
    const container = this.#options.kubelet.container(`${namespace}/${pod}`, name);
    if (!container) return text(404, `container ${name} of pod ${namespace}/${pod} does not run here\n`);
    const log = query.get('previous') === 'true' ? container.previousLog : container.log;
    if (!log) return text(400, `previous terminated container "${name}" in pod "${pod}" not found\n`);
    const wanted = logQuery(query, this.#options.clock.now());
    if (typeof wanted === 'string') return text(400, `${wanted}\n`);
    const headers = { 'content-type': 'text/plain; charset=utf-8' };
    const follows = query.get('follow') === 'true' && log === container.log;
    return { status: 200, headers, body: follows ? followLog(container, wanted, signal) : log.read(wanted) };
  }

  #capture(query: URLSearchParams, signal?: AbortSignal): ApiResponse {
    const name = query.get('link') ?? 'eth0';
    const link = this.#options.netns.link(name);
    if (!link) return text(404, `tcpdump: ${name}: No such device exists\n`);
    const body = captureLink(link, signal ?? new AbortController().signal);
    return { status: 200, headers: { 'content-type': 'application/vnd.tcpdump.pcap' }, body };
  }
}

function isAdmin({ groups }: AgentUser): boolean {
  return groups.includes('system:masters');
}

function parseCommand(body: Uint8Array | undefined): { argv: string[]; stdin: string } | undefined {
  try {
    const { argv, stdin = '' } = JSON.parse(Buffer.from(body ?? []).toString()) as {
      argv?: unknown;
      stdin?: unknown;
    };
    const valid = Array.isArray(argv) && argv.length > 0 && argv.every((part) => typeof part === 'string');
    return valid && typeof stdin === 'string' ? { argv: argv as string[], stdin } : undefined;
  } catch {
    return undefined;
  }
}

/** What the query asks for, or what is wrong with it. */
function logQuery(query: URLSearchParams, now: number): LogQuery | string {
  const numbers: { tailLines?: number; limitBytes?: number; sinceSeconds?: number } = {};
  for (const name of ['tailLines', 'limitBytes', 'sinceSeconds'] as const) {
    const value = query.get(name);
    if (value === null) continue;
    if (!/^\d{1,15}$/.test(value)) return `${name} must be a whole number, not ${JSON.stringify(value)}`;
    numbers[name] = Number(value);
  }
  const { sinceSeconds, ...rest } = numbers;
  const sinceTime = query.get('sinceTime');
  const since = sinceSeconds === undefined ? Date.parse(sinceTime ?? '') : now - sinceSeconds * 1000;
  if (sinceTime !== null && Number.isNaN(since)) return `sinceTime is no time: ${JSON.stringify(sinceTime)}`;
  return {
    ...rest,
    timestamps: query.get('timestamps') === 'true',
    ...(Number.isNaN(since) ? {} : { sinceTime: since }),
  };
}

function pathSegments(path: string): readonly string[] | undefined {
  try {
    return path
      .split('/')
      .filter((part) => part !== '')
      .map((part) => decodeURIComponent(part));
  } catch {
    return undefined;
  }
}

function forbidden({ name }: AgentUser, what: string): ApiResponse {
  return text(403, `user ${JSON.stringify(name)} may not ${what} on this node\n`);
}

function text(status: number, body: string): ApiResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: Buffer.from(body) };
}
