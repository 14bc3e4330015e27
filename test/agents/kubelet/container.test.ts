import { describe, expect, it } from 'vitest';
import type { Image, ProcessContext } from '../../../agents/images/image.ts';
import { untilTerminated } from '../../../agents/images/image.ts';
import { Container } from '../../../agents/kubelet/container.ts';
import type { ProbeResult } from '../../../agents/kubelet/probe.ts';
import { ANY_IPV4, ipv4 } from '../../../agents/netstack/ipv4.ts';
import { fetchHttp } from '../../../agents/sockets/http-client.ts';
import type { Container as ContainerSpec } from '../../../openapi/generated/types.ts';
import { get } from '../netstack/get.ts';
import { TwoNodes } from '../netstack/two-nodes.ts';

const LOCALHOST = ipv4('127.0.0.1');

/** A container in a pod of node 1, and a neighbour that can ask it. */
function build(
  image: Image,
  spec: ContainerSpec = { name: 'c' },
  probe: () => ProbeResult = () => ({ ok: true }),
) {
  const lab = new TwoNodes();
  const { ns: netns, address } = lab.pod(1, 2);
  const events: string[] = [];
  let ids = 0;
  const container = new Container({
    spec,
    image,
    graceMs: 30_000,
    clock: lab.clock,
    newId: () => `id-${++ids}`,
    attempt: async () => probe(),
    onChange: () => {},
    onEvent: (_, reason, message) => events.push(`${reason}: ${message}`),
  });
  const start = (): void =>
    container.start({
      command: [],
      args: [],
      env: {},
      files: new Map(),
      ports: [],
      netns,
      resolver: { nameservers: [], search: [], ndots: 1 },
      hostname: 'pod',
      pod: { name: 'pod', namespace: 'default', node: 'node-1', ip: '10.244.1.2' },
      rng: lab.rng,
    });
  const log = (): string => container.log.read({}).toString();
  return { lab, netns, address, container, start, events, log };
}

const obedient: Image = async (context) => {
  await untilTerminated(context);
  return 0;
};
const stubborn: Image = () => new Promise<number>(() => {});

describe('the life of a container', () => {
  it('shows that it waits, runs, and how it ended', async () => {
    const { lab, container, start } = build(obedient);
    expect(container.status()).toMatchObject({
      state: { waiting: { reason: 'ContainerCreating' } },
      ready: false,
    });
    start();
    expect(container.status()).toMatchObject({
      state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
      ready: true,
      started: true,
      restartCount: 0,
      containerID: 'podwire://id-1',
    });
    await lab.clock.run(5_000);
    container.stop(30_000);
    await lab.clock.run(0);
    expect(container.status()).toMatchObject({
      state: {
        terminated: {
          exitCode: 0,
          reason: 'Completed',
          startedAt: '2026-01-01T00:00:00Z',
          finishedAt: '2026-01-01T00:00:05Z',
        },
      },
      ready: false,
    });
  });

  it('is killed when its grace is over, not before, and then holds no port', async () => {
    const { lab, netns, container, start } = build(async (context) => {
      context.sockets.listen({ port: 80 }, () => {});
      context.sockets.bindUdp({ port: 53 });
      context.clock.setTimeout(() => context.log('a ghost'), 60_000);
      return new Promise<number>(() => {});
    });
    start();
    await lab.clock.run(0);
    container.stop(7_000);
    await lab.clock.run(6_999);
    expect(container.running).toBe(true);
    await lab.clock.run(1);
    expect(container.exitCode).toBe(137);
    expect([netns.tcp.listeners(), netns.udp.sockets()]).toEqual([[], []]);
    await lab.clock.run(120_000);
    expect(container.log.read({}).toString()).toBe('');
  });

  it('stays ready until it ends', async () => {
    const { lab, container, start } = build(stubborn, {
      name: 'c',
      readinessProbe: { periodSeconds: 1 },
      livenessProbe: { periodSeconds: 1 },
    });
    start();
    await lab.clock.run(2_000);
    container.stop(5_000);
    expect(container.status().ready).toBe(true);
    await lab.clock.run(5_000);
    expect(container.status().ready).toBe(false);
  });

  it('rests longer after each crash, up to five minutes, and starts afresh after ten good ones', async () => {
    let end: (code: number) => void = () => {};
    const { lab, container, start } = build(() => new Promise((resolve) => (end = resolve)));
    const rests: number[] = [];
    for (let crash = 0; crash < 8; crash++) {
      start();
      await lab.clock.run(1_000);
      end(1);
      await lab.clock.run(0);
      rests.push((container.retryAt - lab.clock.now()) / 1000);
    }
    expect(rests).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
    expect(container.status()).toMatchObject({ restartCount: 7, lastState: { terminated: { exitCode: 1 } } });
    start();
    await lab.clock.run(600_001);
    end(1);
    await lab.clock.run(0);
    expect(container.retryAt).toBe(lab.clock.now());
  });

  it('keeps the log and the identity of its previous run', async () => {
    let run = 0;
    const { lab, container, start, log } = build(async ({ log: write }) => {
      write(`run ${++run}`);
      return 3;
    });
    for (let time = 0; time < 2; time++) {
      start();
      await lab.clock.run(0);
    }
    expect(log()).toBe('run 2\n');
    expect(container.previousLog!.read({}).toString()).toBe('run 1\n');
    expect(container.status().lastState!.terminated).toMatchObject({
      exitCode: 3,
      containerID: 'podwire://id-1',
    });
    expect(container.status().state!.terminated!.containerID).toBe('podwire://id-2');
  });
});

describe('probes', () => {
  it('restart it when it is no longer alive, after the grace of the probe', async () => {
    let alive = true;
    const { lab, container, start, events } = build(
      stubborn,
      {
        name: 'c',
        livenessProbe: { periodSeconds: 10, failureThreshold: 2, terminationGracePeriodSeconds: 4 },
      },
      () => (alive ? { ok: true } : { ok: false, message: 'no answer' }),
    );
    start();
    await lab.clock.run(5_000);
    alive = false;
    await lab.clock.run(15_000);
    expect(container.running).toBe(true);
    expect(events).toContain('Killing: Container c failed liveness probe, will be restarted');
    await lab.clock.run(4_000);
    expect(container.exitCode).toBe(137);
    expect(events.filter((event) => event.startsWith('Unhealthy'))).toHaveLength(2);
  });

  it('make it ready, and unready, as they say', async () => {
    let ready = false;
    const spec = { name: 'c', readinessProbe: { periodSeconds: 1, failureThreshold: 1 } };
    const { lab, container, start } = build(obedient, spec, () =>
      ready ? { ok: true } : { ok: false, message: 'not yet' },
    );
    start();
    await lab.clock.run(3_000);
    expect(container.status()).toMatchObject({ ready: false, started: true });
    ready = true;
    await lab.clock.run(1_000);
    expect(container.status().ready).toBe(true);
    ready = false;
    await lab.clock.run(1_000);
    expect(container.status().ready).toBe(false);
  });

  it('hold the others back until it has started', async () => {
    let up = false;
    const spec = { name: 'c', startupProbe: { periodSeconds: 1, failureThreshold: 5 }, livenessProbe: {} };
    const { lab, container, start } = build(obedient, spec, () =>
      up ? { ok: true } : { ok: false, message: 'starting' },
    );
    start();
    await lab.clock.run(2_000);
    expect(container.status()).toMatchObject({ ready: false, started: false });
    up = true;
    await lab.clock.run(1_000);
    expect(container.status()).toMatchObject({ ready: true, started: true });
  });
});

describe('a fault in a program', () => {
  const faults: Record<string, (context: ProcessContext) => void> = {
    'its first line': () => {
      throw new Error('boom');
    },
    'a TCP connection': ({ sockets }) => {
      sockets.listen({ port: 80 }, () => {
        throw new Error('boom');
      });
    },
    'TCP data': ({ sockets }) => {
      sockets.listen({ port: 80 }, (socket) => {
        socket.onData = () => {
          throw new Error('boom');
        };
      });
    },
    'an HTTP request': ({ sockets }) => {
      sockets.serveHttp({ address: ANY_IPV4, port: 80 }, () => {
        throw new Error('boom');
      });
    },
    'an HTTP request, later': ({ sockets }) => {
      sockets.serveHttp({ address: ANY_IPV4, port: 80 }, async () => {
        await Promise.resolve();
        throw new Error('boom');
      });
    },
    'a datagram': ({ sockets }) => {
      sockets.bindUdp({ port: 80 }).onMessage = () => {
        throw new Error('boom');
      };
    },
    'a timer': ({ clock }) => {
      clock.setTimeout(() => {
        throw new Error('boom');
      }, 1_000);
    },
  };

  it.each(Object.keys(faults))('in %s ends that container, and nothing else', async (name) => {
    const { lab, address, container, start, log } = build(async (context) => {
      faults[name]!(context);
      await untilTerminated(context);
      return 0;
    });
    start();
    const neighbour = lab.pod(1, 3).ns;
    await lab.clock.run(10);
    const request = fetchHttp(neighbour, lab.clock, { address, port: 80, path: '/', timeoutMs: 2_000 });
    await lab.clock.drive(request, 5_000).catch(() => {});
    neighbour.udp.bind({}).send(Buffer.from('?'), { address, port: 80 });
    await lab.clock.run(2_000);
    expect([container.exitCode, log()]).toEqual([1, 'boom\n']);
    expect(await get(lab, neighbour, address, 80)).toBe('ECONNREFUSED');
  });

  it('leaves the port free for its next run', async () => {
    let runs = 0;
    const { lab, netns, container, start, log } = build(async (context) => {
      context.sockets.listen({ port: 80 }, (socket) => socket.end());
      if (++runs === 1) throw new Error('first');
      return new Promise<number>(() => {});
    });
    start();
    await lab.clock.run(0);
    start();
    await lab.clock.run(0);
    expect([container.running, log()]).toEqual([true, '']);
    expect(await get(lab, netns, LOCALHOST, 80)).toBe('');
  });
});
