import type { Link } from '../link/link.ts';
import type { Packet } from '../packet.ts';
import type { Chain } from './chain.ts';

/** What comes of a statement or a rule, beside NF_ACCEPT and NF_DROP. */
export const NEXT = -1;
/** The rule does not hold for the packet. */
export const BREAK = -2;
export const RETURN = -3;
/** To the chain that `Course` names. */
export const JUMP = -4;
export const GOTO = -5;

/** Where a jump leads. One for all rules of a namespace: it is read at once. */
export interface Course {
  target: Chain | undefined;
}

export type Step = (packet: Packet, input: Link | undefined, output: Link | undefined) => number;
