import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from './eventually.ts';
import { command, type RunningCluster } from './running-cluster.ts';

/** What tshark takes for damage, checksums among it. */
export const MALFORMED =
  '_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || icmpv6.checksum.status == 0';

/** Captures of a cluster's links, in a folder that goes with them. */
export class PacketCaptures {
  readonly #cluster: RunningCluster;
  readonly #folder = mkdtempSync(join(tmpdir(), 'podwire-capture-'));

  constructor(cluster: RunningCluster) {
    this.#cluster = cluster;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Captures a link of node-1 while something happens; answers the file. */
  async during(link: string, act: () => Promise<void>): Promise<string> {
    const file = join(this.#folder, `${link}.pcap`);
    const args = ['node', '--state-dir', this.#cluster.stateDir, 'node-1', '--', 'tcpdump', '-i', link];
    const tcpdump = spawn(process.execPath, ['dist/podwire.js', ...args, '-w', file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = new Promise((resolve) => tcpdump.once('exit', resolve));
    await new Promise<void>((resolve) => tcpdump.stderr.once('data', () => resolve()));
    await act();
    await eventually(() => expect(statSync(file).size).toBeGreaterThan(500));
    tcpdump.kill('SIGINT');
    await ended;
    return file;
  }
}

/** The lines that tshark prints of the packets that a filter finds. */
export async function tshark(
  file: string,
  filter: string,
  fields: readonly string[] = [],
): Promise<string[]> {
  const checks = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
  const columns = fields.length > 0 ? ['-T', 'fields', ...fields.flatMap((field) => ['-e', field])] : [];
  const args = ['-r', file, '-d', 'udp.port==8472,vxlan', ...checks, '-Y', filter, ...columns];
  const { stdout, stderr, exitCode } = await command('tshark', args);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout.split('\n').filter((line) => line !== '');
}
