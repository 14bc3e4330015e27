import type { Container as ContainerSpec, Pod, PodStatus, Probe } from '../../openapi/generated/types.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Rng, uuid } from '../../platform/rng.ts';
import type { NodeCni } from '../cni/node-cni.ts';
import { findImage } from '../images/find-image.ts';
import type { DeclaredPort } from '../images/image.ts';
import { Netns } from '../netstack/netns.ts';
import type { ResolverConfig } from '../sockets/resolver.ts';
import { Container } from './container.ts';
import {
  type ConfigurationSources,
  ContainerConfigError,
  containerEnvironment,
  containerFiles,
  expand,
  podHostname,
} from './container-environment.ts';
import { podStatus } from './pod-status.ts';
import { portMappings } from './port-mappings.ts';
import { runProbe } from './probe.ts';

/** What all pods of a node share. */
export interface PodHost {
  readonly nodeName: string;
  /** One of each family, the first is the node's own. */
  readonly nodeIps: readonly string[];
  /** The node's own namespace: probes start there, and pods on the host's network live there. */
  readonly netns: Netns;
  readonly cni: NodeCni;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly configuration: Omit<ConfigurationSources, 'podIps' | 'hostIps'>;
  resolverFor(pod: Pod): ResolverConfig;
}

export interface PodWorkerOptions {
  readonly host: PodHost;
  readonly pod: Pod;
  /** Something changed that a sync or the status must follow. */
  readonly onChange: () => void;
  readonly onEvent: (type: 'normal' | 'warning', reason: string, message: string) => void;
}

const RETRY_CONFIGURATION_MS = 10_000;

interface Sandbox {
  readonly id: string;
  readonly netns: Netns;
  readonly ips: readonly string[];
}

/**
 * One pod on its node: a sandbox (a network namespace wired up by CNI) and its containers. `sync` may be
 * called at any time and does whatever is missing.
 */
export class PodWorker {
  readonly #options: PodWorkerOptions;
  readonly #startTime: number;
  readonly #init: readonly Container[];
  readonly #main: readonly Container[];
  #pod: Pod;
  #sandbox: Sandbox | undefined;
  #terminating = false;

  constructor(options: PodWorkerOptions) {
    this.#options = options;
    this.#pod = options.pod;
    this.#startTime = options.host.clock.now();
    this.#init = (options.pod.spec?.initContainers ?? []).map((spec) => this.#container(spec));
    this.#main = (options.pod.spec?.containers ?? []).map((spec) => this.#container(spec));
  }

  get uid(): string {
    return this.#pod.metadata.uid ?? '';
  }

  get graceMs(): number {
    return (this.#pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000;
  }

  get netns(): Netns | undefined {
    return this.#sandbox?.netns;
  }

  get ip(): string | undefined {
    return this.#sandbox?.ips[0];
  }

  container(name: string | undefined): Container | undefined {
    const all = [...this.#main, ...this.#init];
    return name === undefined || name === '' ? all[0] : all.find((container) => container.name === name);
  }

  /** Brings the pod nearer to what it should be; answers after how many milliseconds to look again. */
  async sync(pod: Pod): Promise<number | undefined> {
    this.#pod = pod;
    if (this.#terminating) return undefined;
    if (!this.#sandbox) this.#createSandbox();
    const pendingInit = this.#init.find((container) => container.exitCode !== 0);
    if (pendingInit) {
      if (pendingInit.exitCode !== undefined && pod.spec?.restartPolicy === 'Never') return undefined;
      for (const container of this.#main) container.wait('PodInitializing');
      return this.#keepRunning(pendingInit, true);
    }
    const waits: number[] = [];
    for (const container of this.#main) {
      const wait = await this.#keepRunning(container, false);
      if (wait !== undefined) waits.push(wait);
    }
    return waits.length > 0 ? Math.min(...waits) : undefined;
  }

  /** Asks all containers to end; `onChange` is called as each does. */
  terminate(graceMs: number): void {
    if (this.#terminating) return;
    this.#terminating = true;
    for (const container of [...this.#init, ...this.#main]) {
      if (container.running)
        this.#options.onEvent('normal', 'Killing', `Stopping container ${container.name}`);
      container.stop(graceMs);
    }
  }

  get ended(): boolean {
    return [...this.#init, ...this.#main].every((container) => !container.running);
  }

  /** Removes the sandbox; the address may be given to another pod from now on. */
  destroy(): void {
    for (const container of [...this.#init, ...this.#main]) container.kill();
    this.#terminating = true;
    const sandbox = this.#sandbox;
    this.#sandbox = undefined;
    if (!sandbox || sandbox.netns === this.#options.host.netns) return;
    this.#options.host.cni.del({ containerId: sandbox.id, netns: sandbox.netns, ifName: 'eth0' });
    sandbox.netns.delete();
  }

  /** The node has lost its power: everything is gone, and no packet tells. */
  abandon(): void {
    this.#terminating = true;
    for (const container of [...this.#init, ...this.#main]) container.abandon();
    const sandbox = this.#sandbox;
    this.#sandbox = undefined;
    if (sandbox && sandbox.netns !== this.#options.host.netns) sandbox.netns.delete();
  }

  status(pod: Pod): PodStatus {
    const { host } = this.#options;
    return podStatus(
      pod,
      {
        hostIps: host.nodeIps,
        podIps: this.#sandbox?.ips ?? [],
        startTime: this.#startTime,
        initContainers: this.#init.map((container) => container.status()),
        containers: this.#main.map((container) => container.status()),
        terminating: this.#terminating,
      },
      host.clock.now(),
    );
  }

  #container(spec: ContainerSpec): Container {
    const { host, onChange, onEvent } = this.#options;
    return new Container({
      spec,
      image: findImage(spec.image ?? ''),
      graceMs: this.graceMs,
      clock: host.clock,
      newId: () => Buffer.from(host.rng.bytes(32)).toString('hex'),
      attempt: (probe: Probe) =>
        runProbe(probe, {
          from: host.netns,
          clock: host.clock,
          podIp: this.#sandbox?.ips[0] ?? '',
          container: spec,
        }),
      onChange,
      onEvent,
    });
  }

  #createSandbox(): void {
    const { host, onChange } = this.#options;
    if (this.#pod.spec?.hostNetwork) {
      this.#sandbox = { id: '', netns: host.netns, ips: host.nodeIps };
      return onChange();
    }
    const id = Buffer.from(host.rng.bytes(32)).toString('hex');
    const netns = new Netns({ name: `cni-${uuid(host.rng)}`, clock: host.clock, rng: host.rng });
    netns.lo.setUp();
    try {
      const result = host.cni.add({
        containerId: id,
        netns,
        ifName: 'eth0',
        portMappings: portMappings(this.#pod),
      });
      const ips = result.ips.map(({ address }) => address.split('/')[0] ?? '');
      this.#sandbox = { id, netns, ips };
    } catch (error) {
      netns.delete();
      const message = error instanceof Error ? error.message : String(error);
      this.#options.onEvent('warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${message}`);
      throw error;
    }
    onChange();
  }

  /** Starts a container that should run and does not; answers when to try again if that is not now. */
  async #keepRunning(container: Container, once: boolean): Promise<number | undefined> {
    if (container.running || !this.#shouldStart(container, once)) return undefined;
    const { clock } = this.#options.host;
    const wait = container.everStarted ? container.retryAt - clock.now() : 0;
    if (wait > 0) {
      const message = `back-off ${container.backoffMs / 1000}s restarting failed container=${container.name}`;
      container.wait('CrashLoopBackOff', message);
      return wait;
    }
    try {
      await this.#start(container);
      return undefined;
    } catch (error) {
      if (!(error instanceof ContainerConfigError)) throw error;
      container.wait('CreateContainerConfigError', error.message);
      this.#options.onEvent('warning', 'Failed', `Error: ${error.message}`);
      return RETRY_CONFIGURATION_MS;
    }
  }

  #shouldStart(container: Container, once: boolean): boolean {
    if (container.exitCode === undefined) return true;
    const policy = this.#pod.spec?.restartPolicy ?? 'Always';
    if (once) return container.exitCode !== 0 && policy !== 'Never';
    return policy === 'Always' || (policy === 'OnFailure' && container.exitCode !== 0);
  }

  async #start(container: Container): Promise<void> {
    const { host } = this.#options;
    const pod = this.#pod;
    const spec = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].find(
      ({ name }) => name === container.name,
    );
    const sandbox = this.#sandbox;
    if (!spec || !sandbox) return;
    const sources = { ...host.configuration, podIps: sandbox.ips, hostIps: host.nodeIps };
    const env = await containerEnvironment(pod, spec, sources);
    const files = await containerFiles(pod, spec, sources);
    if (this.#terminating || this.#sandbox !== sandbox) return;
    const { name = '', namespace = '' } = pod.metadata;
    container.start({
      command: (spec.command ?? []).map((part) => expand(part, env)),
      args: (spec.args ?? []).map((part) => expand(part, env)),
      env,
      files,
      ports: (spec.ports ?? []).map(
        ({ name: portName, containerPort = 0, protocol = 'TCP' }): DeclaredPort => ({
          name: portName,
          containerPort,
          protocol: protocol as DeclaredPort['protocol'],
        }),
      ),
      netns: sandbox.netns,
      resolver: host.resolverFor(pod),
      hostname: podHostname(pod),
      pod: { name, namespace, node: host.nodeName, ip: sandbox.ips[0] ?? '' },
      rng: host.rng,
    });
  }
}
