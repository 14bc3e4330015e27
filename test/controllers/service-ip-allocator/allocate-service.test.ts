import { describe, expect, it } from 'vitest';
import type { RestClient } from '../../../client/rest-client.ts';
import { parseCidr } from '../../../controllers/runtime/cidr.ts';
import { allocateService, type Ledgers } from '../../../controllers/service-ip-allocator/allocate-service.ts';
import { IpLedger } from '../../../controllers/service-ip-allocator/ip-ledger.ts';
import { NodePortLedger } from '../../../controllers/service-ip-allocator/node-port-ledger.ts';
import type { Service, ServiceSpec } from '../../../openapi/generated/types.ts';
import { seededRng } from '../../../platform/rng.ts';
import { VirtualClock } from '../../../platform/virtual-clock.ts';

const service = (spec: ServiceSpec): Service => ({ metadata: { namespace: 'default', name: 'web' }, spec });

describe('the addresses of a Service', () => {
  const booked: string[] = [];
  const client = {
    create: (_: unknown, { metadata }: { metadata: { name: string } }) => {
      booked.push(metadata.name);
      return Promise.resolve();
    },
  } as unknown as RestClient;
  const ledgers: Ledgers = {
    addresses: new Map([
      ['IPv4', new IpLedger(client, parseCidr('10.96.0.0/16'), seededRng(1), () => false)],
    ]),
    nodePorts: new NodePortLedger({ first: 30000, last: 32767 }, new VirtualClock(0), seededRng(1)),
  };

  it('are booked once asked for', async () => {
    booked.length = 0;
    const allocation = await allocateService(service({ clusterIP: '10.96.0.7' }), undefined, ledgers, false);
    expect(allocation).toMatchObject({ kind: 'allocated', spec: { clusterIPs: ['10.96.0.7'] } });
    expect(booked).toEqual(['10.96.0.7']);
  });

  it('do not move: another one is left for validation to refuse, and is not booked', async () => {
    booked.length = 0;
    const before = service({ clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'] });
    const after = service({ clusterIP: '10.96.0.77', clusterIPs: ['10.96.0.77'] });
    const allocation = await allocateService(after, before, ledgers, false);
    expect(allocation).toMatchObject({ kind: 'allocated', spec: { clusterIPs: ['10.96.0.77'] } });
    expect(booked).toEqual([]);
  });
});
