import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANONYMOUS } from '../../apiserver/authentication/user-info.ts';
import { type Anything, ApiHarness } from './api-harness.ts';
import { CONFIG_MAPS, configMap, PODS, pod } from './objects.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const REVIEWS = '/apis/authorization.k8s.io/v1';
const RBAC_GROUP = 'rbac.authorization.k8s.io';
const bob = { name: 'bob', groups: ['dev', 'system:authenticated'] };

let api: ApiHarness;
beforeEach(async () => {
  api = await ApiHarness.start();
});
afterEach(() => api.close());

const rule = (verbs: string[], resources: string[], more: object = {}): object => ({
  apiGroups: [''],
  verbs,
  resources,
  ...more,
});
const subject = (kind: string, name: string): object => ({ kind, name, apiGroup: RBAC_GROUP });

async function grant(
  name: string,
  rules: object[],
  subjects: object[],
  namespace = 'default',
): Promise<void> {
  await api.ok('POST', `${RBAC}/namespaces/${namespace}/roles`, { metadata: { name }, rules });
  await api.ok('POST', `${RBAC}/namespaces/${namespace}/rolebindings`, {
    metadata: { name },
    roleRef: { kind: 'Role', name, apiGroup: RBAC_GROUP },
    subjects,
  });
}

async function grantEverywhere(name: string, rules: object[], subjects: object[]): Promise<void> {
  await api.ok('POST', `${RBAC}/clusterroles`, { metadata: { name }, rules });
  await api.ok('POST', `${RBAC}/clusterrolebindings`, {
    metadata: { name },
    roleRef: { kind: 'ClusterRole', name, apiGroup: RBAC_GROUP },
    subjects,
  });
}

const statusOf = async (method: string, url: string, user: object, body?: object): Promise<number> =>
  (await api.call(method, url, body, { user: user as typeof bob })).status;

describe('a role', () => {
  it('gives what its rules say, in its namespace, from the next request on', async () => {
    expect(await statusOf('GET', CONFIG_MAPS, bob)).toBe(403);
    await grant('reader', [rule(['get', 'list'], ['configmaps'])], [subject('User', 'bob')]);
    expect(await statusOf('GET', CONFIG_MAPS, bob)).toBe(200);
    expect(await statusOf('GET', '/api/v1/namespaces/kube-system/configmaps', bob)).toBe(403);
    expect(await statusOf('GET', '/api/v1/configmaps', bob)).toBe(403);
    expect(await statusOf('POST', CONFIG_MAPS, bob, configMap('a'))).toBe(403);
    await api.ok('DELETE', `${RBAC}/namespaces/default/rolebindings/reader`);
    expect(await statusOf('GET', CONFIG_MAPS, bob)).toBe(403);
  });

  it('reaches groups and service accounts, subresources and single objects', async () => {
    await grant(
      'group',
      [rule(['get'], ['configmaps'], { resourceNames: ['one'] })],
      [subject('Group', 'dev')],
    );
    await api.ok('POST', CONFIG_MAPS, configMap('one'));
    await api.ok('POST', CONFIG_MAPS, configMap('two'));
    expect(await statusOf('GET', `${CONFIG_MAPS}/one`, bob)).toBe(200);
    expect(await statusOf('GET', `${CONFIG_MAPS}/two`, bob)).toBe(403);
    expect(await statusOf('GET', CONFIG_MAPS, bob)).toBe(403);
    await grant('account', [rule(['get'], ['pods/log'])], [{ kind: 'ServiceAccount', name: 'robot' }]);
    await api.ok('POST', PODS, pod('p', { node: 'node-1' }));
    const robot = { name: 'system:serviceaccount:default:robot', groups: [] };
    expect(await statusOf('GET', `${PODS}/p`, robot)).toBe(403);
    expect(await statusOf('GET', `${PODS}/p/log`, robot)).not.toBe(403);
  });

  it('of the cluster reaches everything, and paths', async () => {
    await grantEverywhere(
      'all',
      [
        { apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list'] },
        { nonResourceURLs: ['/metrics*'], verbs: ['get'] },
      ],
      [subject('User', 'bob')],
    );
    expect(await statusOf('GET', '/api/v1/configmaps', bob)).toBe(200);
    expect(await statusOf('GET', '/metrics', bob)).toBe(200);
    expect(await statusOf('GET', '/metrics', { name: 'eve', groups: [] })).toBe(403);
  });

  it('that everybody has lets them look around, and anonymous only see health', async () => {
    expect(await statusOf('GET', '/apis', bob)).toBe(200);
    expect(await statusOf('GET', '/apis', ANONYMOUS)).toBe(403);
    expect(await statusOf('GET', '/readyz', ANONYMOUS)).toBe(200);
  });
});

describe('escalation', () => {
  beforeEach(() =>
    grantEverywhere(
      'role-writer',
      [
        { apiGroups: [RBAC_GROUP], resources: ['roles', 'rolebindings'], verbs: ['create', 'update', 'get'] },
        rule(['get', 'list'], ['configmaps']),
      ],
      [subject('User', 'bob')],
    ),
  );

  it('is refused: nobody grants what they do not have', async () => {
    const role = (verbs: string[]): object => ({
      metadata: { name: 'r' },
      rules: [rule(verbs, ['configmaps'])],
    });
    const roles = `${RBAC}/namespaces/default/roles`;
    const refused = await api.fails('POST', roles, role(['get', 'delete']), { user: bob });
    expect(refused).toMatchObject({ code: 403, reason: 'Forbidden' });
    expect(refused.message).toBe(
      'roles.rbac.authorization.k8s.io "r" is forbidden: user "bob" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["configmaps"], Verbs:["delete"]}',
    );
    await api.ok('POST', roles, role(['get']), { user: bob });
    await api.fails('PUT', `${roles}/r`, role(['*']), { user: bob });
  });

  it('is refused for a binding, unless its role may be bound', async () => {
    const binding = {
      metadata: { name: 'b' },
      roleRef: { kind: 'ClusterRole', name: 'cluster-admin', apiGroup: RBAC_GROUP },
      subjects: [subject('User', 'bob')],
    };
    const bindings = `${RBAC}/namespaces/default/rolebindings`;
    await api.fails('POST', bindings, binding, { user: bob });
    await grantEverywhere(
      'binder',
      [
        {
          apiGroups: [RBAC_GROUP],
          resources: ['clusterroles'],
          verbs: ['bind'],
          resourceNames: ['cluster-admin'],
        },
      ],
      [subject('User', 'bob')],
    );
    await api.ok('POST', bindings, binding, { user: bob });
    expect(await statusOf('DELETE', '/api/v1/namespaces/default/secrets', bob)).toBe(200);
    expect(await statusOf('GET', '/api/v1/namespaces/kube-system/secrets', bob)).toBe(403);
  });
});

describe('access reviews', () => {
  const attributes = { namespace: 'default', verb: 'get', resource: 'configmaps' };

  it('say what the authorizer says, and why', async () => {
    await grant('reader', [rule(['get'], ['configmaps'])], [subject('User', 'bob')]);
    const self = { spec: { resourceAttributes: attributes } };
    const mine = await api.ok('POST', `${REVIEWS}/selfsubjectaccessreviews`, self, { user: bob });
    expect(mine.status).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "reader/default" of Role "reader/default" to User "bob"',
    });
    const eve = { spec: { ...self.spec, user: 'eve' } };
    expect((await api.ok('POST', `${REVIEWS}/subjectaccessreviews`, eve)).status).toEqual({ allowed: false });
    const local = { metadata: { namespace: 'default' }, spec: { ...self.spec, user: 'bob' } };
    const answer = await api.ok('POST', `${REVIEWS}/namespaces/default/localsubjectaccessreviews`, local);
    expect(answer.status.allowed).toBe(true);
    await api.fails('POST', `${REVIEWS}/subjectaccessreviews`, eve, { user: bob });
    await api.fails('POST', `${REVIEWS}/selfsubjectaccessreviews`, { spec: {} });
  });

  it('list a user’s rules', async () => {
    await grant('reader', [rule(['get'], ['configmaps'])], [subject('User', 'bob')]);
    const review = { spec: { namespace: 'default' } };
    const { status } = await api.ok('POST', `${REVIEWS}/selfsubjectrulesreviews`, review, { user: bob });
    expect(status.incomplete).toBe(false);
    expect(status.resourceRules).toContainEqual(rule(['get'], ['configmaps']));
    expect(status.nonResourceRules[0].nonResourceURLs).toContain('/api');
  });

  it('say who one is', async () => {
    const url = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const { status } = await api.ok('POST', url, {}, { user: bob });
    expect(status.userInfo).toEqual({ username: 'bob', groups: ['dev', 'system:authenticated'] });
  });
});

describe('a node', () => {
  const agent = { name: 'system:node:node-1', groups: ['system:nodes'] };

  it('reads the secrets that its pods name', async () => {
    const secrets = '/api/v1/namespaces/default/secrets';
    await api.ok('POST', secrets, { metadata: { name: 'mounted' } });
    await api.ok('POST', secrets, { metadata: { name: 'other' } });
    const mounting = pod('p', { node: 'node-1' }) as Anything;
    mounting.spec.volumes = [{ name: 'v', secret: { secretName: 'mounted' } }];
    await api.ok('POST', PODS, mounting);
    expect(await statusOf('GET', `${secrets}/mounted`, agent)).toBe(200);
    expect(await statusOf('GET', `${secrets}/other`, agent)).toBe(403);
    expect(await statusOf('GET', secrets, agent)).toBe(403);
  });

  it('writes its own Node, but not its taints or reserved labels', async () => {
    const node = (name: string, labels: object = {}): object => ({ metadata: { name, labels } });
    await api.fails('POST', '/api/v1/nodes', node('node-2'), { user: agent });
    await api.fails('POST', '/api/v1/nodes', node('node-1', { 'node-restriction.kubernetes.io/x': '1' }), {
      user: agent,
    });
    const own = await api.ok('POST', '/api/v1/nodes', node('node-1', { 'kubernetes.io/os': 'linux' }), {
      user: agent,
    });
    await api.ok(
      'PUT',
      '/api/v1/nodes/node-1',
      { ...own, metadata: { ...own.metadata, labels: { a: 'b' } } },
      {
        user: agent,
      },
    );
    const tainted = {
      ...own,
      metadata: { name: 'node-1' },
      spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] },
    };
    const refused = await api.fails('PUT', '/api/v1/nodes/node-1', tainted, { user: agent });
    expect(refused.message).toBe(
      'nodes "node-1" is forbidden: node "node-1" is not allowed to modify taints',
    );
  });

  it('creates mirror pods only', async () => {
    const refused = await api.fails('POST', PODS, pod('p', { node: 'node-1' }), { user: agent });
    expect(refused.message).toContain('can only create mirror pods');
  });
});

describe('a pod’s priority', () => {
  it('is its class’s', async () => {
    const plain = await api.ok('POST', PODS, pod('plain'));
    expect(plain.spec).toMatchObject({ priority: 0, preemptionPolicy: 'PreemptLowerPriority' });
    const critical = pod('critical') as Anything;
    critical.spec.priorityClassName = 'system-node-critical';
    expect((await api.ok('POST', PODS, critical)).spec.priority).toBe(2_000_001_000);
    const unknown = pod('unknown') as Anything;
    unknown.spec.priorityClassName = 'nothing';
    expect((await api.fails('POST', PODS, unknown)).message).toContain(
      'no PriorityClass with name nothing was found',
    );
  });
});
