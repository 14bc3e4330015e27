import { describe, expect, it } from 'vitest';
import { compileRules } from '../../../controllers/kube-proxy/iptables/compile-rules.ts';
import { JUMPS } from '../../../controllers/kube-proxy/iptables/jumps.ts';
import { NOTHING_WRITTEN, restoreText } from '../../../controllers/kube-proxy/iptables/restore-text.ts';
import { proxiedPort } from './proxied-port.ts';

const OPTIONS = { nodeName: 'node-1', clusterCidr: '10.244.0.0/16' };
const rulesOf = (...ports: ReturnType<typeof proxiedPort>[]) => compileRules(ports, OPTIONS);

describe('restoreText', () => {
  it('writes nothing when nothing changed', () => {
    const first = restoreText(rulesOf(proxiedPort({ endpoints: [{}] })), NOTHING_WRITTEN, JUMPS);
    expect(first.text).toContain('*nat\n');
    expect(restoreText(rulesOf(proxiedPort({ endpoints: [{}] })), first.written, []).text).toBe('');
  });

  it('rewrites only the chains of the Service that changed', () => {
    const other = proxiedPort({
      name: 'default/other',
      clusterIp: '10.96.0.11',
      endpoints: [{ ip: '10.244.0.9' }],
    });
    const before = restoreText(rulesOf(proxiedPort({ endpoints: [{}] }), other), NOTHING_WRITTEN, JUMPS);
    const after = rulesOf(proxiedPort({ endpoints: [{}, { ip: '10.244.0.3' }] }), other);
    const { text } = restoreText(after, before.written, []);
    expect(text).toContain('default/web:http -> 10.244.0.3:8080');
    expect(text).not.toContain('default/other');
    expect(text).not.toContain('*filter');
  });

  it('empties and deletes the chains of an endpoint that is gone', () => {
    const before = restoreText(
      rulesOf(proxiedPort({ endpoints: [{}, { ip: '10.244.0.3' }] })),
      NOTHING_WRITTEN,
      JUMPS,
    );
    const { text } = restoreText(rulesOf(proxiedPort({ endpoints: [{}] })), before.written, []);
    const deleted = /^-X (KUBE-SEP-\w+)$/m.exec(text)?.[1];
    expect(text).toContain(`:${deleted} - [0:0]`);
    expect(text.indexOf(`-X ${deleted}`)).toBeGreaterThan(text.lastIndexOf('\n-A '));
  });
});
