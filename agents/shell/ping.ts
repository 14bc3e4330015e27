import type { NetClock } from '../netstack/environment.ts';
import type { EchoSocket } from '../netstack/ip/echo-sockets.ts';
import type { IcmpFault } from '../netstack/ip/icmp-fault.ts';
import { formatIp, type IpAddress, type IpVersion, isIpv6 } from '../netstack/ip-address.ts';
import { type Command, failure, type ShellNode, success, UsageError } from './command.ts';
import { resolveHost } from './resolve-host.ts';

/** More echo requests than this are not sent; without -c the real ping would never end. */
const MAX_COUNT = 1000;
const DEFAULT_COUNT = 4;

interface PingOptions {
  count: number;
  intervalMs: number;
  timeoutMs: number;
  size: number;
  quiet: boolean;
  dontFragment: boolean | 'if-it-fits';
  ttl: number | undefined;
  version: IpVersion | undefined;
  host: string | undefined;
}

/** `ping [-c N] [-i S] [-W S] [-s BYTES] [-t TTL] [-M do|want|dont|probe] [-4|-6] [-q] HOST` of iputils; 4 requests if -c is not given. */
export const ping: Command = async (args, _stdin, node) => {
  const options = readOptions(args);
  if (options.host === undefined) throw new UsageError('ping: usage error: Destination address required', 1);
  const destination = await resolveHost(node, options.host, options.version);
  if (destination === undefined) return failure(2, `ping: ${options.host}: Name or service not known\n`);
  return new PingRun(node, options, options.host, destination).run();
};

function readOptions(args: readonly string[]): PingOptions {
  const options: PingOptions = {
    count: DEFAULT_COUNT,
    intervalMs: 1000,
    timeoutMs: 1000,
    size: 56,
    quiet: false,
    dontFragment: 'if-it-fits',
    ttl: undefined,
    version: undefined,
    host: undefined,
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const [flag, inline] = /^-[ciWstM]./.test(arg) ? [arg.slice(0, 2), arg.slice(2)] : [arg, undefined];
    const value = (): string => inline ?? args[++i] ?? '';
    if (flag === '-c') options.count = Math.min(positive(value(), '-c'), MAX_COUNT);
    else if (flag === '-i') options.intervalMs = positive(value(), '-i') * 1000;
    else if (flag === '-W' || flag === '-w') options.timeoutMs = positive(value(), flag) * 1000;
    else if (flag === '-s') options.size = Math.min(Number(value()) || 0, 65507);
    else if (flag === '-t') options.ttl = positive(value(), '-t');
    else if (flag === '-M') options.dontFragment = discovery(value());
    else if (flag === '-q') options.quiet = true;
    else if (flag === '-4' || flag === '-6') options.version = flag === '-6' ? 6 : 4;
    else if (!flag.startsWith('-')) options.host = flag;
  }
  return options;
}

/** IP_MTU_DISCOVER, by the names of `ping -M`. */
const DISCOVERY: Readonly<Record<string, boolean | 'if-it-fits'>> = {
  do: true,
  probe: true,
  want: 'if-it-fits',
  dont: false,
};

function discovery(text: string): boolean | 'if-it-fits' {
  const found = Object.hasOwn(DISCOVERY, text) ? DISCOVERY[text] : undefined;
  if (found === undefined) throw new UsageError(`ping: invalid -M argument: ${text}`, 1);
  return found;
}

function positive(text: string, flag: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new UsageError(`ping: invalid argument: '${text}' for ${flag}`, 1);
  return number;
}

class PingRun {
  readonly #clock: NetClock;
  readonly #options: PingOptions;
  readonly #host: string;
  readonly #destination: IpAddress;
  readonly #socket: EchoSocket;
  readonly #sentAt = new Map<number, number>();
  readonly #times: number[] = [];
  #lines: string[] = [];
  #errors = 0;
  #settle: () => void = () => {};

  constructor(node: ShellNode, options: PingOptions, host: string, destination: IpAddress) {
    this.#clock = node.ns.clock;
    this.#options = options;
    this.#host = host;
    this.#destination = destination;
    this.#socket = node.ns.echo.open();
    this.#socket.onReply = ({ from, sequence, ttl, payload }) =>
      this.#reply(from, sequence, ttl, payload.length);
    this.#socket.onFault = (fault, sequence) => this.#fault(fault, sequence);
  }

  async run() {
    const { count, size, intervalMs, timeoutMs } = this.#options;
    const target = `${this.#host}(${formatIp(this.#destination)})`;
    this.#lines.push(
      isIpv6(this.#destination)
        ? `PING ${target} ${size} data bytes`
        : `PING ${target.replace('(', ' (')} ${size}(${size + 28}) bytes of data.`,
    );
    const start = this.#clock.now();
    for (let sequence = 1; sequence <= count; sequence++) {
      this.#send(sequence);
      const last = sequence === count;
      const sent = this.#clock.now();
      await this.#answered(last ? timeoutMs : intervalMs);
      const left = intervalMs - (this.#clock.now() - sent);
      if (!last && left > 0) await this.#sleep(left);
    }
    this.#socket.close();
    return this.#summary(this.#clock.now() - start);
  }

  #send(sequence: number): void {
    const { size, dontFragment, ttl } = this.#options;
    this.#sentAt.set(sequence, this.#clock.now());
    const payload = Uint8Array.from({ length: size }, (_, i) => i & 255);
    const result = this.#socket.send(this.#destination, sequence, payload, {
      dontFragment,
      ...(ttl === undefined ? {} : { ttl }),
    });
    if (result === 'sent') return;
    this.#errors++;
    this.#sentAt.delete(sequence);
    const text =
      result === 'EMSGSIZE' ? 'local error: message too long' : `sendmsg: ${SEND_ERRORS[result] ?? result}`;
    this.#lines.push(`ping: ${text}`);
  }

  #answered(milliseconds: number): Promise<void> {
    if (this.#sentAt.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(resolve, milliseconds);
      this.#settle = () => {
        this.#clock.clearTimeout(timer);
        resolve();
      };
    });
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.setTimeout(() => resolve(), milliseconds);
    });
  }

  #reply(from: IpAddress, sequence: number, ttl: number, size: number): void {
    const sent = this.#sentAt.get(sequence);
    if (sent === undefined) return;
    this.#sentAt.delete(sequence);
    const time = this.#clock.now() - sent;
    this.#times.push(time);
    this.#say(
      `${size + 8} bytes from ${formatIp(from)}: icmp_seq=${sequence} ttl=${ttl} time=${time.toFixed(3)} ms`,
    );
    this.#settle();
  }

  #fault(fault: IcmpFault, sequence: number): void {
    this.#errors++;
    this.#sentAt.delete(sequence);
    this.#say(`From ${formatIp(fault.from)} icmp_seq=${sequence} ${describeFault(fault)}`);
    this.#settle();
  }

  #say(line: string): void {
    if (!this.#options.quiet) this.#lines.push(line);
  }

  #summary(elapsed: number) {
    const { count } = this.#options;
    const received = this.#times.length;
    const loss = Math.round(((count - received) / count) * 100);
    const errors = this.#errors > 0 ? ` +${this.#errors} errors,` : '';
    this.#lines.push('', `--- ${this.#host} ping statistics ---`);
    this.#lines.push(
      `${count} packets transmitted, ${received} received,${errors} ${loss}% packet loss, time ${Math.round(elapsed)}ms`,
    );
    if (received > 0) this.#lines.push(roundTrips(this.#times));
    const text = `${this.#lines.join('\n')}\n`;
    return received > 0 ? success(text) : failure(1, '', text);
  }
}

const SEND_ERRORS: Readonly<Record<string, string>> = {
  ENETUNREACH: 'Network is unreachable',
  EHOSTUNREACH: 'No route to host',
  EPERM: 'Operation not permitted',
  EACCES: 'Permission denied',
  EINVAL: 'Invalid argument',
};

const UNREACHABLE = ['Net', 'Host', 'Protocol', 'Port'];

function describeFault(fault: IcmpFault): string {
  return isIpv6(fault.from) ? describeFault6(fault) : describeFault4(fault);
}

const UNREACHABLE_6 = [
  'No route',
  'Administratively prohibited',
  'Beyond scope of source address',
  'Address unreachable',
  'Port unreachable',
  'Source address failed ingress/egress policy',
  'Reject route to destination',
];

function describeFault6({ type, code, mtu }: IcmpFault): string {
  if (type === 3) return 'Time exceeded: Hop limit';
  if (type === 2) return `Packet too big: mtu=${mtu}`;
  return `Destination unreachable: ${UNREACHABLE_6[code] ?? `Unknown code ${code}`}`;
}

function describeFault4({ type, code, mtu }: IcmpFault): string {
  if (type === 11) return 'Time to live exceeded';
  if (code === 4) return `Frag needed and DF set (mtu = ${mtu})`;
  if (code === 13) return 'Packet filtered';
  return `Destination ${UNREACHABLE[code] ?? 'Host'} ${code > 3 ? 'Prohibited' : 'Unreachable'}`;
}

function roundTrips(times: readonly number[]): string {
  const average = times.reduce((sum, time) => sum + time, 0) / times.length;
  const deviation = Math.sqrt(times.reduce((sum, time) => sum + (time - average) ** 2, 0) / times.length);
  const parts = [Math.min(...times), average, Math.max(...times), deviation].map((time) => time.toFixed(3));
  return `rtt min/avg/max/mdev = ${parts.join('/')} ms`;
}
