import { FrameTap } from './frame-tap.ts';
import { type Answer, type Host, type HostPlan, type Out, probe, probeTag } from './host.ts';
import { Namespace, run } from './namespace.ts';
import { markOf, Reflector } from './reflector.ts';

const FIRST_TAP_PORT = 41_000;
const PATIENCE_MS = 5000;
/** How long socat may take to listen. */
const START_MS = 1000;
const LAST_TAG = 0xffffff;

/** What Linux says without having been asked, reports of groups and redirects, stays inside. */
const QUIET = `table inet quiet {
  chain output {
    type filter hook output priority -400
    icmpv6 type { 131, 132, 133, 137, 143 } drop
    meta l4proto igmp drop
  }
}`;

/** A host of the real kernel: a namespace whose devices' far ends the test holds. */
export class KernelHost implements Host {
  readonly namespace: Namespace;
  readonly #plan: HostPlan;
  readonly #taps = new Map<string, FrameTap>();
  #seen: Out[] = [];
  #tag = 0;
  #wake: () => void = () => {};
  #reflector: Reflector | undefined;
  /** Devices that commands have put down. */
  readonly #down = new Set<string>();

  private constructor(namespace: Namespace, plan: HostPlan) {
    this.namespace = namespace;
    this.#plan = plan;
  }

  /** To be called inside a network namespace of the test's own. */
  static async start(plan: HostPlan): Promise<KernelHost> {
    const host = new KernelHost(await Namespace.create(), plan);
    await host.#build();
    return host;
  }

  async exchange(device: string, frames: readonly Uint8Array[]): Promise<Out[]> {
    // Into a cable whose other end is down nothing goes, and socat gives up.
    for (const frame of this.#down.has(device) ? [] : frames) this.#taps.get(device)!.send(frame);
    if (this.#reflector !== undefined) await this.#mark(device, PATIENCE_MS);
    else {
      await this.#probe(device, PATIENCE_MS);
      for (const other of this.#probed()) if (other !== device) await this.#probe(other, PATIENCE_MS);
    }
    return this.#take();
  }

  async run(line: string, input = ''): Promise<Answer> {
    return this.runNow(line, input);
  }

  runNow(line: string, input = ''): Answer {
    const [, device, way] = /^ip link set (\S+) .*\b(up|down)$/.exec(line) ?? [];
    if (way === 'down') this.#down.add(device!);
    if (way === 'up') this.#down.delete(device!);
    try {
      return { exitCode: 0, stdout: this.namespace.run(line.split(' '), input), stderr: '' };
    } catch (error) {
      const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
      return { exitCode: status, stdout, stderr };
    }
  }

  /** Waits until `condition` holds of what has come out since the last exchange; gives it, in time or not. */
  async collect(condition: (seen: readonly Out[]) => boolean, patienceMs = PATIENCE_MS): Promise<Out[]> {
    await this.#until(() => condition(this.#seen), patienceMs);
    return this.#take();
  }

  /** Leaves nothing behind, so that the next may be started at once. */
  async close(): Promise<void> {
    await this.#reflector?.close();
    await Promise.all([...this.#taps.values()].map((tap) => tap.close()));
    for (const device of Object.keys(this.#plan.devices)) run(['ip', 'link', 'delete', `far-${device}`]);
    this.namespace.close();
  }

  async #build(): Promise<void> {
    const { namespace } = this;
    run(['ip', 'link', 'set', 'lo', 'up']);
    run(['sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1']);
    // Addresses are ours at once, and nobody asks whose they are.
    namespace.run([
      'sysctl',
      '-qw',
      'net.ipv6.conf.default.accept_dad=0',
      'net.ipv6.conf.default.dad_transmits=0',
    ]);
    const redirects = ['all', 'default'].map((each) => `net.ipv4.conf.${each}.send_redirects=0`);
    namespace.run(['sysctl', '-qw', ...redirects]);
    namespace.run([
      'sysctl',
      '-qw',
      'net.ipv4.icmp_ratelimit=0',
      'net.ipv6.icmp.ratelimit=0',
      'net.ipv6.auto_flowlabels=0',
    ]);
    namespace.run(['nft', '-f', '-'], QUIET);
    for (const [i, [device, address]] of Object.entries(this.#plan.devices).entries()) {
      run(`ip link add far-${device} type veth peer name ${device} netns ${namespace.pid}`.split(' '));
      run(`ip link set far-${device} arp off up`.split(' '));
      namespace.run(['ip', 'link', 'set', device, 'address', address]);
      const tap = await FrameTap.open(`far-${device}`, FIRST_TAP_PORT + i, (frame) => {
        this.#seen.push({ device, frame, at: Date.now() });
        this.#wake();
      });
      this.#taps.set(device, tap);
    }
    for (const line of [...(this.#plan.kernelSetup ?? []), ...this.#plan.setup]) {
      const { exitCode, stderr } = this.runNow(line);
      if (exitCode !== 0) throw new Error(`${line}: ${stderr}`);
    }
    if (this.#plan.probers === undefined) await this.#startReflector();
    for (const device of Object.keys(this.#plan.devices)) await this.#warmUp(device);
    this.#take();
  }

  #probed(): string[] {
    return Object.keys(this.#plan.probers ?? {});
  }

  /** Until socat listens, what is sent to it is lost. */
  async #warmUp(device: string): Promise<void> {
    for (let tries = 0; ; tries++) {
      const attempt = this.#reflector ? this.#mark(device, START_MS) : this.#probe(device, START_MS);
      const failure = await attempt.then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure === undefined) return;
      if (tries === 3) throw failure;
    }
  }

  async #probe(device: string, patienceMs: number): Promise<void> {
    this.#tag = (this.#tag + 1) & LAST_TAG;
    const tag = this.#tag;
    this.#taps.get(device)!.send(probe(this.#plan.probers![device]!, tag));
    const isIn = (): boolean =>
      this.#seen.some((each) => each.device === device && probeTag(each.frame) === tag);
    if (!(await this.#until(isIn, patienceMs))) throw new Error(`nothing came out of ${device} in time`);
  }

  async #startReflector(): Promise<void> {
    const devices = Object.keys(this.#plan.devices);
    this.#reflector = new Reflector(this.namespace.pid, devices, () => this.#wake());
    if (!(await this.#until(() => this.#reflector!.isReady, PATIENCE_MS))) throw new Error('no reflector');
  }

  /** A mark goes in by the device, and then out of all that are up. */
  async #mark(device: string, patienceMs: number): Promise<void> {
    const reflector = this.#reflector!;
    const tag = ++this.#tag;
    if (this.#down.has(device)) reflector.reflect(tag);
    else this.#taps.get(device)!.send(reflector.mark(tag));
    const isOut = (name: string): boolean =>
      this.#seen.some((each) => each.device === name && markOf(each.frame) === tag);
    const isDone = (): boolean => reflector.devicesOf(tag)?.every(isOut) ?? false;
    if (!(await this.#until(isDone, patienceMs))) throw new Error(`no mark came through ${device} in time`);
  }

  async #until(condition: () => boolean, patienceMs: number): Promise<boolean> {
    const deadline = Date.now() + patienceMs;
    while (!condition()) {
      if (Date.now() > deadline) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 20);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return true;
  }

  #take(): Out[] {
    const seen = this.#seen;
    this.#seen = [];
    return seen.filter(({ frame }) => probeTag(frame) === undefined && markOf(frame) === undefined);
  }
}
