import fc from 'fast-check';
import { expect, it } from 'vitest';
import { get, serve } from './get.ts';
import { kubeRules } from './kube-rules.ts';
import { TwoNodes } from './two-nodes.ts';

/** Real frames of a cross-node request through a Service, as they pass node 2's eth0. */
async function recordFrames(): Promise<Uint8Array[]> {
  const lab = new TwoNodes();
  const [client, server] = [lab.pod(1, 2).ns, lab.pod(2, 2).ns];
  serve(server, 8080, 'p21');
  const frames: Uint8Array[] = [];
  lab.node(2).eth0.addTap((frame) => frames.push(frame.slice()));
  await get(lab, client, '10.244.2.2', 8080);
  client.echo.open().send(0x0af40202 as never, 1, new Uint8Array(10));
  await lab.settle(10);
  return frames;
}

it('cut, damaged and replayed frames never throw and never stop a node', async () => {
  const frames = await recordFrames();
  expect(frames.length).toBeGreaterThan(8);
  const lab = new TwoNodes();
  const [client, server] = [lab.pod(1, 2).ns, lab.pod(2, 2).ns];
  serve(server, 8080, 'p21');
  for (const node of lab.nodes)
    node.ns.iptables.restore(kubeRules({ endpoints: ['10.244.2.2:8080'], nodeIndex: node.index }), {
      noflush: true,
    });
  const { eth0 } = lab.node(2);
  fc.assert(
    fc.property(
      fc.nat(frames.length - 1),
      fc.nat(200),
      fc.array(fc.tuple(fc.nat(199), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
      (which, length, edits) => {
        const frame = frames[which]!.slice(0, Math.max(1, length));
        for (const [at, value] of edits) if (at < frame.length) frame[at] = value;
        eth0.receive(frame);
      },
    ),
    { numRuns: 3000 },
  );
  await lab.settle(10_000);
  expect(lab.node(2).ns.drops.total).toBeGreaterThan(0);
  expect(await get(lab, client, '10.96.0.10', 80)).toBe('p21 saw 10.244.1.2');
});
