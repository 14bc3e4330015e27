import { timestamp } from '../../client/timestamp.ts';
import type {
  Container as ContainerSpec,
  ContainerState,
  ContainerStatus,
  Probe,
} from '../../openapi/generated/types.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { Image } from '../images/image.ts';
import { ContainerLog } from './container-log.ts';
import type { ProbeResult } from './probe.ts';
import { Prober } from './prober.ts';
import { Process, type ProcessStart } from './process.ts';

export interface ContainerOptions {
  readonly spec: ContainerSpec;
  readonly image: Image;
  /** How long the pod gives a container between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly attempt: (probe: Probe) => Promise<ProbeResult>;
  /** Something that the pod's status shows has changed. */
  readonly onChange: () => void;
  readonly onEvent: (type: 'normal' | 'warning', reason: string, message: string) => void;
}

type State =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly kind: 'running'; readonly id: string; readonly startedAt: number }
  | {
      readonly kind: 'terminated';
      readonly id: string;
      readonly startedAt: number;
      readonly finishedAt: number;
      readonly exitCode: number;
    };

type ProbeKind = 'Startup' | 'Readiness' | 'Liveness';

/** The kubelet's back-off between restarts: 10 s, doubling, at most 5 min, forgotten after 10 min of running. */
const FIRST_BACKOFF_MS = 10_000;
const LONGEST_BACKOFF_MS = 300_000;
const FORGET_BACKOFF_MS = 600_000;

/** One container of a pod: its process, its log, its probes, and the state that the API shows of it. */
export class Container {
  readonly #options: ContainerOptions;
  log: ContainerLog;
  previousLog: ContainerLog | undefined;
  #state: State = { kind: 'waiting', reason: 'ContainerCreating' };
  #lastTermination: Extract<State, { kind: 'terminated' }> | undefined;
  #restarts = -1;
  #id = '';
  #process: Process | undefined;
  #probers: { readonly kind: ProbeKind; readonly prober: Prober }[] = [];
  #ready = false;
  #started = false;
  #backoffMs = 0;
  #retryAt = 0;
  #waitMs = 0;
  #graceTimer: Timer | undefined;
  readonly #endListeners = new Set<() => void>();

  constructor(options: ContainerOptions) {
    this.#options = options;
    this.log = new ContainerLog(options.clock);
  }

  get name(): string {
    return this.#options.spec.name ?? '';
  }

  get running(): boolean {
    return this.#state.kind === 'running';
  }

  /** The exit code, once it has ended and until it is started again. */
  get exitCode(): number | undefined {
    return this.#state.kind === 'terminated' ? this.#state.exitCode : undefined;
  }

  get everStarted(): boolean {
    return this.#restarts >= 0;
  }

  /** When it may be started again after a crash. */
  get retryAt(): number {
    return this.#retryAt;
  }

  /** How long it rests after its last crash. */
  get backoffMs(): number {
    return this.#waitMs;
  }

  /** Calls back when the process that runs now ends, unless the returned function was called before. */
  onceEnded(callback: () => void): () => void {
    this.#endListeners.add(callback);
    return () => this.#endListeners.delete(callback);
  }

  wait(reason: string, message?: string): void {
    const same =
      this.#state.kind === 'waiting' && this.#state.reason === reason && this.#state.message === message;
    if (this.running || same) return;
    if (this.#state.kind === 'terminated') this.#lastTermination = this.#state;
    this.#state = { kind: 'waiting', reason, ...(message === undefined ? {} : { message }) };
    this.#options.onChange();
  }

  start(start: ProcessStart): void {
    const { clock, image, newId, onEvent, spec } = this.#options;
    if (this.running) return;
    if (this.#state.kind === 'terminated') this.#lastTermination = this.#state;
    if (this.everStarted) {
      this.previousLog = this.log;
      this.log = new ContainerLog(clock);
    }
    this.#restarts++;
    this.#id = newId();
    const { log } = this;
    const process: Process = new Process({
      image,
      clock,
      start,
      log: (line) => log.write(line),
      onExit: (exitCode) => this.#exited(process, exitCode),
    });
    this.#process = process;
    this.#state = { kind: 'running', id: this.#id, startedAt: clock.now() };
    this.#started = spec.startupProbe === undefined;
    this.#ready = this.#started && spec.readinessProbe === undefined;
    onEvent('normal', 'Started', `Started container ${this.name}`);
    process.start();
    this.#startProbes();
    this.#options.onChange();
  }

  /** SIGTERM, and SIGKILL when the grace period is over. Until it ends, its readiness is still asked for. */
  stop(graceMs: number): void {
    const process = this.#process;
    if (!process || !this.running) return;
    this.#stopProbes('Readiness');
    process.terminate();
    this.#options.clock.clearTimeout(this.#graceTimer);
    this.#graceTimer = this.#options.clock.setTimeout(() => process.kill(), graceMs);
  }

  /** SIGKILL, if it runs. */
  kill(): void {
    this.#process?.kill();
  }

  /** Ends everything at once and says nothing: the node is going down. */
  abandon(): void {
    this.#stopProbes();
    this.#options.clock.clearTimeout(this.#graceTimer);
    const process = this.#process;
    this.#process = undefined;
    process?.abandon();
  }

  status(): ContainerStatus {
    const { spec } = this.#options;
    const lastState = this.#lastTermination ? { terminated: this.#terminated(this.#lastTermination) } : {};
    return {
      name: this.name,
      image: spec.image,
      imageID: spec.image,
      ...(this.#id === '' ? {} : { containerID: `podwire://${this.#id}` }),
      state: this.#apiState(),
      lastState,
      ready: this.#ready,
      started: this.running && this.#started,
      restartCount: Math.max(0, this.#restarts),
    };
  }

  #apiState(): ContainerState {
    const state = this.#state;
    switch (state.kind) {
      case 'waiting':
        return { waiting: { reason: state.reason, message: state.message } };
      case 'running':
        return { running: { startedAt: timestamp(state.startedAt) } };
      case 'terminated':
        return { terminated: this.#terminated(state) };
    }
  }

  #terminated({ id, exitCode, startedAt, finishedAt }: Extract<State, { kind: 'terminated' }>) {
    return {
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      startedAt: timestamp(startedAt),
      finishedAt: timestamp(finishedAt),
      containerID: `podwire://${id}`,
    };
  }

  #exited(process: Process, exitCode: number): void {
    if (this.#process !== process || this.#state.kind !== 'running') return;
    const { clock } = this.#options;
    clock.clearTimeout(this.#graceTimer);
    this.#stopProbes();
    this.#process = undefined;
    const now = clock.now();
    const { id, startedAt } = this.#state;
    this.#state = { kind: 'terminated', id, startedAt, finishedAt: now, exitCode };
    this.#ready = false;
    this.#started = false;
    if (now - startedAt > FORGET_BACKOFF_MS) this.#backoffMs = 0;
    this.#waitMs = this.#backoffMs;
    this.#retryAt = now + this.#waitMs;
    this.#backoffMs = Math.min(Math.max(FIRST_BACKOFF_MS, this.#backoffMs * 2), LONGEST_BACKOFF_MS);
    for (const listener of this.#endListeners) listener();
    this.#endListeners.clear();
    this.#options.onChange();
  }

  #startProbes(): void {
    const { spec } = this.#options;
    if (!spec.startupProbe) return this.#startSteadyProbes();
    this.#addProber('Startup', spec.startupProbe, (healthy) => {
      if (!healthy) return this.#unhealthy('startup', spec.startupProbe);
      this.#stopProbes();
      this.#started = true;
      this.#ready = spec.readinessProbe === undefined;
      this.#startSteadyProbes();
      this.#options.onChange();
    });
  }

  #startSteadyProbes(): void {
    const { livenessProbe, readinessProbe } = this.#options.spec;
    if (readinessProbe) {
      this.#addProber('Readiness', readinessProbe, (healthy) => {
        if (this.#ready === healthy) return;
        this.#ready = healthy;
        this.#options.onChange();
      });
    }
    if (livenessProbe) {
      this.#addProber('Liveness', livenessProbe, (healthy) => {
        if (!healthy) this.#unhealthy('liveness', livenessProbe);
      });
    }
  }

  #addProber(kind: ProbeKind, probe: Probe, onChange: (healthy: boolean) => void): void {
    const { clock, attempt, onEvent } = this.#options;
    this.#probers.push({
      kind,
      prober: new Prober({
        clock,
        probe,
        attempt: () => attempt(probe),
        onChange,
        onFailure: (message) => onEvent('warning', 'Unhealthy', `${kind} probe failed: ${message}`),
      }),
    });
  }

  #unhealthy(name: string, probe: Probe | undefined): void {
    this.#options.onEvent(
      'normal',
      'Killing',
      `Container ${this.name} failed ${name} probe, will be restarted`,
    );
    const seconds = probe?.terminationGracePeriodSeconds;
    this.stop(seconds === undefined ? this.#options.graceMs : seconds * 1000);
  }

  #stopProbes(except?: ProbeKind): void {
    for (const { kind, prober } of this.#probers) if (kind !== except) prober.stop();
    this.#probers = this.#probers.filter(({ kind }) => kind === except);
  }
}
