/** What a node's `iptables-save` shows, as far as programming it needs to know. */
export interface SavedRules {
  /** `table CHAIN`. */
  readonly chains: ReadonlySet<string>;
  /** Jumps to kube-proxy's chains: `table FROM TO`. */
  readonly jumps: ReadonlySet<string>;
}

export function readSavedRules(text: string): SavedRules {
  const chains = new Set<string>();
  const jumps = new Set<string>();
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    else if (line.startsWith(':')) chains.add(`${table} ${line.slice(1, line.indexOf(' '))}`);
    const jump = /^-A (\S+) .*-j (KUBE-\S+)$/.exec(line);
    if (jump) jumps.add(`${table} ${jump[1]} ${jump[2]}`);
  }
  return { chains, jumps };
}
