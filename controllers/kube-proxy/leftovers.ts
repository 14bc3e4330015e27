import type { IpFamily } from './ip-family.ts';
import { ipSetNames } from './ipvs/ip-sets.ts';
import type { ProxierOptions } from './proxier.ts';
import { runInShell } from './run-in-shell.ts';

/** Whether a mode in force has a chain: `nat`, `KUBE-SERVICES`. */
export type KeepsChain = (table: string, chain: string) => boolean;

/** Takes out the iptables chains that other modes wrote, and the jumps to them. */
export async function removeIptablesRules(
  node: ProxierOptions,
  { iptables }: IpFamily,
  keeps: KeepsChain,
): Promise<void> {
  const saved = await runInShell(node, [`${iptables}-save`]);
  const text = saved
    .split(/^(?=\*)/m)
    .map((table) => removalOf(table, keeps))
    .join('');
  if (text !== '') await runInShell(node, [`${iptables}-restore`, '--noflush'], text);
}

/** Empties and deletes chains of one saved table and the jumps to them; empty if there are none. */
function removalOf(text: string, keeps: KeepsChain): string {
  const heading = text.slice(0, text.indexOf('\n'));
  const chains = [...text.matchAll(/^:(KUBE-(?!KUBELET-CANARY)\S+) /gm)]
    .map(([, name]) => name!)
    .filter((chain) => !keeps(heading.slice(1), chain));
  if (chains.length === 0) return '';
  const doomed = new Set(chains);
  const jumps = [...text.matchAll(/^-A (\S+) (.*-j (KUBE-\S+))$/gm)].filter(
    ([, from, , to]) => !doomed.has(from!) && doomed.has(to!),
  );
  return [
    heading,
    ...chains.map((chain) => `:${chain} - [0:0]`),
    ...jumps.map(([, from, rule]) => `-D ${from} ${rule}`),
    ...chains.map((chain) => `-X ${chain}`),
    'COMMIT\n',
  ].join('\n');
}

/** Takes out all that kube-proxy's nftables mode wrote. */
export async function removeNftablesTable(node: ProxierOptions, { nft }: IpFamily): Promise<void> {
  const tables = await runInShell(node, ['nft', 'list', 'tables', nft]);
  if (tables.split('\n').includes(`table ${nft} kube-proxy`))
    await runInShell(node, ['nft', 'delete', 'table', nft, 'kube-proxy']);
}

/**
 * Takes out the virtual services and the device of the IPVS mode, and a family's sets; no rule may name a set any
 * more.
 */
export async function removeIpvs(node: ProxierOptions, family: IpFamily): Promise<void> {
  const links = await runInShell(node, ['ip', 'link', 'show']);
  if (/^\d+: kube-ipvs0:/m.test(links)) {
    await runInShell(node, ['ipvsadm', '-C']);
    await runInShell(node, ['ip', 'link', 'delete', 'kube-ipvs0']);
  }
  const sets = (await runInShell(node, ['ipset', 'list', '-n'])).split('\n');
  const names = new Set(ipSetNames(family));
  const own = sets.filter((set) => names.has(set)).map((set) => `destroy ${set}\n`);
  if (own.length > 0) await runInShell(node, ['ipset', 'restore'], own.join(''));
}
