import ipaddr from 'ipaddr.js';
import type { Faults } from '../faults.ts';
import type { EndpointSlice, Endpoints } from '../generated/types.ts';
import type { KindRules } from './kind-rules.ts';
import { nameFault } from './names.ts';
import { oneOf } from './pod-validation.ts';
import { validatePort } from './ports.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'] as const;
const MAX_ENDPOINTS = 1000;
const MAX_PORTS = 20_000;
const MAX_ADDRESSES = 100;
const IP_TEXT = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

export const endpointsRules: KindRules<Endpoints> = {
  defaults({ subsets }) {
    for (const { ports } of subsets ?? []) for (const port of ports ?? []) port.protocol ||= 'TCP';
  },
  validate({ subsets }, faults) {
    for (const [index, { addresses, notReadyAddresses, ports }] of (subsets ?? []).entries()) {
      const at = `subsets[${index}]`;
      if (!addresses?.length && !notReadyAddresses?.length) {
        faults.required(at, 'must specify `addresses` or `notReadyAddresses`');
      }
      for (const field of ['addresses', 'notReadyAddresses'] as const) {
        for (const [place, { ip }] of (subsets?.[index]?.[field] ?? []).entries()) {
          validateAddress(ip ?? '', `${at}.${field}[${place}].ip`, faults);
        }
      }
      for (const [place, port] of (ports ?? []).entries()) {
        validatePort(port.port ?? 0, `${at}.ports[${place}].port`, faults);
        oneOf(port.protocol, PROTOCOLS, `${at}.ports[${place}].protocol`, faults);
      }
    }
  },
};

export const endpointSliceRules: KindRules<EndpointSlice> = {
  defaults({ ports }) {
    for (const port of ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  validate({ addressType, endpoints = [], ports = [] }, faults) {
    oneOf(addressType, ['FQDN', 'IPv4', 'IPv6'], 'addressType', faults);
    if (endpoints.length > MAX_ENDPOINTS) faults.tooMany('endpoints', endpoints.length, MAX_ENDPOINTS);
    for (const [index, { addresses = [] }] of endpoints.entries()) {
      const at = `endpoints[${index}].addresses`;
      if (addresses.length === 0) faults.required(at, 'must contain at least 1 address');
      if (addresses.length > MAX_ADDRESSES) faults.tooMany(at, addresses.length, MAX_ADDRESSES);
      for (const [place, address] of addresses.entries()) {
        validateSliceAddress(addressType, address, `${at}[${place}]`, faults);
      }
    }
    if (ports.length > MAX_PORTS) faults.tooMany('ports', ports.length, MAX_PORTS);
    const names = new Set<string>();
    for (const [index, { name = '', port, protocol }] of ports.entries()) {
      const fault = name === '' ? undefined : nameFault(name, 'dns-label');
      if (fault !== undefined) faults.invalid(`ports[${index}].name`, name, fault);
      if (names.has(name)) faults.duplicate(`ports[${index}].name`, name);
      names.add(name);
      oneOf(protocol, PROTOCOLS, `ports[${index}].protocol`, faults);
      if (port !== undefined && port !== 0) validatePort(port, `ports[${index}].port`, faults);
    }
  },
  validateUpdate({ addressType }, previous, faults) {
    if (addressType !== previous.addressType)
      faults.invalid('addressType', addressType, 'field is immutable');
  },
};

function validateAddress(address: string, at: string, faults: Faults): void {
  if (!ipaddr.isValid(address)) return faults.invalid(at, address, IP_TEXT);
  const range = ipaddr.parse(address).range();
  if (range === 'unspecified' || range === 'loopback' || range === 'linkLocal' || range === 'multicast') {
    faults.invalid(at, address, `may not be in the ${range} range`);
  }
}

function validateSliceAddress(type: string | undefined, address: string, at: string, faults: Faults): void {
  if (type === 'FQDN') return;
  const valid = type === 'IPv6' ? ipaddr.IPv6.isValid(address) : ipaddr.IPv4.isValidFourPartDecimal(address);
  if (!valid) faults.invalid(at, address, `must be an ${type} address`);
  else validateAddress(address, at, faults);
}
