import { EthernetDevice } from '../../agents/netstack/link/ethernet-device.ts';
import { mac } from '../../agents/netstack/mac.ts';
import { Netns } from '../../agents/netstack/netns.ts';
import { runNodeCommand } from '../../agents/shell/run-node-command.ts';
import { seededRng } from '../../platform/rng.ts';
import { VirtualClock } from '../../platform/virtual-clock.ts';
import type { Answer, Host, HostPlan, Out } from './host.ts';

/** A simulated host, in whose world no time passes unless it is told to. */
export class SimHost implements Host {
  readonly clock = new VirtualClock();
  readonly ns = new Netns({ name: 'node', clock: this.clock, rng: seededRng(1) });
  readonly #devices = new Map<string, EthernetDevice>();
  #seen: Out[] = [];

  private constructor(plan: HostPlan) {
    for (const [device, address] of Object.entries(plan.devices)) {
      const link = new EthernetDevice(this.ns, device, {
        mac: mac(address),
        transmit: (frame) => this.#seen.push({ device, frame, at: this.clock.now() }),
      });
      this.#devices.set(device, link);
    }
  }

  static async start(plan: HostPlan): Promise<SimHost> {
    const host = new SimHost(plan);
    plan.simSetup?.(host.ns);
    for (const line of plan.setup) {
      const { exitCode, stderr } = await host.run(line);
      if (exitCode !== 0) throw new Error(`${line}: ${stderr}`);
    }
    await host.pass(0);
    return host;
  }

  async exchange(device: string, frames: readonly Uint8Array[]): Promise<Out[]> {
    for (const frame of frames) this.#devices.get(device)!.receive(frame.slice());
    return this.pass(0);
  }

  run(line: string, input = ''): Promise<Answer> {
    return runNodeCommand(line.split(' '), input, { ns: this.ns });
  }

  /** Lets time pass; gives what came out. */
  async pass(milliseconds: number): Promise<Out[]> {
    await this.clock.run(milliseconds);
    const seen = this.#seen;
    this.#seen = [];
    return seen;
  }

  async close(): Promise<void> {
    this.ns.delete();
  }
}
