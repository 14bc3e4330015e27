/** What a command left behind. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A simulated node's shell, as root: `iptables-restore`, `ip`, `conntrack`… Rejects if the node is out of reach. */
export interface NodeShell {
  run(argv: readonly string[], stdin?: string): Promise<CommandResult>;
}
