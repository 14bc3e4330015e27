/** Whether an IPv4 network holds an address; a network without a length is one address. */
export function rangeHolds(range: string, address: string): boolean {
  const [network = '', length = '32'] = range.split('/');
  const bits = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(length));
  return Math.floor(bits(network) / size) === Math.floor(bits(address) / size);
}
