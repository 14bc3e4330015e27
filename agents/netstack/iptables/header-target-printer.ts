import type { HeaderTarget } from './header-target.ts';
import { formatByte } from './traffic-class.ts';

/** A target's option, as iptables-save prints it. */
export function printHeaderTarget(target: HeaderTarget): string {
  switch (target.kind) {
    case 'DSCP':
      return `--set-dscp ${formatByte(target.value)}`;
    case 'TOS':
      return `--set-tos ${formatByte(target.value)}/${formatByte(target.mask)}`;
    case 'TTL':
    case 'HL':
      return `--${target.kind.toLowerCase()}-${target.operation} ${target.value}`;
    case 'TCPMSS':
      return target.size === 'path MTU' ? '--clamp-mss-to-pmtu' : `--set-mss ${target.size}`;
  }
}
