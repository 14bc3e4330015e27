import { Command } from 'commander';
import { isNotFound } from '../../client/api-error.ts';
import { Http2Transport } from '../../client/http2-transport.ts';
import { HttpsNodeShell } from '../../client/https-node-shell.ts';
import { type ClusterAccess, readKubeconfig } from '../../client/kubeconfig.ts';
import { RestClient } from '../../client/rest-client.ts';
import type { Node } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import { systemClock } from '../../platform/clock.ts';
import { captureToFile, parseTcpdump } from '../capture.ts';
import { CliError } from '../cli-error.ts';
import { runningCluster, stateOption } from '../state-option.ts';

export function nodeCommand(): Command {
  return new Command('node')
    .description("run a command in a node's own shell: podwire node node-1 -- iptables-save")
    .argument('<node>', 'its name')
    .argument('<command...>', 'the command and its arguments, after --')
    .addOption(stateOption())
    .passThroughOptions()
    .action(async (name: string, words: string[], { stateDir }: { stateDir: string }) => {
      const argv = words[0] === '--' ? words.slice(1) : words;
      const { directory } = runningCluster(stateDir);
      const access = await readKubeconfig(directory.kubeconfig);
      const node = await findNode(name, access);
      const [program] = argv;
      if (program === 'tcpdump') return captureToFile(node, access, parseTcpdump(argv.slice(1)));
      const stdin = readsStdin(argv) ? await readStdin() : '';
      const { exitCode, stdout, stderr } = await new HttpsNodeShell(node, access).run(argv, stdin);
      process.stdout.write(stdout);
      process.stderr.write(stderr);
      process.exitCode = exitCode;
    });
}

async function findNode(name: string, access: ClusterAccess): Promise<Node> {
  const transport = new Http2Transport(access, systemClock);
  try {
    return await new RestClient(transport, 'podwire-cli').get(resources.nodes, name);
  } catch (error) {
    if (isNotFound(error)) throw new CliError(`there is no node ${name}`);
    throw error;
  } finally {
    transport.close();
  }
}

/** Commands that take their rules from standard input. */
function readsStdin([program = '']: readonly string[]): boolean {
  return ['iptables-restore'].includes(program) && !process.stdin.isTTY;
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
