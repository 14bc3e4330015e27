import type { IpAddress, IpVersion } from '../netstack/ip-address.ts';
import type { Netns } from '../netstack/netns.ts';
import type { ProxyHealth } from '../sockets/proxy-health.ts';

/** The node (or pod) whose shell it is. */
export interface ShellNode {
  readonly ns: Netns;
  /** Turns a host name into an address, of one family if asked; without it only addresses are understood. */
  resolve?(name: string, version?: IpVersion): Promise<IpAddress | undefined>;
  /** What answers for kube-proxy here. */
  readonly proxyHealth?: ProxyHealth;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command: `args` without the program's name. */
export type Command = (
  args: readonly string[],
  stdin: string,
  node: ShellNode,
) => CommandResult | Promise<CommandResult>;

export const success = (stdout = '', stderr = ''): CommandResult => ({ exitCode: 0, stdout, stderr });

export const failure = (exitCode: number, stderr: string, stdout = ''): CommandResult => ({
  exitCode,
  stdout,
  stderr,
});

/** A user's mistake; the dispatcher prints it and leaves with `exitCode`. */
export class UsageError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
