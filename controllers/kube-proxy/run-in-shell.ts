import type { NodeShell } from '../../client/node-shell.ts';

/** Runs a command on a node and gives its output; rejects if it fails. */
export async function runInShell(
  { nodeName, shell }: { readonly nodeName: string; readonly shell: NodeShell },
  argv: readonly string[],
  stdin?: string,
): Promise<string> {
  const { exitCode, stdout, stderr } = await shell.run(argv, stdin);
  if (exitCode !== 0) {
    throw new Error(`${argv.join(' ')} on ${nodeName} exited ${exitCode}: ${stderr.trim()}`);
  }
  return stdout;
}
