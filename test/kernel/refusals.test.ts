import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { KernelNode } from './kernel-node.ts';
import { SimNode } from './sim-node.ts';

let kernel: KernelNode;
let sim: SimNode;
beforeAll(async () => {
  kernel = await KernelNode.start();
});
beforeEach(async () => {
  await kernel.reset();
  sim?.close();
  sim = await SimNode.bare();
});
afterAll(async () => {
  sim?.close();
  await kernel?.close();
});

interface Step {
  readonly argv: readonly string[];
  readonly text: string;
}

/** Which of the steps, of which each goes on from where the one before ended, either refuses. */
async function refusalsOf(steps: readonly Step[]): Promise<{ linux: string; podwire: string }> {
  let linux = '';
  let podwire = '';
  for (const { argv, text } of steps) {
    linux += accepts(() => kernel.exec(argv, text)) ? '+' : '-';
    podwire += (await acceptsInTime(sim.exec(argv, text))) ? '+' : '-';
  }
  return { linux, podwire };
}

function accepts(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}

const acceptsInTime = (run: Promise<unknown>): Promise<boolean> =>
  run.then(
    () => true,
    () => false,
  );

const CHAINS = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
};
const OWN = ['ONE', 'TWO', 'THREE'];
const RULES = [
  '-j MASQUERADE',
  '-j SNAT --to-source 10.244.1.9',
  '-j DNAT --to-destination 10.244.1.9',
  '-p tcp -j REDIRECT --to-ports 80',
  '-j REJECT',
  '-j CT --notrack',
  '-m rpfilter -j ACCEPT',
  '-m addrtype --dst-type LOCAL --limit-iface-in -j ACCEPT',
  '-m addrtype --dst-type LOCAL --limit-iface-out -j ACCEPT',
  '-m mac --mac-source 02:00:00:00:01:02 -j ACCEPT',
  '-m physdev --physdev-out eth0 -j ACCEPT',
  '-m physdev --physdev-is-out --physdev-is-bridged -j ACCEPT',
  '-i eth0 -j ACCEPT',
  '-o eth0 -j ACCEPT',

  '-j LOG',
];

it.each(Object.entries(CHAINS))(
  'refuses in table %s of iptables what Linux refuses',
  async (table, chains) => {
    const step = (...lines: string[]): Step => ({
      argv: ['iptables-restore', '-n'],
      text: `*${table}\n${lines.map((line) => `${line}\n`).join('')}COMMIT\n`,
    });
    const differences: string[] = [];
    for (const chain of chains) {
      for (const rule of RULES) {
        const refusals = await refusalsOf([
          step(`-A ${chain} ${rule}`),
          step(':ONE - [0:0]', `-A ONE ${rule}`, `-A ${chain} -j ONE`),
          step(':TWO - [0:0]', ':THREE - [0:0]', `-A ${chain} -j TWO`, '-A TWO -j THREE'),
          step(`-A THREE ${rule}`),
          step(`-F ${chain}`, '-F TWO'),
          step(`-A THREE ${rule}`),
          step(...chains.map((each) => `-F ${each}`), ...OWN.map((own) => `:${own} - [0:0]`)),
        ]);
        if (refusals.linux !== refusals.podwire)
          differences.push(`${chain} ${rule}: ${JSON.stringify(refusals)}`);
      }
    }
    expect(differences).toEqual([]);
  },
);

const HOOKS = {
  filter: ['prerouting', 'input', 'forward', 'output', 'postrouting'],
  nat: ['prerouting', 'input', 'output', 'postrouting'],
  route: ['output'],
};
const STATEMENTS = [
  'masquerade',
  'snat to 10.244.1.9',
  'dnat to 10.244.1.9',
  'redirect',
  'reject',
  'notrack',

  'fib daddr . iif type local accept',
  'fib daddr . oif type local accept',
  'fib saddr . iif oif 0 drop',

  'meta l4proto . fib saddr oif . iifname vmap { tcp . 0 . "eth0" : drop }',
];

it.each(Object.entries(HOOKS))(
  'refuses in chains of type %s of nftables what Linux refuses',
  async (type, hooks) => {
    const differences: string[] = [];
    for (const hook of hooks) {
      for (const statement of STATEMENTS) {
        const step = (text: string): Step => ({ argv: ['nft', '-f', '-'], text });
        const base = `type ${type} hook ${hook} priority 0`;
        const refusals = await refusalsOf([
          step(`table ip a { chain base { ${base}; ${statement}; }; }`),
          step(`table ip a { chain sub { ${statement}; }; chain base { ${base}; jump sub; }; }`),
          step(`table ip b { chain sub { }; chain base { ${base}; jump sub; }; }`),
          step(`add rule ip b sub ${statement}`),
          step('flush chain ip b base'),
          step(`add rule ip b sub ${statement}`),
          step('add rule ip b base jump sub'),
          step(`table ip c {
          map m { type inet_proto : verdict; }
          chain sub { }
          chain base { ${base}; meta l4proto vmap @m; }
        }`),
          step(`table ip c { chain last { ${statement}; }; }`),
          step('add rule ip c sub goto last'),
          step('add element ip c m { tcp : goto sub }'),
          step('flush ruleset'),
        ]);
        if (refusals.linux !== refusals.podwire)
          differences.push(`${hook} ${statement}: ${JSON.stringify(refusals)}`);
      }
    }
    expect(differences).toEqual([]);
  },
);
