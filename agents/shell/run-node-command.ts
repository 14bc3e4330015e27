import { isNetError } from '../netstack/net-error.ts';
import { bridge } from './bridge.ts';
import { type Command, type CommandResult, failure, type ShellNode, UsageError } from './command.ts';
import { conntrack } from './conntrack.ts';
import { curl } from './curl.ts';
import { ip } from './ip.ts';
import { ipset } from './ipset.ts';
import { iptablesCommands } from './iptables.ts';
import { ipvsadm } from './ipvsadm.ts';
import { kubeProxyHealth } from './kube-proxy-health.ts';
import { nc } from './nc.ts';
import { nfacct } from './nfacct.ts';
import { nft } from './nft.ts';
import { ping } from './ping.ts';
import { ss } from './ss.ts';
import { sysctl } from './sysctl.ts';
import { tc } from './tc.ts';

const iptables = iptablesCommands((ns) => ns.iptables);
const ip6tables = iptablesCommands((ns) => ns.ip6tables);

const COMMANDS: Readonly<Record<string, Command>> = {
  iptables: iptables.command,
  'iptables-save': iptables.save,
  'iptables-restore': iptables.restore,
  ip6tables: ip6tables.command,
  'ip6tables-save': ip6tables.save,
  'ip6tables-restore': ip6tables.restore,
  ipset,
  conntrack,
  ip,
  bridge,
  ss,
  ping,
  sysctl,
  curl,
  nc,
  nfacct,
  nft,
  ipvsadm,
  'kube-proxy-health': kubeProxyHealth,
  tc,
};

/**
 * Runs one command line on a node as its own shell would: `argv[0]` is the program. Never rejects for what a
 * user can do wrong; an unknown program leaves with 127.
 */
export async function runNodeCommand(
  argv: readonly string[],
  stdin: string,
  node: ShellNode,
): Promise<CommandResult> {
  const [program = '', ...args] = argv;
  const name = program.slice(program.lastIndexOf('/') + 1);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) return failure(127, `sh: ${program}: not found\n`);
  try {
    return await command(args, stdin, node);
  } catch (error) {
    if (error instanceof UsageError) return failure(error.exitCode, `${error.message}\n`);
    if (isNetError(error)) return failure(2, `${netlinkMessage(error)}\n`);
    throw error;
  }
}

/** A sentence is what the kernel itself says (an extended acknowledgment), anything else the errno's text. */
function netlinkMessage(error: Error): string {
  const text = error.message.replace(/^\w+: /, '');
  return text.endsWith('.') ? `Error: ${text}` : `RTNETLINK answers: ${text}`;
}
