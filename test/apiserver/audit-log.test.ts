import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { auditFile } from '../../apiserver/audit/audit-log.ts';
import { readImpersonation } from '../../apiserver/authentication/impersonation.ts';
import { silentLogger } from '../../platform/logger.ts';
import { ADMIN, type Anything, ApiHarness } from './api-harness.ts';
import { CONFIG_MAPS, configMap } from './objects.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podwire-audit-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const linesOf = (path: string): Anything[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

it('tells who did what, and what came of it', async () => {
  const path = join(folder, 'audit.log');
  const audit = auditFile({ path, maxBytes: 1e6, logger: silentLogger });
  const api = await ApiHarness.start({ audit });
  await api.ok('POST', CONFIG_MAPS, configMap('a'), { userAgent: 'kubectl/v1' });
  await api.server.handle({
    method: 'GET',
    url: `${CONFIG_MAPS}/a`,
    headers: {},
    user: ADMIN,
    impersonation: readImpersonation(['Impersonate-User', 'eve']),
  });
  const watch = await api.watch(`${CONFIG_MAPS}?watch=1`);
  watch.stop();
  await api.close();
  const [created, refused, watched] = linesOf(path);
  expect(created).toMatchObject({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    stage: 'ResponseComplete',
    verb: 'create',
    user: { username: 'admin', groups: ['system:masters'] },
    userAgent: 'kubectl/v1',
    objectRef: { resource: 'configmaps', namespace: 'default', apiVersion: 'v1' },
    responseStatus: { code: 201 },
    annotations: { 'authorization.k8s.io/decision': 'allow' },
  });
  expect(refused).toMatchObject({
    verb: 'get',
    impersonatedUser: { username: 'eve' },
    responseStatus: { code: 403, reason: 'Forbidden', status: 'Failure' },
    annotations: { 'authorization.k8s.io/decision': 'forbid' },
  });
  expect(watched).toMatchObject({ verb: 'watch', stage: 'ResponseStarted' });
});

it('begins a new file when the old one is large enough', async () => {
  const path = join(folder, 'audit.log');
  const audit = auditFile({ path, maxBytes: 2000, logger: silentLogger });
  const api = await ApiHarness.start({ audit });
  for (let index = 0; index < 5; index++) await api.call('GET', `${CONFIG_MAPS}/${index}`);
  await api.close();
  expect(existsSync(`${path}.1`)).toBe(true);
  expect(linesOf(path).length).toBeGreaterThan(0);
  expect(linesOf(path).length).toBeLessThan(4);
});
