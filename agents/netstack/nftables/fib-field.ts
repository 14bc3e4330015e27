import { idOfName } from '../name-ids.ts';
import type { Places } from '../netfilter/callers.ts';
import { BOOLEAN, FIB_ADDRTYPE, IFINDEX, IFNAME } from './data-type.ts';
import { fibDevice } from './fib-device.ts';
import { type FibKey, fibKeyText } from './fib-key.ts';
import { fibType } from './fib-type.ts';
import type { Field, ReadDevice } from './field.ts';
import { packetDevice } from './packet-device.ts';
import { EVERYWHERE, WITH_INPUT, WITH_OUTPUT } from './places.ts';

export type FibResult = 'type' | 'oif' | 'oifname';

/** nft_fib_validate, net/netfilter/nft_fib.c. */
function placesOf({ device }: FibKey, result: FibResult): Places {
  if (result !== 'type' || device === 'iif') return WITH_INPUT;
  return device === 'oif' ? WITH_OUTPUT : EVERYWHERE;
}

/** What the routing tables say of either end of a packet (nft(8), FIB EXPRESSIONS). */
export function fibField(key: FibKey, result: FibResult): Field {
  const base = {
    text: `fib ${fibKeyText(key)} ${result}`,
    perFlow: true,
    places: placesOf(key, result),
  } as const;
  if (result === 'type') {
    return {
      ...base,
      type: FIB_ADDRTYPE,
      read: (ns) => (packet, input, output) => {
        const device = key.device && (key.device === 'iif' ? input : output);
        return fibType(ns, key, packet, device, packetDevice(packet, input, output));
      },
    };
  }
  const device: Field['device'] =
    (ns): ReadDevice =>
    (packet, input, output) =>
      fibDevice(ns, key, packet, input, output);
  const named: Field = {
    ...base,
    type: result === 'oif' ? IFINDEX : IFNAME,
    device,
    read: (ns) => {
      const find = device(ns);
      return (packet, input, output) => idOfName(find(packet, input, output)?.name);
    },
  };
  if (result === 'oifname') return named;
  const presence: Field = {
    ...base,
    type: BOOLEAN,
    read: (ns) => {
      const find = device(ns);
      return (packet, input, output) => (find(packet, input, output) === undefined ? 0 : 1);
    },
  };
  return { ...named, presence };
}
