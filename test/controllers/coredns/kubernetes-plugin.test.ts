import type { Answer } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import type { DnsEndpoint, DnsService, DnsState } from '../../../controllers/coredns/kubernetes/dns-state.ts';
import { KubernetesPlugin } from '../../../controllers/coredns/kubernetes/kubernetes-plugin.ts';

const HTTP = { name: 'http', protocol: 'TCP', port: 80 };
const WEB: DnsService = {
  namespace: 'default',
  name: 'web',
  kind: 'cluster-ip',
  clusterIps: ['10.96.0.20'],
  externalName: '',
  ports: [HTTP, { name: '', protocol: 'UDP', port: 53 }],
};
const DB: DnsService = { ...WEB, name: 'db', kind: 'headless', clusterIps: [] };
const EMPTY: DnsService = { ...DB, name: 'empty' };
const OUT: DnsService = {
  ...WEB,
  name: 'out',
  kind: 'external-name',
  clusterIps: [],
  externalName: 'example.org',
};
const DB_ENDPOINTS: DnsEndpoint[] = [
  { ip: '10.244.0.5', label: 'db-0', ports: [{ ...HTTP, port: 8080 }] },
  { ip: '10.244.1.5', label: '10-244-1-5', ports: [{ ...HTTP, port: 8080 }] },
];

function plugin(synced = true): KubernetesPlugin {
  const services = [WEB, DB, EMPTY, OUT];
  const endpoints = (service: DnsService) => (service.name === 'db' ? DB_ENDPOINTS : []);
  const state: DnsState = {
    synced,
    hasNamespace: (namespace) => namespace === 'default',
    service: (namespace, name) => services.find((each) => each.namespace === namespace && each.name === name),
    endpoints,
    servicesAt: (ip) => services.filter(({ clusterIps }) => clusterIps.includes(ip)),
    endpointsAt: (ip) =>
      services.flatMap((service) =>
        endpoints(service)
          .filter((endpoint) => endpoint.ip === ip)
          .map((endpoint) => ({ service, endpoint })),
      ),
  };
  return new KubernetesPlugin({ zone: 'cluster.local', ttl: 30, state, nameServerIps: () => ['10.96.0.10'] });
}

function ask(name: string, type: 'A' | 'AAAA' | 'SRV' | 'PTR' | 'TXT' | 'NS' | 'SOA' | 'AXFR' = 'A') {
  const reply = plugin().serve({ name, type });
  return (
    reply && { rcode: reply.rcode, data: reply.answers.map(data), extra: reply.additionals.map(data), reply }
  );
}

const data = (record: Answer): unknown => ('data' in record ? record.data : undefined);

describe('KubernetesPlugin', () => {
  it.each([
    ['web.default.svc.cluster.local', ['10.96.0.20']],
    ['WEB.Default.SVC.cluster.local', ['10.96.0.20']],
    ['db.default.svc.cluster.local', ['10.244.0.5', '10.244.1.5']],
    ['db-0.db.default.svc.cluster.local', ['10.244.0.5']],
    ['10-244-1-5.db.default.svc.cluster.local', ['10.244.1.5']],
    ['10-244-9-9.default.pod.cluster.local', ['10.244.9.9']],
    ['ns.dns.cluster.local', ['10.96.0.10']],
  ])('knows the address of %s', (name, addresses) => {
    expect(ask(name)).toMatchObject({ rcode: 'NOERROR', data: addresses, reply: { authoritative: true } });
  });

  it.each([
    'nobody.default.svc.cluster.local',
    'web.elsewhere.svc.cluster.local',
    'empty.default.svc.cluster.local',
    'elsewhere.svc.cluster.local',
    'x.web.default.svc.cluster.local',
    '300-1-1-1.default.pod.cluster.local',
    '10-244-9-9.elsewhere.pod.cluster.local',
    'a.b.c.d.web.default.svc.cluster.local',
    'anything.cluster.local',
  ])('says that %s does not exist, and for how long', (name) => {
    expect(ask(name)).toMatchObject({ rcode: 'NXDOMAIN', data: [] });
    expect(ask(name)!.reply.authorities).toMatchObject([
      { type: 'SOA', data: { refresh: 7200, retry: 1800, expire: 86400, minimum: 5 } },
    ]);
  });

  it.each([
    ['svc.cluster.local', 'A'],
    ['pod.cluster.local', 'A'],
    ['default.svc.cluster.local', 'A'],
    ['web.default.svc.cluster.local', 'AAAA'],
    ['_http._tcp.web.default.svc.cluster.local', 'A'],
  ] as const)('has no data at %s for %s', (name, type) => {
    expect(ask(name, type)).toMatchObject({ rcode: 'NOERROR', data: [] });
    expect(ask(name, type)!.reply.authorities).toHaveLength(1);
  });

  it('serves SRV for named ports only, with the addresses of the targets', () => {
    expect(ask('_http._tcp.web.default.svc.cluster.local', 'SRV')).toMatchObject({
      data: [{ priority: 0, weight: 100, port: 80, target: 'web.default.svc.cluster.local' }],
      extra: ['10.96.0.20'],
    });
    expect(ask('_http._udp.web.default.svc.cluster.local', 'SRV')).toMatchObject({ rcode: 'NXDOMAIN' });
    expect(ask('_http._tcp.db.default.svc.cluster.local', 'SRV')).toMatchObject({
      data: [
        { weight: 50, port: 8080, target: 'db-0.db.default.svc.cluster.local' },
        { weight: 50, port: 8080, target: '10-244-1-5.db.default.svc.cluster.local' },
      ],
      extra: ['10.244.0.5', '10.244.1.5'],
    });
  });

  it('names addresses', () => {
    expect(ask('20.0.96.10.in-addr.arpa', 'PTR')!.data).toEqual(['web.default.svc.cluster.local']);
    expect(ask('5.0.244.10.in-addr.arpa', 'PTR')!.data).toEqual(['db-0.db.default.svc.cluster.local']);
    expect(ask('1.1.1.1.in-addr.arpa', 'PTR')).toBeUndefined();
  });

  it('sends an external name on', () => {
    expect(ask('out.default.svc.cluster.local')!.data).toEqual(['example.org']);
  });

  it('tells the version of the specification', () => {
    expect(ask('dns-version.cluster.local', 'TXT')!.data).toEqual(['1.1.0']);
  });

  it('refuses zone transfers and leaves other zones to others', () => {
    expect(ask('cluster.local', 'AXFR')!.rcode).toBe('REFUSED');
    expect(ask('example.org')).toBeUndefined();
    expect(ask('notcluster.local')).toBeUndefined();
  });

  it('does not deny a name before it knows the cluster', () => {
    const reply = plugin(false).serve({ name: 'new.default.svc.cluster.local', type: 'A' });
    expect(reply?.rcode).toBe('SERVFAIL');
  });
});
