import { describe, expect, it } from 'vitest';
import { ETHERNET_HEADER, writeEthernet } from '../../../../agents/netstack/header/ethernet.ts';
import { createBridge, setMaster } from '../../../../agents/netstack/link/bridge.ts';
import { EthernetDevice } from '../../../../agents/netstack/link/ethernet-device.ts';
import { mac } from '../../../../agents/netstack/mac.ts';
import { Netns } from '../../../../agents/netstack/netns.ts';
import { seededRng } from '../../../../platform/rng.ts';
import { VirtualClock } from '../../../../platform/virtual-clock.ts';

const [A, B] = ['02:00:00:00:aa:01', '02:00:00:00:aa:02'];
const NOBODY = '02:00:00:00:ee:ee';

/** A bridge with three ports. */
class Lab {
  readonly ns = new Netns({ name: 'node', clock: new VirtualClock(), rng: seededRng(1) });
  readonly bridge = createBridge(this.ns, 'br0', { mac: mac('02:00:00:00:0b:00') });
  #left: string[] = [];
  readonly devices = ['p0', 'p1', 'p2'].map((name, i) => {
    const address = mac(`02:00:00:00:0d:0${i}`);
    return new EthernetDevice(this.ns, name, { mac: address, transmit: () => this.#left.push(name) });
  });

  constructor() {
    this.bridge.setUp();
    for (const device of this.devices) {
      setMaster(device, this.bridge);
      device.setUp();
    }
  }

  port(index: number) {
    return this.bridge.port(this.devices[index]!)!;
  }

  /** The ports that a frame into one leaves by. */
  send(index: number, from: string, to: string): string[] {
    const frame = new Uint8Array(ETHERNET_HEADER + 46);
    writeEthernet(frame, 0, mac(to), mac(from), 0x88b5);
    this.#left = [];
    this.devices[index]!.receive(frame);
    return this.#left;
  }

  whereIs(address: string): string | undefined {
    return this.bridge.fdb.lookup(mac(address), this.ns.clock.now())?.port?.link.name;
  }
}

describe('a bridge', () => {
  it('learns who is where, and forgets who was behind a port that is down', () => {
    const lab = new Lab();
    expect(lab.send(0, A, NOBODY)).toEqual(['p1', 'p2']);
    expect(lab.send(1, B, A)).toEqual(['p0']);
    expect([lab.whereIs(A), lab.whereIs(B)]).toEqual(['p0', 'p1']);
    lab.devices[0]!.setDown();
    expect(lab.whereIs(A)).toBeUndefined();
  });

  it('keeps static addresses, but lets them move', () => {
    const lab = new Lab();
    lab.bridge.fdb.set({ mac: mac(A), port: lab.port(0), kind: 'static', updatedAt: 0 });
    lab.devices[0]!.setDown();
    expect(lab.whereIs(A)).toBe('p0');
    lab.send(2, A, NOBODY);
    expect(lab.whereIs(A)).toBe('p2');
  });

  it('takes no address of its own for somebody else', () => {
    const lab = new Lab();
    lab.send(2, '02:00:00:00:0d:01', NOBODY);
    expect(lab.whereIs('02:00:00:00:0d:01')).toBe('p1');
  });

  it.each([
    ['flood', NOBODY],
    ['mcast_flood', '01:00:5e:01:02:03'],
    ['bcast_flood', 'ff:ff:ff:ff:ff:ff'],
  ] as const)('%s off keeps frames for %s from a port', (setting, to) => {
    const lab = new Lab();
    expect(lab.send(0, A, to)).toEqual(['p1', 'p2']);
    lab.bridge.setPort(lab.port(1), { [setting]: false });
    expect(lab.send(0, A, to)).toEqual(['p2']);
  });

  it('keeps isolated ports apart', () => {
    const lab = new Lab();
    for (const i of [0, 1]) lab.bridge.setPort(lab.port(i), { isolated: true });
    expect([lab.send(0, A, NOBODY), lab.send(2, B, NOBODY)]).toEqual([['p2'], ['p0', 'p1']]);
    lab.send(1, B, NOBODY);
    expect(lab.send(0, A, B)).toEqual([]);
  });

  it('passes the group of bridges on without spanning tree, and no pause', () => {
    const lab = new Lab();
    expect(lab.send(0, A, '01:80:c2:00:00:00')).toEqual(['p1', 'p2']);
    expect(lab.send(0, B, '01:80:c2:00:00:01')).toEqual([]);
    expect(lab.whereIs(B)).toBeUndefined();
    expect(lab.send(0, B, '01:80:c2:00:00:0e')).toEqual([]);
    expect(lab.whereIs(B)).toBe('p0');
  });
});
