import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, createCluster } from '../../cluster/create-cluster.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await createCluster({ nodes: 2, seed: 4 });
});
afterAll(() => cluster.stop());

/** The commands that the page shows, in order: [node, words]. */
const COMMANDS = [
  ...readFileSync(new URL('../../docs/faults.md', import.meta.url), 'utf8').matchAll(
    /^podwire node (\S+) -- (.+)$/gm,
  ),
].map(([, node, line]) => [node!, line!.split(' ')] as const);

const reaches = async (): Promise<boolean> => {
  const ping = cluster.exec('node-1', ['ping', '-c', '1', '-W', '1', '172.18.0.3']);
  return ping.then(
    () => true,
    () => false,
  );
};

it('what docs/faults.md shows does what it says', async () => {
  const run = async (wanted: RegExp): Promise<void> => {
    const some = COMMANDS.filter(([, words]) => wanted.test(words.join(' ')));
    expect(some.length).toBeGreaterThan(0);
    for (const [node, words] of some) await cluster.exec(node, words);
  };
  expect(await reaches()).toBe(true);
  await run(/qdisc add/);
  await run(/qdisc show/);
  await run(/qdisc del/);
  await run(/route add/);
  expect(await reaches()).toBe(false);
  await run(/route del/);
  expect(await reaches()).toBe(true);
  await run(/link set eth0 down/);
  expect(await reaches()).toBe(false);
  await run(/link set eth0 up/);
  expect(await reaches()).toBe(true);
  expect(COMMANDS).toHaveLength(9);
});
