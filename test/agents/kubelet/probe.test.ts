import { describe, expect, it } from 'vitest';
import { type ProbeTarget, runProbe } from '../../../agents/kubelet/probe.ts';
import { ANY_IPV4, formatIpv4 } from '../../../agents/netstack/ipv4.ts';
import { serveHttp } from '../../../agents/sockets/http-server.ts';
import type { Probe } from '../../../openapi/generated/types.ts';
import { TwoNodes } from '../netstack/two-nodes.ts';

function build() {
  const lab = new TwoNodes();
  const pod = lab.pod(2, 2);
  const requests: string[] = [];
  serveHttp(
    pod.ns.tcp,
    { address: ANY_IPV4, port: 8080 },
    (request, response) => {
      requests.push(`${request.url} ${request.headers.host} ${request.headers['user-agent']}`);
      const status = Number(request.url?.slice(1));
      if (status > 0) response.writeHead(status).end();
    },
    () => {},
  );
  const target: ProbeTarget = {
    from: lab.node(1).ns,
    clock: lab.clock,
    podIp: formatIpv4(pod.address),
    container: { name: 'c', ports: [{ name: 'web', containerPort: 8080 }] },
  };
  const run = (probe: Probe) => lab.clock.drive(runProbe(probe, target), 120_000);
  return { lab, requests, run };
}

describe('an HTTP probe', () => {
  it.each([200, 204, 302, 399])('is content with %i', async (status) => {
    const { run } = build();
    expect(await run({ httpGet: { port: 8080, path: `/${status}` } })).toEqual({ ok: true });
  });

  it.each([400, 404, 500])('is not with %i', async (status) => {
    const { run } = build();
    expect(await run({ httpGet: { port: 'web', path: String(status) } })).toEqual({
      ok: false,
      message: `HTTP probe failed with statuscode: ${status}`,
    });
  });

  it('gives up in time', async () => {
    const { lab, run } = build();
    const start = lab.clock.now();
    const result = await run({ httpGet: { port: 8080, path: '/0' }, timeoutSeconds: 3 });
    expect(result).toMatchObject({ ok: false, message: expect.stringContaining('3000 ms') });
    expect(lab.clock.now() - start).toBe(3_000);
  });

  it('fails where nobody listens, where nobody is, and where the port has no name', async () => {
    const { run } = build();
    expect(await run({ httpGet: { port: 81 } })).toMatchObject({ ok: false, message: 'ECONNREFUSED' });
    expect(await run({ httpGet: { port: 81, host: '10.244.2.99' } })).toMatchObject({ ok: false });
    expect(await run({ httpGet: { port: 'db' } })).toMatchObject({ message: 'container c has no port "db"' });
    expect(await run({ httpGet: { port: 80, host: 'no address' } })).toMatchObject({ ok: false });
  });

  it('sends the kubelet’s headers, and those asked for', async () => {
    const { requests, run } = build();
    const httpHeaders = [{ name: 'Host', value: 'example.com' }];
    await run({ httpGet: { port: 8080, path: '/200' } });
    await run({ httpGet: { port: 8080, path: '/200', httpHeaders } });
    expect(requests).toEqual(['/200 10.244.2.2:8080 kube-probe/1.33', '/200 example.com kube-probe/1.33']);
  });
});

describe('a TCP probe', () => {
  it('tells an open port from a closed one and from silence, and leaves nothing open', async () => {
    const { lab, run } = build();
    expect(await run({ tcpSocket: { port: 8080 } })).toEqual({ ok: true });
    expect(await run({ tcpSocket: { port: 81 } })).toEqual({ ok: false, message: 'ECONNREFUSED' });
    lab.wire.lose = () => true;
    expect(await run({ tcpSocket: { port: 8080 }, timeoutSeconds: 2 })).toEqual({
      ok: false,
      message: 'connect timed out',
    });
    await lab.clock.run(0);
    expect(lab.node(1).ns.tcp.sockets()).toEqual([]);
  });
});
