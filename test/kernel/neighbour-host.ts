import type { Host, HostPlan, Prober } from './host.ts';

const prober = (index: number): Prober => ({
  mac: `02:00:00:00:fe:0${index}`,
  address: `10.0.${index}.250`,
  nodeMac: `02:00:00:00:0d:0${index}`,
  nodeAddress: `10.0.${index}.1`,
});

const KNOWN = [0, 1]
  .map(prober)
  .map(({ mac, address }, i) => `ip neigh replace ${address} lladdr ${mac} dev d${i}`);

/** A router between two links, with addresses of every kind. */
export const NEIGHBOUR_HOST: HostPlan = {
  devices: { d0: '02:00:00:00:0d:00', d1: '02:00:00:00:0d:01' },
  probers: { d0: prober(0), d1: prober(1) },
  setup: [
    'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1',
    ...['lo', 'd0', 'd1'].map((name) => `ip link set ${name} up`),
    'ip addr add 10.0.0.1/24 dev d0',
    'ip addr add 10.0.0.33/24 dev d0',
    'ip addr add 10.0.9.1/24 dev d0',
    'ip addr add 10.0.1.1/24 dev d1',
    'ip addr add 10.99.0.1/32 dev lo',
    'ip -6 addr add fd00::1/64 dev d0',
    'ip -6 addr add fd01::1/64 dev d1',
    'ip route add 10.5.0.0/16 via 10.0.1.9',
    'ip -6 route add fd05::/64 via fd01::9',
    ...KNOWN,
  ],
};

/** Whom commands are about. */
export const ADDRESSES = [
  ...['10.0.0.2', '10.0.0.3', '10.0.1.2', '10.0.1.77', 'fd00::2', 'fd00::3', 'fd00::77', 'fd01::77'],
];

/** Forgets whom the cases before made it know: by name, because a flush leaves some. */
export async function forget(host: Host): Promise<void> {
  for (let isDone = false; !isDone; ) {
    const lists = await Promise.all(LISTS.map(async (line) => (await host.run(line)).stdout.split('\n')));
    const names = lists.flat().map((line) => /^(\S+) dev (d\d) (?:.*(proxy))?/.exec(line));
    const known = names.filter((name) => name !== null && !isKept(name[1]!));
    for (const [, address, device, proxy = ''] of known as RegExpExecArray[])
      await host.run(`ip neigh del ${proxy} ${address} dev ${device}`.replace('  ', ' '));
    isDone = known.length === 0;
  }
}

const LISTS = ['ip neigh show nud all', 'ip neigh show proxy'];

/** Those who probe, and groups, which nothing depends on. */
const isKept = (address: string): boolean => /^(ff|224)/.test(address) || /^10\.0\.[01]\.250$/.test(address);
