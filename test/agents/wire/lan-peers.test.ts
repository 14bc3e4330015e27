import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Mac } from '../../../agents/netstack/mac.ts';
import { formatMac } from '../../../agents/netstack/mac.ts';
import type { Lan } from '../../../agents/wire/lan.ts';
import { LanPeers, wireAnnotation } from '../../../agents/wire/lan-peers.ts';
import type { Node } from '../../../openapi/generated/types.ts';
import type { HostEndpoint } from '../../../platform/host-network.ts';

function build() {
  const peers = new Map<string, string>();
  const lan = {
    setPeer: (mac: Mac, { address, port }: HostEndpoint) => peers.set(formatMac(mac), `${address}:${port}`),
    removePeer: (mac: Mac) => peers.delete(formatMac(mac)),
  } as unknown as Lan;
  return { peers, subject: new LanPeers(lan) };
}

function node(name: string, ip: string, annotations: Record<string, string>): Node {
  return { metadata: { name, annotations }, status: { addresses: [{ type: 'InternalIP', address: ip }] } };
}

const at = (port: number) => wireAnnotation({ address: '127.0.18.3', port });

it('follows a node through its life', () => {
  const { peers, subject } = build();
  subject.observe(node('node-2', '172.18.0.3', at(4000)));
  expect([...peers]).toEqual([['02:42:ac:12:00:03', '127.0.18.3:4000']]);
  subject.observe(node('node-2', '172.18.0.3', at(4001)));
  expect([...peers]).toEqual([['02:42:ac:12:00:03', '127.0.18.3:4001']]);
  subject.observe(node('node-2', '172.18.0.9', at(4001)));
  expect([...peers]).toEqual([['02:42:ac:12:00:09', '127.0.18.3:4001']]);
  subject.forget(node('node-2', 'gone', {}));
  expect(peers.size).toBe(0);
});

it('takes a description that makes no sense for none', () => {
  const { peers, subject } = build();
  const wire = 'podwire.dev/wire';
  for (const text of ['', 'x', '127.0.0.1', '127.0.0.1:0', '127.0.0.1:65536', 'localhost:80', '1.2.3.4:5:6'])
    subject.observe(node('node-2', '172.18.0.3', { [wire]: text }));
  subject.observe(node('node-3', '172.18.0.999', at(1)));
  subject.observe({ metadata: { name: 'node-4', annotations: at(1) } });
  expect(peers.size).toBe(0);
  fc.assert(
    fc.property(fc.string(), fc.string(), (ip, text) => subject.observe(node('n', ip, { [wire]: text }))),
  );
});
