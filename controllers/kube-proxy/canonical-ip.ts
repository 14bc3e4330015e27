import ipaddr from 'ipaddr.js';

/** An address as Go prints it; zeros before a part are let pass (netutils.ParseIPSloppy). Undefined: not an address. */
export function canonicalIp(text: string): string | undefined {
  const decimal = withoutLeadingZeros(text);
  if (!/[.:]/.test(decimal) || !ipaddr.isValid(decimal)) return undefined;
  return ipaddr.process(decimal).toString();
}

/** A network as Go prints it, without the bits of a host. Undefined: not a network. */
export function canonicalCidr(text: string): string | undefined {
  const [host = '', length = ''] = withoutLeadingZeros(text).split('/');
  const cidr = `${host}/${length.replace(/^0+(?=\d)/, '')}`;
  if (!ipaddr.isValidCIDR(cidr)) return undefined;
  const [address, bits] = ipaddr.parseCIDR(cidr);
  const network =
    address.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(cidr)
      : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  return `${network}/${bits}`;
}

/** They would make a part of an IPv4 address octal. */
function withoutLeadingZeros(text: string): string {
  return text.includes(':') ? text : text.replace(/(^|\.)0+(?=\d)/g, '$1');
}
