import { expect, it } from 'vitest';
import { PROXY_MODES, type ProxyConfig } from '../../../controllers/kube-proxy/configuration/proxy-config.ts';
import { IPV4, IPV6, type IpFamily } from '../../../controllers/kube-proxy/ip-family.ts';
import { type Counts, countRules, listed, moreThan } from './count-rules.ts';
import { type Feature, features } from './features.ts';
import { RecordingNode } from './recording-node.ts';
import { testConfig } from './rule-settings.ts';

const NOTHING: Feature = { name: 'no Service', ports: [] };
const HEADING = `How many rules, chains, elements and virtual servers a node has for one Service, more than for none.
To renew: npx vitest run -u test/controllers/kube-proxy/rule-counts.test.ts
`;

async function counted(
  mode: (typeof PROXY_MODES)[number],
  { ports, config = {} }: Feature,
  family: IpFamily,
  common: Partial<ProxyConfig>,
): Promise<Counts> {
  const node = new RecordingNode(testConfig(mode, { ...common, ...config }), family);
  await node.sync(ports);
  return countRules(node.commands);
}

async function table(family: IpFamily, common: Partial<ProxyConfig> = {}): Promise<string> {
  let text = HEADING;
  const bases = new Map<string, Counts>();
  for (const mode of PROXY_MODES) bases.set(mode, await counted(mode, NOTHING, family, common));
  text += `\n${NOTHING.name}\n`;
  for (const [mode, base] of bases) text += `  ${mode.padEnd(9)} ${listed(base)}\n`;
  for (const feature of features(family)) {
    text += `\n${feature.name}\n`;
    for (const mode of PROXY_MODES) {
      const counts = await counted(mode, feature, family, common);
      text += `  ${mode.padEnd(9)} ${moreThan(bases.get(mode)!, counts)}\n`;
    }
  }
  return text;
}

it('are as many as they were', async () => {
  await expect(await table(IPV4)).toMatchFileSnapshot('rule-counts.txt');
});

it('are as many for IPv6, but for those of localhost', async () => {
  const unnamed = (text: string): string =>
    text.replaceAll('KUBE-6-', 'KUBE-').replace(/SOURCE-CID\b/g, 'SOURCE-CIDR');
  const isAboutLocalhost = /localhost|primary address|networks of the node|no Service/;
  const parts = (text: string): string[] =>
    text.split('\n\n').filter((part) => !isAboutLocalhost.test(part.split('\n')[0]!));
  const short = (text: string): string => text.replace(/SCTP-HAS\b/g, 'SCTP-HASH');
  expect(parts(short(unnamed(await table(IPV6))))).toEqual(
    parts(await table(IPV4, { localhostNodePorts: false })),
  );
});
