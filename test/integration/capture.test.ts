import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { command, hasTool, RunningCluster } from './running-cluster.ts';

let cluster: RunningCluster;
const folder = mkdtempSync(join(tmpdir(), 'podwire-capture-'));

beforeAll(async () => {
  cluster = await RunningCluster.start('127.0.62.0/24');
});
afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Captures a node's link while something happens. */
async function capture(link: string, during: () => Promise<void>): Promise<string> {
  const file = join(folder, `${link}.pcap`);
  const args = [
    'dist/podwire.js',
    'node',
    '--state-dir',
    cluster.stateDir,
    'node-1',
    '--',
    'tcpdump',
    '-i',
    link,
    '-w',
    file,
  ];
  const tcpdump = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise((resolve) => tcpdump.once('exit', resolve));
  await new Promise<void>((resolve) => tcpdump.stderr.once('data', () => resolve()));
  await during();
  await eventually(() => expect(statSync(file).size).toBeGreaterThan(500));
  tcpdump.kill('SIGINT');
  await ended;
  return file;
}

async function tshark(file: string, filter: string, fields: readonly string[] = []): Promise<string[]> {
  const checks = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
  const columns = fields.length > 0 ? ['-T', 'fields', ...fields.flatMap((field) => ['-e', field])] : [];
  const { stdout, stderr, exitCode } = await command('tshark', [
    '-r',
    file,
    '-d',
    'udp.port==8472,vxlan',
    ...checks,
    '-Y',
    filter,
    ...columns,
  ]);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

describe.runIf(hasTool('kubectl') && hasTool('tshark'))('a capture of a cross-node request', () => {
  it('holds nothing malformed and shows HTTP inside VXLAN', async () => {
    await cluster.kubectl('apply', '-f', 'examples/web.yaml');
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=30s');
    const file = await capture('eth0', async () => {
      const url = `http://${cluster.hostAddress(1)}:30080/over-the-wire`;
      const nodes = new Set<string>();
      await eventually(async () => {
        const response = await fetch(url, { headers: { connection: 'close' } });
        nodes.add(((await response.json()) as { node: string }).node);
        expect(nodes.size).toBe(3);
      });
    });
    const bad =
      '_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0';
    expect(await tshark(file, bad)).toEqual([]);
    const inner = await tshark(file, 'vxlan && http.request', [
      'vxlan.vni',
      'udp.dstport',
      'http.request.uri',
    ]);
    expect(inner.length).toBeGreaterThan(0);
    expect(inner[0]).toBe('1\t8472\t/over-the-wire');
  });
});
