import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BROADCAST_MAC, type Mac, mac, writeMac } from '../../../agents/netstack/mac.ts';
import { Lan, type LanPort } from '../../../agents/wire/lan.ts';
import type { HostEndpoint, HostUdpSocket } from '../../../platform/host-network.ts';
import { MemoryHostNetwork } from '../../../platform/memory-host-network.ts';

const A = mac('02:42:ac:12:00:02');
const B = mac('02:42:ac:12:00:03');
const C = mac('02:42:ac:12:00:04');

function frame(to: Mac, text = 'payload'): Uint8Array {
  const bytes = new Uint8Array(14 + text.length);
  writeMac(bytes, 0, to);
  bytes.set(Buffer.from(text), 14);
  return bytes;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(14)).toString();

class Port implements LanPort {
  readonly mac: Mac;
  readonly got: string[] = [];

  constructor(address: Mac) {
    this.mac = address;
  }

  receive(bytes: Uint8Array): void {
    this.got.push(text(bytes));
  }
}

/** Counts the datagrams that leave. */
function counted(socket: HostUdpSocket): { socket: HostUdpSocket; sent: HostEndpoint[] } {
  const sent: HostEndpoint[] = [];
  const send = socket.send;
  socket.send = (payload, to) => {
    sent.push(to);
    send(payload, to);
  };
  return { socket, sent };
}

const delivered = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function twoSwitches() {
  const network = new MemoryHostNetwork();
  const { socket, sent } = counted(await network.bindUdp({ address: '127.0.18.2', port: 0 }));
  const near = new Lan(socket);
  const far = new Lan(await network.bindUdp({ address: '127.0.18.3', port: 0 }));
  const [a, b] = [new Port(A), new Port(B)];
  near.attach(a);
  far.attach(b);
  near.setPeer(B, far.local);
  far.setPeer(A, near.local);
  return { network, near, far, a, b, sent };
}

describe('the segment', () => {
  it('carries the frames of one turn in one datagram, in order', async () => {
    const { near, a, b, sent } = await twoSwitches();
    for (const word of ['one', 'two', 'three']) near.send(frame(B, word), a);
    await delivered();
    expect(b.got).toEqual(['one', 'two', 'three']);
    expect(sent).toHaveLength(1);
    near.send(frame(B, 'four'), a);
    await delivered();
    expect(sent).toHaveLength(2);
  });

  it('splits what one datagram cannot hold, and refuses what none can', async () => {
    const { near, a, b, sent } = await twoSwitches();
    for (let index = 0; index < 5; index++) near.send(frame(B, String(index).repeat(30_000)), a);
    near.send(frame(B, 'x'.repeat(65_000)), a);
    await delivered();
    expect(b.got.map((each) => `${each[0]}${each.length}`)).toEqual(
      [0, 1, 2, 3, 4].map((index) => `${index}30000`),
    );
    expect(sent).toHaveLength(3);
  });

  it('sends a unicast frame to its owner only, and a broadcast to all but the sender', async () => {
    const { near, far, a, b } = await twoSwitches();
    const [c, other] = [new Port(C), new Port(mac('02:42:ac:12:00:05'))];
    near.attach(c);
    far.attach(other);
    near.send(frame(C, 'here'), a);
    near.send(frame(B, 'there'), a);
    near.send(frame(mac('02:42:ac:12:00:99'), 'nowhere'), a);
    near.send(frame(BROADCAST_MAC, 'all'), a);
    await delivered();
    expect(a.got).toEqual([]);
    expect(c.got).toEqual(['here', 'all']);
    expect(b.got).toEqual(['there', 'all']);
    expect(other.got).toEqual(['all']);
  });

  it('never calls a port back inside the send', async () => {
    const { near, a } = await twoSwitches();
    const c = new Port(C);
    near.attach(c);
    near.send(frame(C), a);
    expect(c.got).toEqual([]);
    await delivered();
    expect(c.got).toHaveLength(1);
  });

  it('follows a peer that moved, and forgets one that went', async () => {
    const { network, near, far, a, b } = await twoSwitches();
    const moved = new Lan(await network.bindUdp({ address: '127.0.18.9', port: 0 }));
    const fresh = new Port(B);
    moved.attach(fresh);
    moved.setPeer(A, near.local);
    near.setPeer(B, moved.local);
    near.send(frame(B, 'new home'), a);
    far.send(frame(A, 'from the old home'), b);
    await delivered();
    expect([b.got, fresh.got, a.got]).toEqual([[], ['new home'], []]);
    expect(near.rejected).toBe(1);
    near.removePeer(B);
    near.send(frame(BROADCAST_MAC, 'anyone'), a);
    await delivered();
    expect(fresh.got).toEqual(['new home']);
  });

  it('knows several addresses behind one endpoint, and broadcasts there once', async () => {
    const { near, far, a, b } = await twoSwitches();
    near.setPeer(C, far.local);
    near.send(frame(BROADCAST_MAC, 'once'), a);
    await delivered();
    expect(b.got).toEqual(['once']);
    near.removePeer(B);
    far.send(frame(A, 'still a peer'), b);
    await delivered();
    expect(a.got).toEqual(['still a peer']);
  });

  it('takes nothing from strangers, and nothing that is cut short', async () => {
    const { network, near, far, a } = await twoSwitches();
    const stranger = await network.bindUdp({ address: '127.0.0.1', port: 0 });
    const whole = frame(A, 'hello');
    const datagram = Buffer.concat([Buffer.from([0, whole.length]), whole]);
    stranger.send(datagram, near.local);
    await delivered();
    expect([a.got, near.rejected]).toEqual([[], 1]);
    await far.close();
    const peer = await network.bindUdp(far.local);
    for (const cut of [datagram.subarray(0, -1), Buffer.from([0, 0]), Buffer.from([0, 3, 1, 2, 3])])
      peer.send(cut, near.local);
    await delivered();
    expect([a.got, near.rejected]).toEqual([[], 4]);
    peer.send(Buffer.concat([datagram, datagram.subarray(0, 9)]), near.local);
    await delivered();
    expect([a.got, near.rejected]).toEqual([['hello'], 5]);
  });

  it('survives any datagram', async () => {
    const { near, far } = await twoSwitches();
    const receive = (near as unknown as { local: HostEndpoint }).local;
    const socket = await new MemoryHostNetwork().bindUdp(receive);
    const lan = new Lan(socket);
    lan.attach(new Port(A));
    lan.setPeer(B, far.local);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const before = lan.rejected;
        socket.onDatagram(bytes, far.local);
        const intact = splitsExactly(bytes);
        expect(lan.rejected > before).toBe(!intact);
      }),
    );
  });

  it('loses frames, and says so, when its queue is full', async () => {
    const { near, a } = await twoSwitches();
    const c = new Port(C);
    near.attach(c);
    for (let index = 0; index < 8200; index++) near.send(frame(C), a);
    await delivered();
    expect([c.got.length, near.lost]).toEqual([8192, 8]);
  });
});

/** Whether a datagram is whole frames of at least a header, one after the other. */
function splitsExactly(bytes: Uint8Array): boolean {
  let offset = 0;
  while (offset < bytes.length) {
    const length = bytes.length - offset < 2 ? 0 : bytes[offset]! * 256 + bytes[offset + 1]!;
    offset += 2 + length;
    if (length < 14 || offset > bytes.length) return false;
  }
  return true;
}
