import type { Container, Probe } from '../../openapi/generated/types.ts';
import type { Clock } from '../../platform/clock.ts';
import { type IpAddress, parseIp } from '../netstack/ip-address.ts';
import type { Netns } from '../netstack/netns.ts';
import { fetchHttp } from '../sockets/http-client.ts';

export type ProbeResult = { readonly ok: true } | { readonly ok: false; readonly message: string };

export interface ProbeTarget {
  /** The namespace the probe starts from: the node's own. */
  readonly from: Netns;
  readonly clock: Clock;
  readonly podIp: string;
  readonly container: Container;
}

/** Makes one attempt of a probe through the simulated network; it never rejects. */
export async function runProbe(probe: Probe, target: ProbeTarget): Promise<ProbeResult> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  try {
    if (probe.httpGet) return await httpProbe(probe.httpGet, target, timeoutMs);
    if (probe.tcpSocket) return await tcpProbe(probe.tcpSocket, target, timeoutMs);
    // There is no program to run in a simulated container, so an exec or gRPC probe cannot fail.
    return { ok: true };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

/** 200 up to 399 is a success (k8s pkg/probe/http). */
async function httpProbe(
  { host, port, path = '/', httpHeaders = [] }: NonNullable<Probe['httpGet']>,
  target: ProbeTarget,
  timeoutMs: number,
): Promise<ProbeResult> {
  const address = probeAddress(host, target);
  const number = probePort(port, target.container);
  const headers = {
    host: `${hostText(host || target.podIp)}:${number}`,
    'user-agent': 'kube-probe/1.33',
    accept: '*/*',
  };
  const custom = Object.fromEntries(
    httpHeaders.map(({ name = '', value = '' }) => [name.toLowerCase(), value]),
  );
  const { status } = await fetchHttp(target.from, target.clock, {
    address,
    port: number,
    path: path.startsWith('/') ? path : `/${path}`,
    headers: { ...headers, ...custom },
    timeoutMs,
  });
  if (status >= 200 && status < 400) return { ok: true };
  return { ok: false, message: `HTTP probe failed with statuscode: ${status}` };
}

function tcpProbe(
  { host, port }: NonNullable<Probe['tcpSocket']>,
  target: ProbeTarget,
  timeoutMs: number,
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = target.from.tcp.connect({
      address: probeAddress(host, target),
      port: probePort(port, target.container),
    });
    const finish = (result: ProbeResult): void => {
      target.clock.clearTimeout(timer);
      socket.reset();
      resolve(result);
    };
    const timer = target.clock.setTimeout(
      () => finish({ ok: false, message: 'connect timed out' }),
      timeoutMs,
    );
    socket.onConnect = () => finish({ ok: true });
    socket.onClose = (error) => finish({ ok: false, message: error?.code ?? 'the connection was closed' });
  });
}

function probeAddress(host: string | undefined, { podIp }: ProbeTarget): IpAddress {
  const address = parseIp(host || podIp);
  if (address === undefined) throw new Error(`no such host: ${host || podIp}`);
  return address;
}

/** An IPv6 address stands in brackets before a port. */
const hostText = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** A name stands for the container's port of that name. */
function probePort(port: number | string | undefined, { ports = [], name }: Container): number {
  if (typeof port === 'number') return port;
  const found = ports.find((candidate) => candidate.name === port)?.containerPort ?? Number(port);
  if (!found) throw new Error(`container ${name} has no port ${JSON.stringify(port)}`);
  return found;
}
