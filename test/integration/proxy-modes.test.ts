import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { hasTool, RunningCluster } from './running-cluster.ts';

let cluster: RunningCluster;

beforeAll(async () => {
  cluster = await RunningCluster.start('127.0.66.0/24', ['--nodes=2', '--proxy-mode=ipvs']);
});
afterAll(async () => {
  await cluster?.stop();
});

/** What each mode leaves on a node, by the command that shows it. */
const TRACES = {
  iptables: [['iptables-save', '-t', 'nat'], /^:KUBE-SVC-/m],
  ipvs: [['ipvsadm', '-S', '-n'], /^-A -t 10\.96\.\d+\.\d+:80 /m],
  nftables: [['nft', 'list', 'ruleset'], /^table ip kube-proxy/m],
} as const;
type Mode = keyof typeof TRACES;

async function expectOnly(mode: Mode): Promise<void> {
  for (const [name, [command, trace]] of Object.entries(TRACES)) {
    const { stdout } = await cluster.podwire('node', 'node-1', '--', ...command);
    expect(trace.test(stdout), `${name} under ${mode}`).toBe(name === mode);
  }
}

describe.runIf(hasTool('kubectl'))('the proxy mode of a running cluster', () => {
  it('is changed by its configuration, and Services go on', async () => {
    await cluster.kubectl('apply', '-f', 'examples/web.yaml');
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=30s');
    const answers = async (): Promise<void> => {
      const response = await fetch(`http://${cluster.hostAddress(1)}:30080/`, {
        headers: { connection: 'close' },
      });
      expect(response.status).toBe(200);
      await response.text();
    };
    for (const mode of ['ipvs', 'nftables', 'iptables', 'ipvs'] as const) {
      const patch = JSON.stringify({ data: { 'config.conf': `mode: ${mode}\n` } });
      await cluster.kubectl(
        'patch',
        'configmap',
        'kube-proxy',
        '-n',
        'kube-system',
        '--type=merge',
        '-p',
        patch,
      );
      await eventually(() => expectOnly(mode));
      for (let i = 0; i < 5; i++) await eventually(answers);
    }
  });
});
