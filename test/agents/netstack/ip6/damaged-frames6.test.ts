import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatIp } from '../../../../agents/netstack/ip-address.ts';
import { receiveFrame } from '../../../../agents/netstack/link/receive.ts';
import { Packet } from '../../../../agents/netstack/packet.ts';
import { podAddress, SixLab } from './six-lab.ts';

const RULES = `*nat
-A PREROUTING -d fd00:10:96::a/128 -p tcp -m tcp --dport 80 -j DNAT --to-destination [${podAddress(2)}]:8080
-A POSTROUTING -d ${podAddress(2)}/128 -j MASQUERADE
COMMIT
`;

async function serving(): Promise<SixLab> {
  const lab = new SixLab();
  const pod = lab.pod(2);
  pod.tcp.listen({ port: 8080 }, (socket) => {
    socket.write(new TextEncoder().encode(`saw ${formatIp(socket.remote.address)}`));
    socket.end();
  });
  expect(await lab.run(lab.node, 'ip6tables-restore', RULES)).toBe('');
  return lab;
}

/** Real frames of a request, pings and fragments, as they come in by the node's uplink. */
async function recordFrames(): Promise<Uint8Array[]> {
  const lab = await serving();
  const frames: Uint8Array[] = [];
  lab.uplink.addTap((frame) => frames.push(frame.slice()));
  expect(await lab.get(lab.client, 'fd00:10:96::a', 80)).toMatch(/^saw /);
  expect(await lab.run(lab.client, `ping -c 1 -s 3000 ${podAddress(2)}`)).toContain('1 received');
  return frames;
}

/** What follows a frame's IPv6 header: extension headers of every kind, and what comes after. */
const NEXT_HEADERS = [0, 43, 44, 51, 58, 59, 60, 6, 17];

it('cut, damaged and replayed frames of IPv6 never throw and never stop a node', async () => {
  const frames = await recordFrames();
  expect(frames.some((frame) => frame[20] === 44)).toBe(true);
  const lab = await serving();
  const edit = fc.oneof(
    fc.tuple(fc.nat(199), fc.integer({ min: 0, max: 255 })),
    fc.tuple(fc.constantFrom(20, 54, 62), fc.constantFrom(...NEXT_HEADERS)),
  );
  fc.assert(
    fc.property(
      fc.nat(frames.length - 1),
      fc.integer({ min: 1, max: 1600 }),
      fc.array(edit, { maxLength: 4 }),
      (which, length, edits) => {
        const frame = frames[which]!.slice(0, length);
        for (const [at, value] of edits) if (at < frame.length) frame[at] = value;
        receiveFrame(lab.uplink, Packet.fromFrame(frame));
      },
    ),
    { numRuns: 5000 },
  );
  await lab.settle(60_000);
  expect(lab.node.drops.total).toBeGreaterThan(0);
  expect(await lab.get(lab.client, 'fd00:10:96::a', 80)).toMatch(/^saw /);
});
