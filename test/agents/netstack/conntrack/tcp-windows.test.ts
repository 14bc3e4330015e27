import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runNodeCommand } from '../../../../agents/shell/run-node-command.ts';
import { type Aberration, Conversation, RIGHT } from '../flow/conversation.ts';
import { FlowWorld, frameOf } from '../flow/flow-world.ts';

const FIN = 1;
const SYN = 2;
const RST = 4;
const PSH = 8;
const ACK = 16;

const RULES = `*filter
-A FORWARD -m conntrack --ctstate INVALID -j DROP
COMMIT
`;
const CLIENT = ['pod2', '10.244.1.2'] as const;
const SERVER = ['eth0', '172.18.0.100'] as const;

let world: FlowWorld;
let conversation: Conversation;

beforeEach(() => {
  world = new FlowWorld({ rules: RULES });
  conversation = new Conversation(1000, 5000);
});
afterEach(() => world.ns.delete());

/** Whether a segment comes through. */
async function says(
  side: 'client' | 'server',
  flags: number,
  payload = 0,
  odd: Partial<Aberration> = {},
): Promise<boolean> {
  const [[port, source], [, destination]] = side === 'client' ? [CLIENT, SERVER] : [SERVER, CLIENT];
  const [sourcePort, destinationPort] = side === 'client' ? [4000, 80] : [80, 4000];
  const numbers = conversation.say(side, flags, payload, { ...RIGHT, ...odd });
  const common = { protocol: 'tcp', ttl: 64, dontFragment: false } as const;
  world.send(
    port,
    frameOf(port, {
      ...common,
      source,
      destination,
      sourcePort,
      destinationPort,
      flags,
      payload,
      numbers,
    }),
  );
  const left = await world.take();
  return left.some(({ frame }) => frame[12] === 8 && frame[13] === 0);
}

async function opens(options: Aberration['options'] = 'none'): Promise<void> {
  expect(await says('client', SYN, 0, { options })).toBe(true);
  expect(await says('server', SYN | ACK, 0, { options })).toBe(true);
  expect(await says('client', ACK)).toBe(true);
}

/** Time left and state, as `conntrack -L` tells. */
async function told(): Promise<string> {
  const { stdout } = await runNodeCommand(['conntrack', '-L', '-p', 'tcp'], '', { ns: world.ns });
  return /^tcp\s+6 (\d+ \w+)/.exec(stdout)?.[1] ?? '';
}

describe('a segment outside of its window', () => {
  it('over it is INVALID and leaves the connection as it was', async () => {
    await opens();
    expect(await says('client', ACK, 10, { sequence: 5000, isSent: false })).toBe(false);
    expect(await told()).toBe('432000 ESTABLISHED');
    expect(await says('client', ACK, 10)).toBe(true);
  });

  it('passes if it acknowledges what was sent, and not if more', async () => {
    await opens();
    expect(await says('client', ACK, 0, { acknowledgment: 1, isSent: false })).toBe(false);
    expect(await says('client', ACK, 0, { acknowledgment: -66_000, isSent: false })).toBe(true);
  });

  it('by little passes, for its answer to be believed', async () => {
    await opens();
    expect(await says('server', ACK, 500, { sequence: 1001 })).toBe(true);
    expect(await says('client', ACK)).toBe(true);
  });

  it('has as much room as the window is scaled to', async () => {
    await opens('a scale');
    expect(await says('client', ACK, 0, { window: 10_000 })).toBe(true);
    expect(await says('server', ACK, 10, { sequence: 19_000, isSent: false })).toBe(true);
    expect(await says('server', ACK, 10, { sequence: 100_000, isSent: false })).toBe(false);
  });

  it('passes if one is told to be liberal', async () => {
    world.ns.sysctl.set('net.netfilter.nf_conntrack_tcp_be_liberal', 1);
    await opens();
    expect(await says('client', ACK, 10, { sequence: 5000 })).toBe(true);
  });

  it('passes in a connection that was picked up in its middle, if such are', async () => {
    expect(await says('client', ACK, 10)).toBe(true);
    expect(await says('client', ACK, 10, { sequence: 100_000 })).toBe(true);
    expect(await told()).toBe('300 ESTABLISHED');
    world.ns.conntrack.deleteWhere(() => true);
    world.ns.sysctl.set('net.netfilter.nf_conntrack_tcp_loose', 0);
    expect(await says('client', ACK, 10)).toBe(false);
  });

  it('that ends the connection from both sides shortens its life', async () => {
    await opens();
    expect(await says('client', FIN | ACK, 0, { sequence: 100_000, isSent: false })).toBe(false);
    expect(await told()).toBe('432000 ESTABLISHED');
    expect(await says('server', FIN | ACK, 0, { sequence: 100_000, isSent: false })).toBe(false);
    expect(await told()).toBe('300 ESTABLISHED');
  });
});

describe('blocks that were received out of order', () => {
  it('count as acknowledged if both sides have agreed on them', async () => {
    await opens('SACK permitted');
    expect(await says('client', ACK, 0, { options: 'a SACK block' })).toBe(false);
    expect(await says('server', ACK, 300)).toBe(true);
    expect(await says('client', ACK, 0, { acknowledgment: -300, options: 'timestamps' })).toBe(true);
  });

  it('are not looked at otherwise', async () => {
    await opens();
    expect(await says('client', ACK, 0, { options: 'a SACK block' })).toBe(true);
  });

  it.each(['cut short', 'length 0', 'length 1', 'half a SACK block', 'SACK after the end'] as const)(
    'and options that make no sense pass: %s',
    async (options) => {
      await opens('SACK permitted');
      expect(await says('client', ACK, 0, { options })).toBe(true);
    },
  );
});

describe('a reset', () => {
  it('is believed if its number is the one that was acknowledged', async () => {
    await opens();
    expect(await says('server', RST)).toBe(true);
    expect(await told()).toBe('10 CLOSE');
  });

  it('leaves the connection for a challenge if its number is only in the window (RFC 5961)', async () => {
    await opens();
    expect(await says('server', RST, 0, { sequence: 10 })).toBe(true);
    expect(await told()).toBe('10 ESTABLISHED');
  });

  it('from before is INVALID, unless told otherwise', async () => {
    await opens();
    expect(await says('server', ACK, 10)).toBe(true);
    expect(await says('client', ACK)).toBe(true);
    expect(await says('server', RST, 0, { sequence: -5 })).toBe(false);
    world.ns.sysctl.set('net.netfilter.nf_conntrack_tcp_ignore_invalid_rst', 1);
    expect(await says('server', RST, 0, { sequence: -5 })).toBe(true);
  });

  it('that answers a SYN ends the entry at once', async () => {
    expect(await says('client', SYN)).toBe(true);
    expect(await says('server', RST | ACK)).toBe(true);
    expect(await told()).toBe('');
  });

  it('by a rule ends the connection for both sides', async () => {
    const rule = '-A FORWARD -p tcp -m tcp --tcp-flags PSH PSH -j REJECT --reject-with tcp-reset';
    world.ns.iptables.restore(RULES.replace('COMMIT', `${rule}\nCOMMIT`));
    await opens();
    await says('client', PSH | ACK, 10, { isSent: false });
    expect(await told()).toBe('10 CLOSE');
    expect(await says('server', ACK, 10)).toBe(true);
    expect(await told()).toBe('10 CLOSE');
  });
});

describe('a SYN in a connection', () => {
  it('changes nothing until it is answered, and then begins it anew', async () => {
    await opens();
    expect(await says('client', SYN, 0, { sequence: 1_000_000 })).toBe(true);
    expect(await told()).toBe('432000 ESTABLISHED');
    expect(await says('server', SYN | ACK, 0, { sequence: 3_000_000 })).toBe(true);
    expect(await told()).toBe('60 SYN_RECV');
    expect(await says('client', ACK)).toBe(true);
    expect(await told()).toBe('432000 ESTABLISHED');
  });

  it('takes the place of one that has ended', async () => {
    await opens();
    expect(await says('client', FIN | ACK)).toBe(true);
    expect(await says('server', FIN | ACK)).toBe(true);
    expect(await says('client', ACK)).toBe(true);
    expect(await told()).toBe('120 TIME_WAIT');
    expect(await says('client', SYN)).toBe(true);
    expect(await told()).toBe('120 SYN_SENT');
  });

  it('before the end brings an ACK that is not taken for the last one (RFC 5961)', async () => {
    await opens();
    expect(await says('client', FIN | ACK)).toBe(true);
    expect(await says('server', FIN | ACK)).toBe(true);
    expect(await told()).toBe('30 LAST_ACK');
    expect(await says('client', SYN, 0, { isSent: false })).toBe(true);
    expect(await says('server', ACK)).toBe(true);
    expect(await told()).toBe('30 LAST_ACK');
  });

  it('from both sides at once opens a connection too', async () => {
    expect(await says('client', SYN)).toBe(true);
    expect(await says('server', SYN)).toBe(true);
    expect(await told()).toBe('120 SYN_SENT2');
    expect(await says('client', SYN | ACK, 0, { sequence: -1 })).toBe(true);
    expect(await says('server', ACK)).toBe(true);
    expect(await told()).toBe('432000 ESTABLISHED');
  });
});

describe('how long a connection lives', () => {
  it('is short while data are not acknowledged', async () => {
    await opens();
    expect(await says('client', ACK, 100)).toBe(true);
    expect(await told()).toBe('300 ESTABLISHED');
    expect(await says('server', ACK)).toBe(true);
    expect(await told()).toBe('432000 ESTABLISHED');
  });

  it('is short when the same comes again and again', async () => {
    world.ns.sysctl.set('net.netfilter.nf_conntrack_tcp_timeout_max_retrans', 200);
    await opens();
    for (let i = 0; i < 4; i++) expect(await says('client', ACK)).toBe(true);
    expect(await told()).toBe('200 ESTABLISHED');
  });

  it('is not lengthened by SYNs that nobody answers', async () => {
    expect(await says('client', SYN)).toBe(true);
    await world.clock.runUntil(() => false, 20_000);
    expect(await says('client', SYN, 0, { sequence: -1 })).toBe(true);
    expect(await told()).toBe('100 SYN_SENT');
  });
});
