import ipaddr from 'ipaddr.js';
import type { ServiceSpec } from '../../openapi/generated/types.ts';
import { type Allocation, refused } from './allocation.ts';
import type { IpLedger, ServiceReference } from './ip-ledger.ts';

export type IpFamily = 'IPv4' | 'IPv6';

/** The ledger of each family that the cluster has; the first family is its own. */
export type AddressLedgers = ReadonlyMap<IpFamily, IpLedger>;

export const familyOf = (address: string): IpFamily => (address.includes(':') ? 'IPv6' : 'IPv4');

/**
 * Gives a Service a ClusterIP of each family that its policy calls for, and a headless one its families: what it
 * has it keeps, in the order of its families (k8s pkg/registry/core/service/storage/alloc.go, initIPFamilyFields).
 */
export async function allocateAddresses(
  given: ServiceSpec,
  owner: ServiceReference,
  ledgers: AddressLedgers,
  dryRun: boolean,
): Promise<Allocation> {
  const families = familiesOf(given, ledgers);
  if (!Array.isArray(families)) return families;
  const spec: ServiceSpec = { ...given, ipFamilies: families };
  const present = given.clusterIPs?.length ? given.clusterIPs : given.clusterIP ? [given.clusterIP] : [];
  if (present[0] === 'None') return { kind: 'allocated', spec };
  // What is no address is left for the API server's validation to name.
  if (present.some((address) => address !== '' && !ipaddr.isValid(address)))
    return { kind: 'allocated', spec };
  const clusterIPs: string[] = [];
  for (const family of families) {
    const wanted = present.find((address) => address !== '' && familyOf(address) === family);
    const address = await one(wanted, owner, ledgers.get(family)!, dryRun);
    if (typeof address !== 'string') return address;
    clusterIPs.push(address);
  }
  return { kind: 'allocated', spec: { ...spec, clusterIP: clusterIPs[0], clusterIPs } };
}

async function one(
  wanted: string | undefined,
  owner: ServiceReference,
  ledger: IpLedger,
  dryRun: boolean,
): Promise<string | Allocation> {
  const field = 'spec.clusterIPs';
  if (wanted === undefined) {
    const address = dryRun ? ledger.peek() : await ledger.allocate(owner);
    return address ?? refused(field, [], 'failed to allocate a serviceIP: range is full');
  }
  const failed = (why: string): Allocation =>
    refused(field, [wanted], `failed to allocate IP ${wanted}: ${why}`);
  if (!ledger.contains(wanted)) return failed('the provided network does not match the current range');
  if (!dryRun && !(await ledger.claim(wanted, owner))) return failed('provided IP is already allocated');
  return wanted;
}

/** The families that a Service gets, or why it cannot have those it asks for. */
function familiesOf(
  { ipFamilies = [], ipFamilyPolicy, clusterIP = '', clusterIPs = [], selector }: ServiceSpec,
  ledgers: AddressLedgers,
): IpFamily[] | Allocation {
  const available = [...ledgers.keys()];
  // Whoever looks after its endpoints may do so in a family that the cluster has not.
  const isFree = (clusterIPs[0] ?? clusterIP) === 'None' && Object.keys(selector ?? {}).length === 0;
  const asked = ipFamilies as IpFamily[];
  if (isFree && asked.length > 0) return asked;
  for (const [index, family] of asked.entries()) {
    if (!ledgers.has(family))
      return refused(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster');
  }
  const families = asked.length > 0 ? asked : available.slice(0, 1);
  if (ipFamilyPolicy !== 'PreferDualStack' && ipFamilyPolicy !== 'RequireDualStack')
    return families.slice(0, 1);
  if (available.length < 2 && ipFamilyPolicy === 'RequireDualStack') {
    const why = 'this cluster is not configured for dual-stack services';
    return refused('spec.ipFamilyPolicy', ipFamilyPolicy, why);
  }
  return [...families, ...available.filter((family) => !families.includes(family))];
}
