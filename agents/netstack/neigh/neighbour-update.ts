import type { Mac } from '../mac.ts';
import type { NeighbourState } from './neighbour.ts';

/** What somebody says about a neighbour: a message of ARP or NDP, or a command. */
export interface Told {
  readonly state: NeighbourState;
  readonly mac: Mac | undefined;
  /** Another address than the known one is taken over. */
  readonly overrides: boolean;
  /** Else, if that was confirmed, it is doubted. */
  readonly doubts?: boolean;
  /** A command, which changes what nothing else does. */
  readonly isCommand?: boolean;
  /** Whether it forwards, if the message tells. */
  readonly isRouter?: boolean;
}

/** What is known of it so far. */
export interface Known {
  readonly state: NeighbourState;
  readonly mac: Mac | undefined;
}

/** What becomes of an entry; `confirms` without a change says that what is known is right. */
export interface Update extends Known {
  readonly confirms: boolean;
  readonly tellsRouter: boolean;
}

const VALID: ReadonlySet<NeighbourState> = new Set([
  'PERMANENT',
  'NOARP',
  'REACHABLE',
  'PROBE',
  'STALE',
  'DELAY',
]);

/** Whether the entry has an Ethernet address. */
export const isValid = (state: NeighbourState): boolean => VALID.has(state);

/** Whether that address is believed without asking. */
export const isConnected = (state: NeighbourState): boolean =>
  state === 'PERMANENT' || state === 'NOARP' || state === 'REACHABLE';

/** __neigh_update, net/core/neighbour.c: what `told` makes of an entry, or why it makes nothing of it. */
export function decideUpdate(known: Known, told: Told): Update | 'not permitted' | 'no address' {
  const { state: old } = known;
  if (told.isCommand !== true && (old === 'NOARP' || old === 'PERMANENT')) return 'not permitted';
  if (!isValid(told.state)) return { state: told.state, mac: known.mac, confirms: false, tellsRouter: false };
  const wasValid = isValid(old);
  const mac = told.mac ?? (wasValid ? known.mac : undefined);
  if (mac === undefined) return 'no address';
  const confirms = isConnected(told.state);
  const moves = mac !== known.mac;
  const tellsRouter = told.isRouter !== undefined;
  if (wasValid && moves && !told.overrides) {
    if (told.doubts === true && isConnected(old))
      return { state: 'STALE', mac: known.mac, confirms, tellsRouter: false };
    return { ...known, confirms, tellsRouter: false };
  }
  const isNothingNew = wasValid && !moves && told.state === 'STALE' && told.isCommand !== true;
  return { state: isNothingNew ? old : told.state, mac, confirms, tellsRouter };
}
