import { markText } from '../configuration/rule-settings.ts';
import { iptablesMatch } from '../local-traffic.ts';
import type { Match, Rule, Target } from './rule.ts';

/** A rule's specification as kube-proxy writes it for iptables-restore, without the `-A CHAIN`. */
export function printRule({ matches, target }: Rule): string {
  return [...matches.map(printMatch), ...(target ? [printTarget(target)] : [])].join(' ');
}

function printMatch(match: Match): string {
  switch (match.kind) {
    case 'comment':
      return `-m comment --comment ${quoted(match.text)}`;
    case 'protocol':
      return `-m ${match.protocol} -p ${match.protocol}`;
    case 'source':
      return `${not(match)}-s ${match.cidr}`;
    case 'destination':
      return `${not(match)}-d ${match.cidr}`;
    case 'local-traffic':
      return iptablesMatch(match.local, match.negated ?? false);
    case 'destination-port':
      return `--dport ${match.port}`;
    case 'address-type':
      return `-m addrtype --${match.side}-type ${match.type}`;
    case 'state':
      return `-m conntrack ${not(match)}--ctstate ${match.states}`;
    case 'mark':
      return `-m mark ${not(match)}--mark ${markText(match.mark)}/${markText(match.mark)}`;
    case 'probability':
      return `-m statistic --mode random --probability ${(match.one / match.of).toFixed(10)}`;
    case 'account':
      return `-m nfacct --nfacct-name ${match.name}`;
    case 'recent-check':
      return `-m recent --name ${match.list} --rcheck --seconds ${match.seconds} --reap`;
    case 'recent-set':
      return `-m recent --name ${match.list} --set`;
  }
}

function printTarget(target: Target): string {
  switch (target.kind) {
    case 'jump':
      return `-j ${target.chain}`;
    case 'verdict':
      return `-j ${target.verdict}`;
    case 'dnat':
      return `-j DNAT --to-destination ${target.to}`;
    case 'masquerade':
      return '-j MASQUERADE --random-fully';
    case 'mark-or':
      return `-j MARK --or-mark ${markText(target.mark)}`;
    case 'mark-xor':
      return `-j MARK --xor-mark ${markText(target.mark)}`;
  }
}

function not({ negated }: { readonly negated?: true }): string {
  return negated ? '! ' : '';
}

/** iptables-restore splits at spaces outside double quotes. */
function quoted(text: string): string {
  return /[\s";]/.test(text) ? `"${text.replaceAll('"', '\\"')}"` : text;
}
