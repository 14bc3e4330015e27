import { createWriteStream } from 'node:fs';
import { request } from 'node:https';
import type { ClusterAccess } from '../client/kubeconfig.ts';
import { nodeApiAddress } from '../client/node-address.ts';
import type { Node } from '../openapi/generated/types.ts';
import { CliError } from './cli-error.ts';

export interface CaptureRequest {
  readonly link: string;
  /** `-`: standard output. */
  readonly file: string;
}

/** tcpdump's own options, those of them that a capture to a file has. */
export function parseTcpdump(args: readonly string[]): CaptureRequest {
  const options = new Map<string, string>();
  for (let index = 0; index < args.length; index += 2) {
    const [flag = '', value] = [args[index], args[index + 1]];
    if (!['-i', '-w'].includes(flag) || value === undefined) {
      throw new CliError('usage: podwire node NODE -- tcpdump -i LINK -w FILE   (FILE may be -)', 2);
    }
    options.set(flag, value);
  }
  const file = options.get('-w');
  if (file === undefined)
    throw new CliError('tcpdump: name a capture file with -w FILE, or -w - for standard output', 2);
  return { link: options.get('-i') ?? 'eth0', file };
}

/** Writes what passes a node's link to a capture file, until Ctrl-C. */
export async function captureToFile(
  node: Node,
  access: ClusterAccess,
  capture: CaptureRequest,
): Promise<void> {
  const address = nodeApiAddress(node);
  if (!address) throw new CliError(`node ${node.metadata.name} has not said where its API is`);
  const { ca, cert, key } = access;
  const path = `/capture?link=${encodeURIComponent(capture.link)}`;
  await new Promise<void>((resolve, reject) => {
    const outgoing = request(
      { ...address, path, ca, cert, key, servername: node.metadata.name ?? '' },
      (response) => {
        if (response.statusCode !== 200) {
          response.resume();
          return reject(new CliError(`tcpdump: ${capture.link}: No such device exists`));
        }
        process.stderr.write(
          `tcpdump: listening on ${capture.link}, link-type EN10MB (Ethernet); Ctrl-C ends it\n`,
        );
        const target = capture.file === '-' ? process.stdout : createWriteStream(capture.file);
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => response.destroy());
        response.on('close', () => target.end());
        response.pipe(target, { end: false });
        target.on('error', reject);
        target.on('close', resolve);
        target.on('finish', resolve);
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}
