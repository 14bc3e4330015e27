import type { Answer, Question } from 'dns-packet';
import ipaddr from 'ipaddr.js';
import { type DnsPlugin, type DnsReply, emptyReply } from '../plugin.ts';
import type { DnsEndpoint, DnsService, DnsState } from './dns-state.ts';
import { type NameRequest, parseName, parseReverseName } from './parse-name.ts';

export interface KubernetesPluginOptions {
  readonly zone: string;
  readonly ttl: number;
  readonly state: DnsState;
  /** The addresses that `ns.dns.<zone>` stands for. */
  readonly nameServerIps: () => readonly string[];
}

/** Records at a name, or `undefined` if the name does not exist. */
type Found = { readonly answers: readonly Answer[]; readonly additionals?: readonly Answer[] } | undefined;

const NO_DATA: Found = { answers: [] };
const SPEC_VERSION = '1.1.0';
const SOA_TIMES = { refresh: 7200, retry: 1800, expire: 86400, minimum: 5 };
/** DNS-1123 limits a label, and RFC 1035 a name. */
const LONGEST_NAME = 253;

/** Answers for the cluster's zone and, where it knows the address, for reverse names. */
export class KubernetesPlugin implements DnsPlugin {
  readonly name = 'kubernetes';
  readonly #options: KubernetesPluginOptions;

  constructor(options: KubernetesPluginOptions) {
    this.#options = options;
  }

  serve(question: Question): DnsReply | undefined {
    const name = question.name.toLowerCase();
    const address = parseReverseName(name);
    if (address !== undefined) return this.#serveReverse(question, address);
    const { zone } = this.#options;
    if (name !== zone && !name.endsWith(`.${zone}`)) return undefined;
    if (question.type === 'AXFR' || question.type === 'IXFR') return emptyReply('REFUSED');
    if (name.length > LONGEST_NAME) return this.#reply(undefined);
    return this.#reply(this.#find(parseName(name, zone), question));
  }

  /** Names that are not ours fall through to the next plugin. */
  #serveReverse(question: Question, address: string): DnsReply | undefined {
    const { state } = this.#options;
    const names = [
      ...state.servicesAt(address).map((service) => this.#serviceName(service)),
      ...state
        .endpointsAt(address)
        .map(({ service, endpoint }) => `${endpoint.label}.${this.#serviceName(service)}`),
    ];
    if (names.length === 0) return undefined;
    const answers =
      question.type === 'PTR' || question.type === ('ANY' as string)
        ? [...new Set(names)].map(
            (data): Answer => ({ name: question.name, type: 'PTR', ttl: this.#options.ttl, data }),
          )
        : [];
    return this.#reply({ answers });
  }

  #find(request: NameRequest, question: Question): Found {
    switch (request.kind) {
      case 'apex':
        return this.#apex(question);
      case 'version':
        return question.type === 'TXT' ? { answers: [this.#record(question, 'TXT', SPEC_VERSION)] } : NO_DATA;
      case 'name-server':
        return { answers: this.#addresses(question, this.#options.nameServerIps()) };
      case 'branch':
        return NO_DATA;
      case 'namespace':
        return this.#options.state.hasNamespace(request.namespace) ? NO_DATA : undefined;
      case 'pod':
        return this.#pod(request, question);
      case 'service':
        return this.#service(request, question);
      case 'endpoint':
        return this.#endpoint(request, question);
      case 'port':
        return this.#port(request, question);
      case 'nothing':
        return undefined;
    }
  }

  #apex(question: Question): Found {
    const { zone } = this.#options;
    if (question.type === 'SOA') return { answers: [this.#soa()] };
    if (question.type !== 'NS') return NO_DATA;
    const server = `ns.dns.${zone}`;
    return {
      answers: [this.#record(question, 'NS', server)],
      additionals: this.#options.nameServerIps().map((ip) => this.#address(server, ip)),
    };
  }

  /** `pods insecure`: the name is its own answer, if the namespace exists. */
  #pod({ namespace, label }: { namespace: string; label: string }, question: Question): Found {
    const ip = addressOfLabel(label);
    if (ip === undefined || !this.#options.state.hasNamespace(namespace)) return undefined;
    return { answers: this.#addresses(question, [ip]) };
  }

  #service({ namespace, service: name }: { namespace: string; service: string }, question: Question): Found {
    const { state } = this.#options;
    const service = state.service(namespace, name);
    if (!service) return undefined;
    if (service.kind === 'external-name') return this.#externalName(service, question);
    const endpoints = service.kind === 'headless' ? state.endpoints(service) : [];
    if (service.kind === 'headless' && endpoints.length === 0) return undefined;
    if (question.type === 'SRV') return this.#srv(service, service.ports, question);
    const ips = service.kind === 'headless' ? endpoints.map(({ ip }) => ip) : service.clusterIps;
    return { answers: this.#addresses(question, [...new Set(ips)]) };
  }

  #externalName({ externalName }: DnsService, question: Question): Found {
    if (question.type === 'SRV') return NO_DATA;
    return { answers: [this.#record(question, 'CNAME', externalName)] };
  }

  #endpoint(request: { namespace: string; service: string; endpoint: string }, question: Question): Found {
    const { state } = this.#options;
    const service = state.service(request.namespace, request.service);
    if (!service || service.kind === 'external-name') return undefined;
    const matching = state.endpoints(service).filter(({ label }) => label === request.endpoint);
    if (matching.length === 0) return undefined;
    return { answers: this.#addresses(question, [...new Set(matching.map(({ ip }) => ip))]) };
  }

  #port(
    request: { namespace: string; service: string; port: string; protocol: string },
    question: Question,
  ): Found {
    const service = this.#options.state.service(request.namespace, request.service);
    if (!service || service.kind === 'external-name') return undefined;
    const ports = service.ports.filter(
      ({ name, protocol }) =>
        name !== '' && name === request.port && protocol.toLowerCase() === request.protocol,
    );
    if (ports.length === 0) return undefined;
    const found = this.#srv(service, ports, question);
    return question.type === 'SRV' || found === undefined ? found : NO_DATA;
  }

  #srv(service: DnsService, ports: DnsService['ports'], question: Question): Found {
    const targets: { target: string; ip: string; port: number }[] =
      service.kind === 'headless'
        ? this.#options.state
            .endpoints(service)
            .flatMap((endpoint) => this.#endpointTargets(service, endpoint, ports))
        : ports.flatMap(({ port }) =>
            service.clusterIps.map((ip) => ({ target: this.#serviceName(service), ip, port })),
          );
    if (targets.length === 0) return undefined;
    const weight = Math.max(1, Math.floor(100 / targets.length));
    return {
      answers: targets.map(({ target, port }) => ({
        name: question.name,
        type: 'SRV',
        ttl: this.#options.ttl,
        data: { priority: 0, weight, port, target },
      })),
      additionals: uniqueBy(targets, ({ target, ip }) => `${target}/${ip}`).map(({ target, ip }) =>
        this.#address(target, ip),
      ),
    };
  }

  /** An endpoint serves a port under the number that its slice gives. */
  #endpointTargets(
    service: DnsService,
    { ip, label, ports: served }: DnsEndpoint,
    ports: DnsService['ports'],
  ) {
    const target = `${label}.${this.#serviceName(service)}`;
    const wanted = new Set(ports.map(({ name, protocol }) => `${name}/${protocol}`));
    return served
      .filter(({ name, protocol }) => wanted.has(`${name}/${protocol}`))
      .map(({ port }) => ({ target, ip, port }));
  }

  #serviceName({ name, namespace }: DnsService): string {
    return `${name}.${namespace}.svc.${this.#options.zone}`;
  }

  #addresses({ name, type }: Question, ips: readonly string[]): Answer[] {
    const isAny = type === ('ANY' as string);
    return ips.filter((ip) => isAny || type === recordType(ip)).map((ip) => this.#address(name, ip));
  }

  #address(name: string, ip: string): Answer {
    return { name, type: recordType(ip), ttl: this.#options.ttl, data: ip };
  }

  #record({ name }: Question, type: 'TXT' | 'NS' | 'CNAME', data: string): Answer {
    return { name, type, ttl: this.#options.ttl, data };
  }

  #soa(): Answer {
    const { zone, ttl } = this.#options;
    return {
      name: zone,
      type: 'SOA',
      ttl: Math.min(ttl, SOA_TIMES.minimum),
      data: { mname: `ns.dns.${zone}`, rname: `hostmaster.${zone}`, serial: 1, ...SOA_TIMES },
    };
  }

  /** No such name and no such data both carry the SOA, so that resolvers know how long to believe it. */
  #reply(found: Found): DnsReply {
    const answers = found?.answers ?? [];
    if (found === undefined && !this.#options.state.synced) return emptyReply('SERVFAIL');
    return {
      rcode: found === undefined ? 'NXDOMAIN' : 'NOERROR',
      authoritative: true,
      answers,
      authorities: answers.length === 0 ? [this.#soa()] : [],
      additionals: found?.additionals ?? [],
    };
  }
}

const recordType = (ip: string): 'A' | 'AAAA' => (ip.includes(':') ? 'AAAA' : 'A');

/** Dots are written as dashes, and colons too. */
function addressOfLabel(label: string): string | undefined {
  const four = label.replaceAll('-', '.');
  if (ipaddr.IPv4.isValidFourPartDecimal(four)) return four;
  const six = label.replaceAll('-', ':');
  return six.includes(':') && ipaddr.IPv6.isValid(six) ? six : undefined;
}

function uniqueBy<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
