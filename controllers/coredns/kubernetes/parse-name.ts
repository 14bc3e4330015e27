import ipaddr from 'ipaddr.js';

/** What a name below the cluster's zone asks for. Labels are in lower case. */
export type NameRequest =
  | { readonly kind: 'apex' }
  | { readonly kind: 'version' }
  | { readonly kind: 'name-server' }
  /** `svc.<zone>`, `pod.<zone>`: a name that exists without records of its own. */
  | { readonly kind: 'branch' }
  | { readonly kind: 'namespace'; readonly namespace: string }
  | { readonly kind: 'service'; readonly namespace: string; readonly service: string }
  | {
      readonly kind: 'endpoint';
      readonly namespace: string;
      readonly service: string;
      readonly endpoint: string;
    }
  | {
      readonly kind: 'port';
      readonly namespace: string;
      readonly service: string;
      /** Without the underscore. */
      readonly port: string;
      readonly protocol: string;
    }
  | { readonly kind: 'pod'; readonly namespace: string; readonly label: string }
  | { readonly kind: 'nothing' };

/** Takes a name apart (Kubernetes DNS specification 1.1.0). `name` must lie in `zone`, both without final dot. */
export function parseName(name: string, zone: string): NameRequest {
  if (name === zone) return { kind: 'apex' };
  const labels = name
    .slice(0, -zone.length - 1)
    .split('.')
    .reverse();
  const [branch = '', namespace, ...rest] = labels;
  if (branch === 'dns-version' && labels.length === 1) return { kind: 'version' };
  if (branch === 'dns' && namespace === 'ns' && rest.length === 0) return { kind: 'name-server' };
  if (branch !== 'svc' && branch !== 'pod') return { kind: 'nothing' };
  if (namespace === undefined) return { kind: 'branch' };
  if (rest.length === 0) return { kind: 'namespace', namespace };
  return branch === 'pod' ? parsePod(namespace, rest) : parseService(namespace, rest);
}

function parsePod(namespace: string, [label = '', ...more]: readonly string[]): NameRequest {
  return more.length === 0 ? { kind: 'pod', namespace, label } : { kind: 'nothing' };
}

function parseService(namespace: string, labels: readonly string[]): NameRequest {
  const [service = '', first, second, ...more] = labels;
  if (first === undefined) return { kind: 'service', namespace, service };
  if (more.length > 0) return { kind: 'nothing' };
  if (second === undefined) return { kind: 'endpoint', namespace, service, endpoint: first };
  if (!first.startsWith('_') || !second.startsWith('_')) return { kind: 'nothing' };
  return { kind: 'port', namespace, service, port: second.slice(1), protocol: first.slice(1) };
}

/** The address that a reverse name asks for (RFC 1035 §3.5, RFC 3596 §2.5), or undefined if it is not a whole one. */
export function parseReverseName(name: string): string | undefined {
  const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name);
  if (four) return [four[4], four[3], four[2], four[1]].join('.');
  const six = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name);
  if (!six) return undefined;
  const digits = six[1]!.replaceAll('.', '').split('').reverse().join('');
  return ipaddr.parse(digits.replace(/(....)(?!$)/g, '$1:')).toString();
}
