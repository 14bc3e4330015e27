import { describe, expect, it } from 'vitest';
import { JUMPS } from '../../../controllers/kube-proxy/iptables/jumps.ts';
import { type NodeProgram, nodeProgram } from '../../../controllers/kube-proxy/iptables/node-program.ts';
import { NOTHING_WRITTEN, restoreText } from '../../../controllers/kube-proxy/iptables/restore-text.ts';
import { serviceText } from '../../../controllers/kube-proxy/iptables/service-text.ts';
import { proxiedPort } from './proxied-port.ts';
import { testSettings } from './rule-settings.ts';

const settings = testSettings('iptables');
const NODE = { nodeName: 'node-1', nodeIp: '172.18.0.2', zone: '', podCidr: '' };
const OPTIONS = { ...NODE, settings, isLarge: false };
const BASE = { settings, nodePortIps: undefined };
const programOf = (...ports: ReturnType<typeof proxiedPort>[]): NodeProgram => {
  return nodeProgram(
    ports.map((port) => serviceText(port, OPTIONS)),
    BASE,
  );
};

describe('restoreText', () => {
  it('writes nothing when nothing changed', () => {
    const program = programOf(proxiedPort({ endpoints: [{}] }));
    expect(restoreText(program, NOTHING_WRITTEN, JUMPS).text).toContain('*nat\n');
    expect(restoreText(programOf(proxiedPort({ endpoints: [{}] })), program, []).text).toBe('');
  });

  it('rewrites only the chains of the Service that changed', () => {
    const other = proxiedPort({
      name: 'default/other',
      clusterIp: '10.96.0.11',
      endpoints: [{ ip: '10.244.0.9' }],
    });
    const before = programOf(proxiedPort({ endpoints: [{}] }), other);
    const after = programOf(proxiedPort({ endpoints: [{}, { ip: '10.244.0.3' }] }), other);
    const { text } = restoreText(after, before, []);
    expect(text).toContain('default/web:http -> 10.244.0.3:8080');
    expect(text).not.toContain('default/other');
    expect(text).not.toContain('*filter');
  });

  it('empties and deletes the chains of an endpoint that is gone', () => {
    const before = programOf(proxiedPort({ endpoints: [{}, { ip: '10.244.0.3' }] }));
    expectDeleted(restoreText(programOf(proxiedPort({ endpoints: [{}] })), before, []).text);
    expectDeleted(restoreText(programOf(), before, []).text);
  });

  it('deletes what an earlier kube-proxy left', () => {
    expectDeleted(restoreText(programOf(), { chains: new Set(['KUBE-SEP-OLD']) }, []).text);
  });
});

function expectDeleted(text: string): void {
  const deleted = /^-X (KUBE-SEP-\w+)$/m.exec(text)?.[1];
  expect(deleted).toBeDefined();
  expect(text).toContain(`:${deleted} - [0:0]`);
  expect(text.indexOf(`-X ${deleted}`)).toBeGreaterThan(text.lastIndexOf('\n-A '));
}
