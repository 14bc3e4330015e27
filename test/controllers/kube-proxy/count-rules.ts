import type { RecordedCommand } from './recording-node.ts';

/** How much of each kind of thing commands make, by its kind. */
export type Counts = ReadonlyMap<string, number>;

/** Counts rules by table, chains by kind, elements by set, and what IPVS has. */
export function countRules(commands: readonly RecordedCommand[]): Counts {
  const counts = new Map<string, number>();
  const count = (what: string): unknown => counts.set(what, (counts.get(what) ?? 0) + 1);
  for (const { argv, stdin } of commands) {
    let table = '';
    for (const line of stdin.split('\n')) {
      const word = line.split(' ');
      if (line.startsWith('*')) table = line.slice(1);
      if (/^ip6?tables-restore/.test(argv) && /^-[AI] /.test(line)) count(`${table} rules`);
      if (argv === 'nft -f -') countNft(word, count);
      if (argv === 'ipset restore' && word[0] === 'add') count(word[1]!);
      if (argv === 'ipvsadm -R' && word[0] === '-A') count('services');
      if (argv === 'ipvsadm -R' && word[0] === '-a') count('servers');
      if (argv.startsWith('ip -force') && word[1] === 'add') count('addresses');
    }
  }
  return counts;
}

/** `add rule ip kube-proxy CHAIN …`, `add element ip kube-proxy SET { … }`. */
function countNft([verb, what, , , name = '']: readonly string[], count: (what: string) => unknown): void {
  if (verb !== 'add') return;
  const kind = /^(service|local|external|firewall|endpoint|affinity)-[A-Z2-7]{8}-/.exec(name)?.[1];
  if (what === 'rule') count('rules');
  if (what === 'chain') count(kind ? `${kind} chains` : 'base chains');
  if (what === 'set' && kind) count(`${kind} sets`);
  if (what === 'element') count(name);
}

/** What one has more, or less, than the other; `as many` if nothing. */
export function moreThan(base: Counts, counts: Counts): string {
  const kinds = [...new Set([...base.keys(), ...counts.keys()])];
  const differences = kinds.flatMap((kind) => {
    const difference = (counts.get(kind) ?? 0) - (base.get(kind) ?? 0);
    return difference === 0 ? [] : [`${kind} ${difference > 0 ? '+' : ''}${difference}`];
  });
  return differences.sort().join(', ') || 'as many';
}

export function listed(counts: Counts): string {
  return [...counts]
    .map(([kind, number]) => `${kind} ${number}`)
    .sort()
    .join(', ');
}
