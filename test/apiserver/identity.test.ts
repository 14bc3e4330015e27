import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readImpersonation } from '../../apiserver/authentication/impersonation.ts';
import { ADMIN, type Anything, ApiHarness } from './api-harness.ts';
import { CONFIG_MAPS, PODS, pod } from './objects.ts';

const ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts';
const AUTHENTICATION = '/apis/authentication.k8s.io/v1';
const RBAC_GROUP = 'rbac.authorization.k8s.io';

let api: ApiHarness;
beforeEach(async () => {
  api = await ApiHarness.start();
  await api.ok('POST', ACCOUNTS, { metadata: { name: 'robot' } });
});
afterEach(() => api.close());

async function token(spec: object = {}): Promise<string> {
  const { status } = await api.ok('POST', `${ACCOUNTS}/robot/token`, { spec });
  return status.token;
}

const userOf = (bearer: string) => api.server.userOfAuthorization(`Bearer ${bearer}`);

describe('a service account’s token', () => {
  it('names the account until it expires', async () => {
    const bearer = await token({ expirationSeconds: 600 });
    expect(await userOf(bearer)).toMatchObject({
      name: 'system:serviceaccount:default:robot',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
    });
    await api.clock.run(599_000);
    expect(await userOf(bearer)).toBeDefined();
    await api.clock.run(2_000);
    expect(await userOf(bearer)).toBeUndefined();
  });

  it('ends with its account, even if another of the name comes', async () => {
    const bearer = await token();
    await api.ok('DELETE', `${ACCOUNTS}/robot`);
    expect(await userOf(bearer)).toBeUndefined();
    await api.ok('POST', ACCOUNTS, { metadata: { name: 'robot' } });
    expect(await userOf(bearer)).toBeUndefined();
  });

  it('ends with the pod that it is bound to', async () => {
    const running = pod('p') as Anything;
    running.spec.serviceAccountName = 'robot';
    const { metadata } = await api.ok('POST', PODS, running);
    const reference = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: metadata.uid };
    const bearer = await token({ boundObjectRef: reference });
    expect((await userOf(bearer))?.extra).toMatchObject({ 'authentication.kubernetes.io/pod-name': ['p'] });
    await api.ok('DELETE', `${PODS}/p?gracePeriodSeconds=0`);
    expect(await userOf(bearer)).toBeUndefined();
    await api.fails('POST', `${ACCOUNTS}/robot/token`, { spec: { boundObjectRef: reference } });
  });

  it('is for its audience alone', async () => {
    const bearer = await token({ audiences: ['vault'] });
    expect(await userOf(bearer)).toBeUndefined();
    const review = async (audiences: string[]): Promise<Anything> =>
      (await api.ok('POST', `${AUTHENTICATION}/tokenreviews`, { spec: { token: bearer, audiences } })).status;
    expect(await review(['vault', 'other'])).toMatchObject({
      authenticated: true,
      audiences: ['vault'],
      user: { username: 'system:serviceaccount:default:robot' },
    });
    expect(await review(['other'])).toMatchObject({ error: 'invalid bearer token' });
  });

  it('cannot be forged', async () => {
    const [head, body = '', signature] = (await token()).split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
    claims.sub = 'system:serviceaccount:kube-system:default';
    claims['kubernetes.io'].namespace = 'kube-system';
    const forged = Buffer.from(JSON.stringify(claims)).toString('base64url');
    expect(await userOf(`${head}.${forged}.${signature}`)).toBeUndefined();
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    expect(await userOf(`${none}.${forged}.`)).toBeUndefined();
    for (const bad of ['', '.', '..', 'a.b.c', '\u0000']) expect(await userOf(bad)).toBeUndefined();
  });

  it('can be checked by others, with the published keys', async () => {
    const { keys } = await api.ok('GET', '/openid/v1/jwks');
    const [head = ''] = (await token()).split('.');
    const { kid, alg } = JSON.parse(Buffer.from(head, 'base64url').toString());
    expect(keys).toEqual([expect.objectContaining({ kid, alg, use: 'sig' })]);
    expect(keys[0]).not.toHaveProperty('d');
    const document = await api.ok('GET', '/.well-known/openid-configuration');
    expect(document.issuer).toBe('https://kubernetes.default.svc.cluster.local');
  });

  it('lasts ten minutes at least', async () => {
    const refused = await api.fails('POST', `${ACCOUNTS}/robot/token`, { spec: { expirationSeconds: 1 } });
    expect(refused).toMatchObject({ code: 422, details: { causes: [{ field: 'spec.expirationSeconds' }] } });
    await api.fails('POST', `${ACCOUNTS}/nobody/token`, {});
  });
});

describe('impersonation', () => {
  const as = (user: Anything, headers: string[], url = CONFIG_MAPS) =>
    api.server.handle({
      method: 'GET',
      url,
      headers: {},
      user: user as never,
      impersonation: readImpersonation(headers),
    });

  it('makes the request as somebody else, with the groups that were named', async () => {
    const refused = await as(ADMIN, ['Impersonate-User', 'bob']);
    expect(refused.status).toBe(403);
    expect(Buffer.from(refused.body as Uint8Array).toString()).toContain('User \\"bob\\" cannot list');
    const masters = await as(ADMIN, [
      'Impersonate-User',
      'bob',
      'Impersonate-Group',
      'a, b',
      'Impersonate-Group',
      'system:masters',
    ]);
    expect(masters.status).toBe(200);
  });

  it('needs leave for each part', async () => {
    await api.ok('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', {
      metadata: { name: 'impersonator' },
      rules: [{ apiGroups: [''], resources: ['users'], verbs: ['impersonate'], resourceNames: ['bob'] }],
    });
    await api.ok('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name: 'impersonator' },
      roleRef: { kind: 'ClusterRole', name: 'impersonator', apiGroup: RBAC_GROUP },
      subjects: [{ kind: 'User', name: 'alice', apiGroup: RBAC_GROUP }],
    });
    const alice = { name: 'alice', groups: [] };
    expect((await as(alice, ['Impersonate-User', 'bob'], '/version')).status).toBe(200);
    expect((await as(alice, ['Impersonate-User', 'carol'], '/version')).status).toBe(403);
    const group = await as(
      alice,
      ['Impersonate-User', 'bob', 'Impersonate-Group', 'system:masters'],
      '/version',
    );
    expect(Buffer.from(group.body as Uint8Array).toString()).toContain(
      'groups \\"system:masters\\" is forbidden: User \\"alice\\" cannot impersonate resource \\"groups\\"',
    );
    expect((await as(ADMIN, ['Impersonate-Group', 'x'], '/version')).status).toBe(400);
  });
});

describe('a certificate request', () => {
  const url = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  const pem = '-----BEGIN CERTIFICATE REQUEST-----\nAA==\n-----END CERTIFICATE REQUEST-----\n';
  const request = {
    metadata: { name: 'mine' },
    spec: {
      request: Buffer.from(pem).toString('base64'),
      signerName: 'kubernetes.io/kubelet-serving',
      usages: ['digital signature', 'server auth'],
      username: 'somebody else',
    },
  };

  it('names whoever made it', async () => {
    const { spec } = await api.ok('POST', url, request);
    expect(spec).toMatchObject({ username: 'admin', groups: ['system:masters'] });
  });

  it('is approved and signed by whom the signer’s rules name', async () => {
    await api.ok('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', {
      metadata: { name: 'approver' },
      rules: [
        {
          apiGroups: ['certificates.k8s.io'],
          resources: ['certificatesigningrequests', 'certificatesigningrequests/approval'],
          verbs: ['get', 'update'],
        },
      ],
    });
    await api.ok('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name: 'approver' },
      roleRef: { kind: 'ClusterRole', name: 'approver', apiGroup: RBAC_GROUP },
      subjects: [{ kind: 'User', name: 'alice', apiGroup: RBAC_GROUP }],
    });
    const made = await api.ok('POST', url, request);
    const approved = { ...made, status: { conditions: [{ type: 'Approved', status: 'True', reason: 'r' }] } };
    const alice = { name: 'alice', groups: [] };
    const refused = await api.fails('PUT', `${url}/mine/approval`, approved, { user: alice });
    expect(refused.message).toContain(
      'user not permitted to approve requests with signerName "kubernetes.io/kubelet-serving"',
    );
    expect((await api.ok('PUT', `${url}/mine/approval`, approved)).status.conditions).toHaveLength(1);
  });
});
