import { describe, expect, it } from 'vitest';
import { formatIp } from '../../../../agents/netstack/ip-address.ts';
import { ipv6 } from '../../../../agents/netstack/ipv6.ts';
import type { Netns } from '../../../../agents/netstack/netns.ts';
import { podAddress, SixLab } from './six-lab.ts';

function serve(ns: Netns, port: number, name: string): void {
  ns.tcp.listen({ port }, (socket) => {
    socket.write(new TextEncoder().encode(`${name} saw ${formatIp(socket.remote.address)}`));
    socket.end();
  });
}

/** Every frame that passes a device of `ns`, as hex of what `pick` leaves of it. */
function watch(ns: Netns, link: string): Uint8Array[] {
  const frames: Uint8Array[] = [];
  ns.link(link)!.addTap((frame) => frames.push(frame.slice()));
  return frames;
}

describe('IPv6 between namespaces', () => {
  it('pods of one bridge find each other by neighbour discovery', async () => {
    const lab = new SixLab();
    const [a] = [lab.pod(2), lab.pod(3)];
    expect(await lab.run(a, `ping -c 1 ${podAddress(3)}`)).toContain('1 packets transmitted, 1 received');
    expect(await lab.run(a, 'ip -6 neigh')).toMatch(/^fd00:10:244:1::3 dev eth0 lladdr \S+ REACHABLE $/m);
  });

  it('asks the group of the neighbour, and hears an answer with override and solicited', async () => {
    const lab = new SixLab();
    const [a] = [lab.pod(2), lab.pod(3)];
    const frames = watch(a, 'eth0');
    await lab.run(a, `ping -c 1 ${podAddress(3)}`);
    const [asked] = frames;
    const answered = frames.find((frame) => frame[54] === 136);
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
    // RFC 2464 §7: ff02::1:ff00:3 is 33:33:ff:00:00:03.
    expect(hex(asked!.subarray(0, 6))).toBe('3333ff000003');
    expect(hex(asked!.subarray(38, 54))).toBe('ff0200000000000000000001ff000003');
    expect([asked![54], asked![21]]).toEqual([135, 255]);
    expect([answered![54], answered![58]]).toEqual([136, 0x60]);
    expect(hex(answered!.subarray(62, 78))).toBe('fd000010024400010000000000000003');
  });

  it('a router forwards, lowers the hop limit and answers for what it cannot', async () => {
    const lab = new SixLab();
    const pod = lab.pod(2);
    expect(await lab.run(lab.client, `ping -c 1 ${podAddress(2)}`)).toMatch(
      /^64 bytes from fd00:10:244:1::2: icmp_seq=1 ttl=63 /m,
    );
    expect(await lab.run(lab.client, `ping -c 1 -t 1 ${podAddress(2)}`)).toContain(
      'From fd00:9::1 icmp_seq=1 Time exceeded: Hop limit',
    );
    expect(await lab.run(lab.client, 'ping -c 1 fd00:77::1')).toContain(
      'From fd00:9::1 icmp_seq=1 Destination unreachable: No route',
    );
    expect(await lab.run(lab.client, `ping -c 1 -W 5 ${podAddress(9)}`)).toContain(
      'From fd00:9::1 icmp_seq=1 Destination unreachable: Address unreachable',
    );
    expect(await lab.run(pod, 'ping -c 1 fd00:9::2')).toContain('1 received');
    lab.node.sysctl.set('net.ipv6.conf.all.forwarding', 0);
    expect(await lab.run(lab.client, `ping -c 1 ${podAddress(2)}`)).toContain('100% packet loss');
  });

  it('TCP and UDP', async () => {
    const lab = new SixLab();
    const pod = lab.pod(2);
    serve(pod, 8080, 'pod');
    expect(await lab.get(lab.client, podAddress(2), 8080)).toBe('pod saw fd00:9::2');
    expect(await lab.get(lab.client, podAddress(2), 81)).toBe('ECONNREFUSED');
    const socket = pod.udp.bind({ port: 53 });
    socket.onMessage = (payload, from, to) => socket.send(payload, from, to);
    expect(await lab.run(lab.client, `nc -u ${podAddress(2)} 53`, 'hello')).toBe('hello');
    expect(await lab.run(lab.client, `nc -u ${podAddress(2)} 54`, 'hello')).toContain('Connection refused');
    expect(await lab.run(pod, 'curl -s -m 1 -o /dev/null -w %{http_code} http://[::1]:9')).toContain('000');
  });

  it('a socket bound to :: takes both families, one bound to 0.0.0.0 not', async () => {
    const lab = new SixLab();
    const pod = lab.pod(2);
    serve(pod, 80, 'both');
    pod.tcp.listen({ address: 0 as never, port: 81 }, (socket) => socket.end());
    expect(await lab.get(pod, '::1', 80)).toBe('both saw ::1');
    expect(await lab.get(pod, '127.0.0.1', 80)).toBe('both saw 127.0.0.1');
    expect(await lab.get(pod, '::1', 81)).toBe('ECONNREFUSED');
    expect(await lab.get(pod, '127.0.0.1', 81)).toBe('');
    expect(await lab.run(pod, 'ss -tl')).toMatch(/^LISTEN 0 +4096 +\*:80 +\*:\*$/m);
  });

  it('a packet too big comes back with the MTU, and a sender of fragments is put together', async () => {
    const lab = new SixLab();
    const pod = lab.pod(2);
    lab.cni0.mtu = 1300;
    expect(await lab.run(lab.client, `ping -c 1 -s 1300 ${podAddress(2)}`)).toContain(
      'From fd00:9::1 icmp_seq=1 Packet too big: mtu=1300',
    );
    const sockets = pod.udp.bind({ port: 53 });
    let size = 0;
    sockets.onMessage = (payload) => {
      size = payload.length;
    };
    lab.cni0.mtu = 1500;
    const client = lab.client.udp.bind();
    client.send(new Uint8Array(4000), { address: ipv6(podAddress(2)), port: 53 });
    await lab.settle(100);
    expect(size).toBe(4000);
  });

  it('ping cuts what is too long, unless it is told not to', async () => {
    const lab = new SixLab();
    lab.pod(2);
    const ping = (how: string): Promise<string> =>
      lab.run(lab.client, `ping -c 1 -s 3000 ${how} ${podAddress(2)}`);
    for (const how of ['-M want', '-M dont', '-q']) expect(await ping(how)).toContain('1 received');
    expect(await ping('-M do')).toContain('local error: message too long');
    expect(await ping('-M maybe')).toContain('ping: invalid -M argument: maybe');
  });

  it('a transfer finds the MTU of its path', async () => {
    const lab = new SixLab();
    const pod = lab.pod(2);
    lab.cni0.mtu = 1300;
    let received = 0;
    pod.tcp.listen({ port: 80 }, (socket) => {
      socket.onData = (chunk) => {
        received += chunk.length;
      };
    });
    const socket = lab.client.tcp.connect({ address: ipv6(podAddress(2)), port: 80 });
    socket.onConnect = () => socket.write(new Uint8Array(100_000));
    await lab.clock.runUntil(() => received === 100_000, 10_000);
    expect(received).toBe(100_000);
    expect(socket.sender.mss).toBe(1240);
  });

  it('prints addresses and routes as iproute2 does', async () => {
    const lab = new SixLab();
    const text = await lab.run(lab.node, 'ip -6 route');
    expect(text).toContain('fd00:9::/64 dev eth0 proto kernel metric 256 pref medium\n');
    expect(text).toMatch(/^fe80::\/64 dev eth0 proto kernel metric 256 pref medium$/m);
    expect(await lab.run(lab.client, 'ip -6 route')).toContain(
      'default via fd00:9::1 dev eth0 metric 1024 pref medium\n',
    );
    expect(await lab.run(lab.node, 'ip -6 addr show lo')).toContain('    inet6 ::1/128 scope host ');
    expect(await lab.run(lab.client, 'ip route get fd00:10:244:1::9')).toContain(
      'fd00:10:244:1::9 from :: via fd00:9::1 dev eth0 src fd00:9::2',
    );
    await lab.run(lab.client, 'ip -6 route add fd00:77::/48 via fd00:9::7 metric 5');
    expect(await lab.run(lab.client, 'ip -6 route show fd00:77::/48')).toBe(
      'fd00:77::/48 via fd00:9::7 dev eth0 metric 5 pref medium\n',
    );
  });

  it('a device without IPv6 has none', async () => {
    const lab = new SixLab();
    const pod = lab.pod(2);
    pod.sysctl.set('net.ipv6.conf.eth0.disable_ipv6', 1);
    expect(await lab.run(pod, 'ip addr add fd00:5::5/64 dev eth0')).toContain('Permission denied');
    expect(await lab.run(lab.client, `ping -c 1 ${podAddress(2)}`)).toContain('100% packet loss');
    expect(await lab.run(pod, 'ip -6 addr show dev eth0')).toBe('');
    expect(await lab.run(pod, 'ip -6 route')).toBe('');
    pod.sysctl.set('net.ipv6.conf.eth0.disable_ipv6', 0);
    expect(await lab.run(pod, 'ip -6 addr show dev eth0')).toContain('inet6 fe80::');
    expect(await lab.run(pod, 'ip -6 route')).toBe(
      'fe80::/64 dev eth0 proto kernel metric 256 pref medium\n',
    );
  });
});
