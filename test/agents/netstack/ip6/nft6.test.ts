import { describe, expect, it } from 'vitest';
import { formatIp } from '../../../../agents/netstack/ip-address.ts';
import type { Netns } from '../../../../agents/netstack/netns.ts';
import { podAddress, SixLab } from './six-lab.ts';

function serve(ns: Netns, port: number, name: string): void {
  ns.tcp.listen({ port }, (socket) => {
    socket.write(new TextEncoder().encode(`${name} saw ${formatIp(socket.remote.address)}`));
    socket.end();
  });
}

/** In the words of `nft list`, so that what is given is what is printed. */
const SERVICE = `table ip6 kube-proxy {
	set cluster-ips {
		type ipv6_addr
		elements = { fd00:10:96::a }
	}

	set clients {
		type ipv6_addr
		flags interval
		elements = { fd00:9::/64,
			     fd00:10:244:1::3-fd00:10:244:1::7 }
	}

	set affinity {
		type ipv6_addr
		size 65535
		flags dynamic,timeout
		timeout 3h
	}

	map service-ips {
		type ipv6_addr . inet_proto . inet_service : verdict
		elements = { fd00:10:96::a . tcp . 80 : goto service }
	}

	chain nat-prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		ip6 daddr . meta l4proto . th dport vmap @service-ips
		ip6 daddr fd00:10:96::/112 tcp dport 81 dnat to fd00:10:244:1::2
	}

	chain nat-postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip6 saddr fd00:10:244:1::/64 ip6 daddr != fd00:10:244::/48 masquerade fully-random
	}

	chain filter-forward {
		type filter hook forward priority filter; policy accept;
		ip6 saddr @clients tcp dport 9090 counter packets 0 bytes 0 reject with icmpv6 admin-prohibited
		icmpv6 type echo-request ip6 hoplimit 5 drop
	}

	chain service {
		update @affinity { ip6 saddr timeout 3h }
		meta l4proto tcp dnat to [fd00:10:244:1::2]:8080
	}
}
`;

async function programmed(): Promise<{ lab: SixLab; pod: Netns }> {
  const lab = new SixLab();
  const pod = lab.pod(2);
  serve(pod, 8080, 'pod');
  serve(pod, 81, 'other port');
  expect(await lab.run(lab.node, 'nft -f -', SERVICE)).toBe('');
  return { lab, pod };
}

describe('nftables of family ip6', () => {
  it('lists what it was given', async () => {
    const { lab } = await programmed();
    expect(await lab.run(lab.node, 'nft list ruleset')).toBe(SERVICE);
  });

  it('looks addresses up in maps, sets and intervals', async () => {
    const { lab, pod } = await programmed();
    expect(await lab.get(lab.client, 'fd00:10:96::a', 80)).toBe('pod saw fd00:9::2');
    expect(await lab.get(lab.client, 'fd00:10:96::b', 80)).toBe('ENETUNREACH');
    expect(await lab.get(lab.client, 'fd00:10:96::b', 81)).toBe('other port saw fd00:9::2');
    serve(lab.client, 80, 'client');
    expect(await lab.get(pod, 'fd00:9::2', 80)).toBe('client saw fd00:9::1');
    expect(await lab.get(lab.client, podAddress(2), 9090)).toBe('EACCES');
    expect(await lab.run(lab.client, `ping -c 1 -t 7 ${podAddress(2)}`)).toContain('1 received');
    expect(await lab.run(lab.client, `ping -c 1 -t 6 ${podAddress(2)}`)).toContain('0 received');
  });

  it('remembers who came, for a time', async () => {
    const { lab } = await programmed();
    await lab.get(lab.client, 'fd00:10:96::a', 80);
    expect(await lab.run(lab.node, 'nft list set ip6 kube-proxy affinity')).toMatch(
      /elements = \{ fd00:9::2 expires (3h|2h59m5\d)/,
    );
  });

  it('a table of family inet sees both versions, and refuses each in its own words', async () => {
    const { lab } = await programmed();
    const text = `table inet filter {
	chain forward {
		type filter hook forward priority filter; policy accept;
		tcp dport 7 reject with icmpx admin-prohibited
		ip saddr 0.0.0.0/0 tcp dport 8080 drop
		ip6 daddr { fd00:10:244:1::2, fd00:10:244:1::3 } tcp dport 6 drop
	}
}
`;
    expect(await lab.run(lab.node, 'nft -f -', text)).toBe('');
    expect(await lab.get(lab.client, podAddress(2), 7)).toBe('EACCES');
    expect(await lab.get(lab.client, podAddress(2), 8080)).toBe('pod saw fd00:9::2');
    expect(await lab.get(lab.client, podAddress(2), 6)).toBe('TIMEOUT');
  });

  it.each([
    ['ip6 daddr 10.0.0.1 drop', 'Could not resolve hostname'],
    ['ip6 daddr fd00::1/129 drop', 'Value is too big'],
    ['ip6 daddr fd00::2-fd00::1 drop', 'Range has zero or negative size'],
    ['ip6 daddr fd00:::1 drop', 'Could not resolve hostname'],
    ['dnat to [fd00::1:80', 'syntax error'],
  ])('refuses %s', async (rule, words) => {
    const { lab } = await programmed();
    const text = `add rule ip6 kube-proxy nat-prerouting ${rule}`;
    expect(await lab.run(lab.node, 'nft -f -', text)).toContain(words);
  });
});
