import { describe, expect, it } from 'vitest';
import { cidr } from '../../../../agents/netstack/cidr.ts';
import { ARP_REQUEST, parseArp } from '../../../../agents/netstack/header/arp.ts';
import { formatIpv4, type Ipv4, ipv4 } from '../../../../agents/netstack/ipv4.ts';
import { EthernetDevice } from '../../../../agents/netstack/link/ethernet-device.ts';
import { formatMac, mac, readMac } from '../../../../agents/netstack/mac.ts';
import { Netns } from '../../../../agents/netstack/netns.ts';
import { seededRng } from '../../../../platform/rng.ts';
import { VirtualClock } from '../../../../platform/virtual-clock.ts';
import { udpFrame } from '../../../kernel/plain-frames.ts';

const NODE = '02:00:00:00:0d:00';
const HOST = '02:00:00:00:aa:02';
const ADDRESS = ipv4('10.0.0.2');

/** A router whose one link has two addresses of a subnet. */
class Lab {
  readonly clock = new VirtualClock();
  readonly ns = new Netns({ name: 'node', clock: this.clock, rng: seededRng(1) });
  /** Each question: to whom, and from which address. */
  readonly asked: string[] = [];
  readonly sent: Uint8Array[] = [];
  readonly d0 = new EthernetDevice(this.ns, 'd0', { mac: mac(NODE), transmit: (frame) => this.#take(frame) });

  constructor() {
    this.ns.sysctl.set('net.ipv4.ip_forward', 1);
    for (const address of ['10.0.0.1/24', '10.0.0.33/24']) this.ns.addAddress(this.d0, cidr(address));
    this.d0.setUp();
    this.ns.neighbours.setPermanent(this.d0, ipv4('10.0.0.9'), mac('02:00:00:00:aa:09'));
  }

  get state(): string | undefined {
    return this.ns.neighbours.lookup(this.d0, ADDRESS)?.state;
  }

  /** A packet for the host that is asked for, from another or from one of the router's own addresses. */
  async send(source?: string): Promise<void> {
    if (source === undefined) {
      const way = { from: '02:00:00:00:aa:09', to: NODE, source: '10.0.0.9', destination: '10.0.0.2' };
      this.d0.receive(udpFrame(way, 1, 2, new Uint8Array(8)));
    } else {
      const socket = this.ns.udp.bind({ address: ipv4(source) });
      socket.send(new Uint8Array(1), { address: ADDRESS, port: 2 });
      socket.close();
    }
    await this.clock.run(0);
  }

  learn(state: 'STALE' | 'REACHABLE'): void {
    this.ns.neighbours.learn(this.d0, ADDRESS, { state, mac: mac(HOST), overrides: true }, { create: true });
  }

  #take(frame: Uint8Array): void {
    const message = frame[12] === 8 && frame[13] === 6 ? parseArp(frame, 14, frame.length) : undefined;
    if (typeof message !== 'object') return void this.sent.push(frame);
    if (message.operation !== ARP_REQUEST) return;
    this.asked.push(`${formatMac(readMac(frame, 0))} ${formatIpv4(message.senderAddress as Ipv4)}`);
  }
}

const ALL = 'ff:ff:ff:ff:ff:ff';

describe('a neighbour', () => {
  it('that does not answer is asked three times, by the address of who waits last', async () => {
    const lab = new Lab();
    await lab.send('10.0.0.1');
    await lab.send('10.0.0.33');
    await lab.clock.run(3500);
    expect(lab.asked).toEqual([`${ALL} 10.0.0.1`, `${ALL} 10.0.0.33`, `${ALL} 10.0.0.33`]);
    expect(lab.state).toBe('FAILED');
  });

  it('that was heard of is used at once, and asked itself after a while', async () => {
    const lab = new Lab();
    lab.learn('STALE');
    await lab.send();
    expect([lab.sent.length, lab.state]).toEqual([1, 'DELAY']);
    await lab.clock.run(5100);
    expect([lab.state, lab.asked]).toEqual(['PROBE', [`${HOST} 10.0.0.1`]]);
    await lab.clock.run(3000);
    expect([lab.state, lab.asked.length]).toEqual(['FAILED', 3]);
  });

  it('that was confirmed while it was asked is sure again', async () => {
    const lab = new Lab();
    lab.learn('STALE');
    await lab.send();
    await lab.clock.run(5100);
    lab.learn('REACHABLE');
    expect(lab.state).toBe('REACHABLE');
    await lab.clock.run(60_000);
    expect([lab.state, lab.asked.length]).toEqual(['STALE', 1]);
  });

  it('gets what waited for it, which is a use of its address', async () => {
    const lab = new Lab();
    await lab.send();
    lab.learn('STALE');
    expect([lab.sent.length, lab.state]).toEqual([1, 'DELAY']);
  });

  it('that a command forgets is refused to who waits', async () => {
    const lab = new Lab();
    await lab.send();
    lab.ns.delNeighbour(lab.d0, ADDRESS);
    expect([lab.state, lab.ns.drops.get('NEIGH_FAILED')]).toEqual([undefined, 1]);
    expect(lab.sent).toHaveLength(1);
  });
});
