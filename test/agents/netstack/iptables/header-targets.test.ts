import { afterEach, describe, expect, it } from 'vitest';
import { checkIpv4 } from '../../../../agents/netstack/header/ipv4-header.ts';
import { checkTcp } from '../../../../agents/netstack/header/tcp-header.ts';
import { ipv4 } from '../../../../agents/netstack/ipv4.ts';
import { FlowWorld, type FrameSpec, frameOf } from '../flow/flow-world.ts';

const [CLIENT, SERVER] = ['10.244.1.2', '172.18.0.100'];
const [L3, L4] = [14, 34];

let world: FlowWorld | undefined;
afterEach(() => world?.ns.delete());

/** The SYN as it leaves a node with one rule in mangle's FORWARD; its sums are right. */
async function forwarded(rule: string, options: readonly number[] = [], payload = 0): Promise<DataView> {
  world = new FlowWorld({ rules: `*mangle\n-A FORWARD ${rule}\nCOMMIT\n` });
  const numbers = { sequence: 1000, acknowledgment: 0, window: 500, options: Uint8Array.from(options) };
  const spec: FrameSpec = {
    protocol: 'tcp',
    source: CLIENT,
    destination: SERVER,
    sourcePort: 4000,
    destinationPort: 80,
    flags: 2,
    ttl: 64,
    payload,
    dontFragment: true,
    numbers,
  };
  world.send('pod2', frameOf('pod2', spec));
  const [sent] = (await world.take()).filter(({ port, frame }) => port === 'eth0' && frame[13] === 0);
  const { frame } = sent!;
  expect(checkIpv4(frame, L3, frame.length, false)).toBeUndefined();
  expect(checkTcp(frame, L4, frame.length, ipv4(CLIENT), ipv4(SERVER))).toBeUndefined();
  return new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
}

describe.each([
  ['-j DSCP --set-dscp-class EF', L3 + 1, 0x2e << 2],
  ['-j TOS --set-tos 0x10/0x3f', L3 + 1, 0x10],
  ['-j TOS --or-tos 0x08', L3 + 1, 0x08],
  ['-j TTL --ttl-set 9', L3 + 8, 9],
  ['-j TTL --ttl-inc 250', L3 + 8, 255],
  ['-j TTL --ttl-dec 3', L3 + 8, 60],
  ['-j TTL --ttl-dec 200', L3 + 8, 0],
] as const)('%s', (rule, at, byte) => {
  it('changes the header, and its sum with it', async () => {
    expect((await forwarded(rule)).getUint8(at)).toBe(byte);
  });
});

describe('TCPMSS', () => {
  const MSS = [2, 4, 5, 180];
  const clamp = (to: string, options: readonly number[], payload = 0): Promise<DataView> =>
    forwarded(`-p tcp -j TCPMSS ${to}`, options, payload);

  it('makes an announced size smaller', async () => {
    expect((await clamp('--set-mss 500', MSS)).getUint16(L4 + 22)).toBe(500);
  });

  it('never makes it larger', async () => {
    expect((await clamp('--set-mss 9000', MSS)).getUint16(L4 + 22)).toBe(1460);
  });

  it('knows how much fits on the way', async () => {
    expect((await clamp('--clamp-mss-to-pmtu', [2, 4, 35, 40])).getUint16(L4 + 22)).toBe(1410);
  });

  it('announces a size for who does not, but never more than everybody takes', async () => {
    const sent = await clamp('--set-mss 1000', []);
    expect(sent.byteLength).toBe(L4 + 24);
    expect(sent.getUint8(L4 + 12) >> 4).toBe(6);
    expect(sent.getUint32(L4 + 20)).toBe(0x02040000 + 536);
  });

  it('leaves a segment with data as long as it is', async () => {
    expect((await clamp('--set-mss 1000', [], 10)).byteLength).toBe(L4 + 30);
  });
});
