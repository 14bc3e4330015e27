import type { ProxierOptions } from './proxier.ts';
import { runInShell } from './run-in-shell.ts';

/** Takes out all that kube-proxy's iptables mode wrote (CleanupLeftovers, pkg/proxy/iptables/cleanup.go). */
export async function removeIptablesRules(node: ProxierOptions): Promise<void> {
  const saved = await runInShell(node, ['iptables-save']);
  const text = saved
    .split(/^(?=\*)/m)
    .map(removalOf)
    .join('');
  if (text !== '') await runInShell(node, ['iptables-restore', '--noflush'], text);
}

/** Empties and deletes the chains of one saved table and the jumps to them; empty if it has none. */
function removalOf(table: string): string {
  const chains = [...table.matchAll(/^:(KUBE-(?!\S+-CANARY)\S+) /gm)].map(([, name]) => name!);
  if (chains.length === 0) return '';
  const own = new Set(chains);
  const jumps = [...table.matchAll(/^-A (\S+) (.*-j (KUBE-\S+))$/gm)].filter(
    ([, from, , to]) => !own.has(from!) && own.has(to!),
  );
  return [
    table.slice(0, table.indexOf('\n')),
    ...chains.map((chain) => `:${chain} - [0:0]`),
    ...jumps.map(([, from, rule]) => `-D ${from} ${rule}`),
    ...chains.map((chain) => `-X ${chain}`),
    'COMMIT\n',
  ].join('\n');
}

/** Takes out all that kube-proxy's nftables mode wrote. */
export async function removeNftablesTable(node: ProxierOptions): Promise<void> {
  const tables = await runInShell(node, ['nft', 'list', 'tables', 'ip']);
  if (/^table ip kube-proxy$/m.test(tables))
    await runInShell(node, ['nft', 'delete', 'table', 'ip', 'kube-proxy']);
}
