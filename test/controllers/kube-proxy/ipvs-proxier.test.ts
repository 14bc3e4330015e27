import { expect, it } from 'vitest';
import { IPV4, IPV6 } from '../../../controllers/kube-proxy/ip-family.ts';
import { readSavedServices } from '../../../controllers/kube-proxy/ipvs/saved-services.ts';
import { proxiedPort } from './proxied-port.ts';
import { RecordingNode } from './recording-node.ts';
import { testConfig } from './rule-settings.ts';

const SAVED = `-A -t 10.96.0.10:80 -s rr
-a -t 10.96.0.10:80 -r 10.244.0.2:8080 -m -w 1
-a -t 10.96.0.10:80 -r 10.244.0.9:8080 -m -w 0
-A -t 10.50.0.1:80 -s wlc
-a -t 10.50.0.1:80 -r 10.244.0.7:8080 -m -w 1
-A -u [fd00:96::a]:53 -s rr
-a -u [fd00:96::a]:53 -r [fd00:244::2]:53 -m -w 1
`;

it('reads the virtual services of one family, without those of others', () => {
  expect(readSavedServices(SAVED, IPV4, ['10.50.0.0/16'])).toEqual({
    services: new Map([['-t 10.96.0.10:80', '-s rr']]),
    servers: new Map([['-t 10.96.0.10:80', ['10.244.0.2:8080']]]),
    quiescent: ['-t 10.96.0.10:80 10.244.0.9:8080'],
  });
  expect([...readSavedServices(SAVED, IPV6, []).servers]).toEqual([
    ['-u [fd00:96::a]:53', ['[fd00:244::2]:53']],
  ]);
});

it('takes over what an earlier one served, and leaves what is excluded', async () => {
  const usual = testConfig('ipvs');
  const node = new RecordingNode({ ...usual, ipvs: { ...usual.ipvs, excludeCidrs: ['10.50.0.0/16'] } });
  node.answers.set('ipvsadm -S -n', SAVED);
  await node.sync([proxiedPort({ endpoints: [{}, { ip: '10.244.0.3' }] })]);
  const changes = node.commands.filter(({ argv }) => argv === 'ipvsadm -R');
  expect(changes.map(({ stdin }) => stdin)).toEqual([
    '-a -t 10.96.0.10:80 -r 10.244.0.3:8080 -m -w 1\n',
    '-d -t 10.96.0.10:80 -r 10.244.0.9:8080\n',
  ]);
});

it.each(['rr', 'wrr', 'lc', 'wlc', 'sh', 'sed', 'nq', 'dh', 'mh'] as const)(
  'may balance by %s',
  async (scheduler) => {
    const usual = testConfig('ipvs');
    const node = new RecordingNode({ ...usual, ipvs: { ...usual.ipvs, scheduler } });
    await node.sync([proxiedPort()]);
    const flags = scheduler === 'mh' ? ' -b mh-port' : '';
    expect(node.text).toContain(`-A -t 10.96.0.10:80 -s ${scheduler}${flags}\n`);
  },
);
