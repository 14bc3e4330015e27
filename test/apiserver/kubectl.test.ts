import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, createApiServer } from '../../apiserver/create-api-server.ts';
import { createServer, portOf } from '../../apiserver/server.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/logger.ts';
import { systemRng } from '../../platform/rng.ts';
import { createAuthority } from './certificates.ts';

const WEB = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
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

function hasKubectl(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env.PODWIRE_REQUIRE_TOOLS) throw new Error('this run needs kubectl');
    return false;
  }
}

interface Outcome {
  readonly code: number;
  readonly output: string;
}

let home: string;
let api: ApiServer;
let server: FastifyInstance;

function kubectl(line: string, input = ''): Promise<Outcome> {
  const args = line.match(/(?:'[^']*'|[^\s'])+/g)?.map((word) => word.replaceAll("'", '')) ?? [];
  const env = { ...process.env, HOME: home, KUBECONFIG: join(home, 'config') };
  return new Promise((resolve) => {
    const child = execFile('kubectl', args, { env }, (error, stdout, stderr) => {
      const code = error ? Number(error.code ?? 1) : 0;
      resolve({ code, output: `${stdout}${stderr}` });
    });
    child.stdin?.end(input);
  });
}

async function ok(line: string, input?: string): Promise<string> {
  const { code, output } = await kubectl(line, input);
  expect(code, `kubectl ${line}: ${output}`).toBe(0);
  return output;
}

describe.runIf(hasKubectl())('real kubectl', () => {
  beforeAll(async () => {
    const authority = await createAuthority();
    const serving = await authority.issue('CN=apiserver');
    const tokens = new Map([['secret', { name: 'admin', groups: ['system:masters'] }]]);
    api = await createApiServer({ clock: systemClock, rng: systemRng, logger: silentLogger, tokens });
    server = await createServer({
      api,
      logger: silentLogger,
      tls: { ...serving, clientCa: authority.ca },
    });
    await server.listen({ host: '127.0.0.1', port: 0 });
    home = mkdtempSync(join(tmpdir(), 'podwire-kubectl-'));
    const cluster = {
      server: `https://127.0.0.1:${portOf(server)}`,
      'certificate-authority-data': Buffer.from(authority.ca).toString('base64'),
    };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      clusters: [{ name: 'test', cluster }],
      users: [{ name: 'test', user: { token: 'secret' } }],
    };
    writeFileSync(join(home, 'config'), JSON.stringify(config));
  });

  afterAll(async () => {
    await api.close();
    await server.close();
    rmSync(home, { recursive: true });
  });

  it('applies, and finds the second time that nothing changed', async () => {
    expect(await ok('apply -f -', WEB)).toBe('deployment.apps/web created\nservice/web created\n');
    expect(await ok('apply -f -', WEB)).toBe('deployment.apps/web unchanged\nservice/web unchanged\n');
    expect(await ok('diff -f -', WEB)).toBe('');
    const changed = WEB.replace('replicas: 3', 'replicas: 4').replace('image: nginx', 'image: nginx:1.27');
    expect(await ok('apply -f -', changed)).toContain('deployment.apps/web configured');
    expect(await ok("get deploy web -o jsonpath='{.spec.replicas} {.metadata.generation}'")).toBe('4 2');
  });

  it('prints tables', async () => {
    expect(await ok('get deploy,svc -o wide')).toMatch(
      /NAME +READY +UP-TO-DATE +AVAILABLE +AGE +CONTAINERS +IMAGES +SELECTOR[\s\S]*NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE +SELECTOR/,
    );
    expect(await ok('get ns --no-headers')).toMatch(/^default +Active/);
    expect(await ok('get all -A')).toContain('service/kubernetes');
    expect(await ok('get svc kubernetes -o yaml')).toContain('clusterIP: 10.96.0.1');
    expect(await ok('get ns --sort-by=.metadata.name -o name')).toContain('namespace/kube-system');
  });

  it('creates with protobuf bodies', async () => {
    for (const what of [
      'deployment proto --image=nginx --replicas=2',
      'configmap proto --from-literal=a=b',
      'secret generic proto --from-literal=a=b',
      'service clusterip proto --tcp=80:8080',
      'serviceaccount proto',
      'namespace proto',
      'ingress proto --rule=foo.com/*=web:80',
    ]) {
      expect(await ok(`create ${what}`)).toContain('created');
    }
    expect(
      await ok("get deploy proto -o jsonpath='{.spec.replicas} {.spec.template.spec.restartPolicy}'"),
    ).toBe('2 Always');
    expect(await ok("get secret proto -o jsonpath='{.data.a}'")).toBe(Buffer.from('b').toString('base64'));
    expect(await ok("get svc proto -o jsonpath='{.spec.ports[0].targetPort}'")).toBe('8080');
  });

  it('patches in every way it knows', async () => {
    await ok('scale deploy web --replicas=5');
    await ok('label deploy web tier=front');
    await ok('annotate deploy web note=hello');
    await ok('set image deploy/web web=nginx:1.28');
    await ok('set env deploy/web A=1');
    await ok('rollout restart deploy web');
    await ok(`patch deploy web -p '{"spec":{"paused":true}}'`);
    await ok(`patch deploy web --type=merge -p '{"spec":{"paused":null}}'`);
    await ok(`patch deploy web --type=json -p '[{"op":"replace","path":"/spec/replicas","value":6}]'`);
    await ok(`patch deploy web --subresource=status --type=merge -p '{"status":{"replicas":6}}'`);
    const shown = await ok(
      "get deploy web -o jsonpath='{.spec.replicas} {.status.replicas} {.metadata.labels.tier} {.metadata.annotations.note} {.spec.template.spec.containers[0].image}'",
    );
    expect(shown).toBe('6 6 front hello nginx:1.28');
  });

  it('explains, describes and lists what is served', async () => {
    expect(await ok('explain deployment.spec.strategy.rollingUpdate')).toMatch(/maxSurge\s+<IntOrString>/);
    expect(await ok('explain pod.spec --recursive')).toContain('terminationGracePeriodSeconds');
    expect(await ok('describe svc web')).toMatch(/Selector: +app=web/);
    expect(await ok('describe deploy web')).toMatch(/Replicas: +6 desired/);
    expect(await ok('api-resources --namespaced=false -o name')).toContain('servicecidrs.networking.k8s.io');
    expect(await ok('api-versions')).toContain('discovery.k8s.io/v1');
    expect(await ok('version')).toContain('Server Version: v1.33.0+podwire');
    expect(await ok('cluster-info')).toContain('is running at');
  });

  it('taints, cordons and drains nodes', async () => {
    await ok('create -f -', '{"apiVersion":"v1","kind":"Node","metadata":{"name":"n1"}}');
    await ok('taint node n1 a=b:NoSchedule');
    await ok('cordon n1');
    expect(await ok('get node n1')).toContain('SchedulingDisabled');
    await ok('drain n1 --ignore-daemonsets');
    await ok('uncordon n1');
    await ok('taint node n1 a-');
    expect(await ok("get node n1 -o jsonpath='{.spec}'")).toBe('{}');
  });

  it('waits and watches', async () => {
    await ok('run once --image=pause --labels=x=y');
    const waiting = ok('wait --for=condition=Ready pod/once --timeout=20s');
    await ok(
      `patch pod once --subresource=status --type=merge -p '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}'`,
    );
    expect(await waiting).toContain('condition met');
    const gone = ok('wait --for=delete pod/once --timeout=20s');
    expect(await ok('delete pod once')).toContain('deleted');
    await gone;
  });

  it('says what is wrong', async () => {
    const bad = (extra: string): string =>
      `{"apiVersion":"v1","kind":"Service","metadata":{"name":"bad"},"spec":{"ports":[{"port":70000}]${extra}}}`;
    expect(await kubectl('create -f -', bad(''))).toMatchObject({
      code: 1,
      output: expect.stringContaining(
        '* spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
      ),
    });
    expect((await kubectl('apply -f -', bad(',"colour":"red"'))).output).toContain(
      'unknown field "spec.colour"',
    );
    expect((await kubectl('get pod nope')).output).toContain('pods "nope" not found');
    expect((await kubectl('get widgets')).output).toContain(
      `the server doesn't have a resource type "widgets"`,
    );
    expect((await kubectl('create cm x -n nope')).output).toContain('namespaces "nope" not found');
  });

  it('deletes', async () => {
    expect(await ok('delete -f -', WEB)).toContain('deployment.apps "web" deleted');
    expect(await ok('delete deploy,svc,cm --all')).toContain('configmap "proto" deleted');
    expect(await ok('get deploy')).toContain('No resources found');
  });

  it('applies on the server side, tells conflicts, and shows who owns what', async () => {
    const map = (data: string): string =>
      `{apiVersion: v1, kind: ConfigMap, metadata: {name: ssa}, data: {${data}}}`;
    expect(await kubectl('apply --server-side -f -', map('x: "1"'))).toMatchObject({
      code: 0,
      output: expect.stringContaining('configmap/ssa serverside-applied'),
    });
    const edited = await kubectl('patch cm ssa --type merge --field-manager=hand -p \'{"data":{"x":"2"}}\'');
    expect(edited.code).toBe(0);
    const conflict = await kubectl('apply --server-side -f -', map('x: "3"'));
    expect(conflict.code).not.toBe(0);
    expect(conflict.output).toContain('conflict with "hand" using v1: .data.x');
    expect(await kubectl('diff --server-side --force-conflicts -f -', map('x: "3"'))).toMatchObject({
      code: 1,
      output: expect.stringMatching(/-\s+x: "2"[\s\S]*\+\s+x: "3"/),
    });
    expect(await kubectl('apply --server-side --force-conflicts -f -', map('x: "3"'))).toMatchObject({
      code: 0,
    });
    const shown = await kubectl('get cm ssa -o yaml --show-managed-fields');
    expect(shown.output).toContain('manager: kubectl\n    operation: Apply');
    expect(shown.output).not.toContain('hand');
  });

  it('moves what it applied from the client side to the server side', async () => {
    const map = (data: string): string =>
      `{apiVersion: v1, kind: ConfigMap, metadata: {name: csa}, data: {${data}}}`;
    expect(await kubectl('apply -f -', map('x: "1", z: "1"'))).toMatchObject({ code: 0 });
    expect(await kubectl('apply --server-side -f -', map('z: "2"'))).toMatchObject({ code: 0 });
    const after = await kubectl('get cm csa -o yaml --show-managed-fields');
    expect(after.output).not.toContain('kubectl-client-side-apply');
    expect(after.output).toMatch(/last-applied-configuration: \|\n\s+.*"z":"2"/);
    expect(after.output).not.toMatch(/^ {2}x: /m);
    // And back: the annotation was kept for this.
    expect(await kubectl('apply -f -', map('z: "3"'))).toMatchObject({ code: 0 });
  });
});
