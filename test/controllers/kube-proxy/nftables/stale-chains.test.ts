import { expect, it } from 'vitest';
import { defaultProxyConfig } from '../../../../controllers/kube-proxy/configuration/parse-proxy-config.ts';
import { proxiedPort } from '../proxied-port.ts';
import { RecordingNode } from '../recording-node.ts';

const CONFIG = defaultProxyConfig({ mode: 'nftables', clusterCidrs: ['10.244.0.0/16'] });
const TWO = proxiedPort({ endpoints: [{ ip: '10.244.0.2' }, { ip: '10.244.0.3' }] });
const ONE = proxiedPort({ endpoints: [{ ip: '10.244.0.2' }] });
const destroyed = (node: RecordingNode): number => node.text.match(/^destroy chain /gm)?.length ?? 0;

it('deletes the chain of an endpoint that is gone a second later', async () => {
  const node = new RecordingNode(CONFIG);
  await node.sync([TWO]);
  await node.sync([ONE]);
  node.now += 900;
  await node.sync([ONE]);
  expect(destroyed(node)).toBe(0);
  node.now += 200;
  await node.sync([ONE]);
  expect(destroyed(node)).toBe(1);
  node.now += 5000;
  await node.sync([ONE]);
  expect(destroyed(node)).toBe(0);
});

it('keeps the chain of an endpoint that has come back', async () => {
  const node = new RecordingNode(CONFIG);
  await node.sync([TWO]);
  await node.sync([ONE]);
  await node.sync([TWO]);
  node.now += 5000;
  await node.sync([TWO]);
  expect(destroyed(node)).toBe(0);
});

it('tries again later to delete a chain that could not be', async () => {
  const node = new RecordingNode(CONFIG);
  await node.sync([TWO]);
  await node.sync([ONE]);
  node.now += 1100;
  node.failing.add('nft');
  expect(await node.sync([ONE])).toMatchObject({ cleanupFailed: true });
  node.failing.clear();
  node.now += 1100;
  await node.sync([ONE]);
  expect(destroyed(node)).toBe(1);
});
