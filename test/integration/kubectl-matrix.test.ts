import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { widget, widgets } from '../apiserver/custom-resources/definitions.ts';
import { scenarios } from './kubectl-scenarios.ts';
import { hasTool, RunningCluster } from './running-cluster.ts';

/** Real kubectl against a cluster of real processes: exit code and shape of what is printed. */

const web = (replicas: number): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 80}]}
`;

const FILES: Readonly<Record<string, string>> = {
  'web.yaml': web(2),
  'web3.yaml': web(3),
  'invalid.yaml': web(2)
    .replace('metadata: {labels: {app: web}}', 'metadata: {labels: {app: other}}')
    .replaceAll('name: web', 'name: bad'),
  'unknown.yaml': web(2).replace('replicas: 2', 'nope: 2').replaceAll('{name: web', '{name: odd'),
  'kustomization.yaml': 'resources: [web3.yaml]\n',
  'widget-crd.yaml': JSON.stringify(widgets()),
  'widget.yaml': JSON.stringify(widget('w', { size: 3, replicas: 3 })),
  'widget4.yaml': JSON.stringify(widget('w', { size: 4, replicas: 3 })),
  'bad-widget.yaml': JSON.stringify(widget('bad', { size: 'big' })),
  'role.yaml':
    'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: matrix-reader}\nrules: [{apiGroups: [""], resources: [pods], verbs: [get]}]\n',
};

let cluster: RunningCluster;
let folder: string;

interface Outcome {
  readonly code: number;
  readonly output: string;
}

function kubectl(program: string, namespace: string, line: string): Promise<Outcome> {
  const words = line.match(/(?:'[^']*'|[^\s'])+/g)?.map((word) => word.replaceAll("'", '')) ?? [];
  const env = {
    ...process.env,
    HOME: folder,
    KUBECONFIG: join(cluster.stateDir, 'kubeconfig'),
    KUBE_EDITOR: 'sed -i "s/replicas: 3$/replicas: 4/"',
  };
  return new Promise((resolve) => {
    execFile(
      program,
      [`--namespace=${namespace}`, `--cache-dir=${join(folder, `cache-${namespace}`)}`, ...words],
      { env, cwd: folder, timeout: 60_000 },
      (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, output: `${stdout}${stderr}`.trim() }),
    );
  });
}

async function prepare(program: string, namespace: string, withWeb: boolean): Promise<void> {
  const lines = [`create namespace ${namespace}`];
  if (withWeb) lines.push('apply -f web.yaml', 'rollout status deploy/web --timeout=30s');
  for (const line of lines) {
    const { code, output } = await kubectl(program, namespace, line);
    expect(code, `kubectl ${line}: ${output}`).toBe(0);
  }
}

const isInstalled = hasTool('kubectl');

describe.runIf(isInstalled)('kubectl', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'podwire-kubectl-'));
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
    cluster = await RunningCluster.start('127.0.81.0/24');
  }, 60_000);

  afterAll(async () => {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(scenarios.map((scenario, index) => ({ ...scenario, index })))(
    '$name',
    async ({ steps, withWeb = false, index }) => {
      const namespace = `matrix-${index}`;
      await prepare('kubectl', namespace, withWeb);
      for (const [line, code, shows] of steps) {
        const outcome = await kubectl('kubectl', namespace, line);
        expect.soft(outcome.code, `kubectl ${line}: ${outcome.output}`).toBe(code);
        expect.soft(outcome.output, `kubectl ${line}`).toMatch(shows);
      }
    },
    120_000,
  );

  it.each(isInstalled ? otherVersions() : [])(
    '%s reads, writes, waits and deletes',
    async (program) => {
      const namespace = basename(program).replaceAll('.', '-');
      await prepare(program, namespace, true);
      const steps: readonly (readonly [string, RegExp])[] = [
        ['version', /Server Version/],
        ['get all', /deployment\.apps\/web +2\/2/],
        ['apply -f web3.yaml', /deployment\.apps\/web configured/],
        ['apply -f web3.yaml --server-side --force-conflicts', /serverside-applied/],
        ['diff -f web3.yaml', /^/],
        ['rollout status deploy/web --timeout=30s', /successfully rolled out/],
        ['wait --for=condition=Available deploy/web --timeout=20s', /condition met/],
        ['scale deploy/web --replicas=1', /scaled/],
        [`patch deploy web -p '{"spec":{"replicas":2}}'`, /patched/],
        ['label deploy web a=b', /labeled/],
        ['create configmap cm --from-literal=a=b', /created/],
        ['create token default', /^[\w-]+\.[\w-]+\.[\w-]+$/],
        ['autoscale deploy/web --max=3', /autoscaled/],
        ['auth can-i get pods', /^yes$/],
        ['explain pod.spec', /containers/],
        ['describe deploy web', /StrategyType: +RollingUpdate/],
        ['logs deploy/web', /using pod\/web-/],
        ['delete deploy web --cascade=foreground', /"web" deleted/],
      ];
      for (const [line, shows] of steps) {
        const { code, output } = await kubectl(program, namespace, line);
        expect(code, `${program} ${line}: ${output}`).toBe(0);
        expect(output, `${program} ${line}`).toMatch(shows);
      }
    },
    120_000,
  );
});

/** kubectl of other minor versions, where they lie beside it as `kubectl.1.27`. */
function otherVersions(): string[] {
  const folder = dirname(realpathSync(execFileSync('which', ['kubectl'], { encoding: 'utf8' }).trim()));
  return readdirSync(folder)
    .filter((name) => /^kubectl\.1\.\d+$/.test(name))
    .map((name) => join(folder, name));
}
