import { describe, expect, it } from 'vitest';
import { NodePortLedger } from '../../../controllers/service-ip-allocator/node-port-ledger.ts';
import type { Service } from '../../../openapi/generated/types.ts';
import { seededRng } from '../../../platform/rng.ts';
import { VirtualClock } from '../../../platform/virtual-clock.ts';

const service = (...nodePorts: number[]): Service => ({
  metadata: {},
  spec: { ports: nodePorts.map((nodePort) => ({ port: 80, nodePort })) },
});

function ledger(first = 30000, last = 32767) {
  const clock = new VirtualClock(0);
  return { clock, ports: new NodePortLedger({ first, last }, clock, seededRng(1)) };
}

describe('NodePortLedger', () => {
  it('picks from the upper band and leaves the lower to those who choose', () => {
    const { ports } = ledger();
    for (let index = 0; index < 200; index++) expect(ports.pick()).toBeGreaterThanOrEqual(30086);
  });

  it('hands out every port once and then says that there is none', () => {
    const { ports } = ledger(30000, 30039);
    const picked = new Set<number>();
    for (let index = 0; index < 40; index++) {
      const port = ports.pick()!;
      expect(ports.claim(port, `ns/s${index}`)).toBe(true);
      picked.add(port);
    }
    expect(picked.size).toBe(40);
    expect(ports.pick()).toBeUndefined();
  });

  it('frees a promised port whose Service never came', async () => {
    const { clock, ports } = ledger();
    ports.claim(30100, 'ns/lost');
    expect(ports.claim(30100, 'ns/other')).toBe(false);
    await clock.run(20_000);
    expect(ports.claim(30100, 'ns/other')).toBe(true);
  });

  it('follows the Services', () => {
    const { ports } = ledger();
    ports.observe('ns/a', undefined, service(30100));
    expect(ports.ownerOf(30100)).toBe('ns/a');
    ports.observe('ns/a', service(30100), service(30101));
    expect([ports.ownerOf(30100), ports.ownerOf(30101)]).toEqual([undefined, 'ns/a']);
    ports.observe('ns/a', service(30101), undefined);
    expect(ports.ownerOf(30101)).toBeUndefined();
  });
});
