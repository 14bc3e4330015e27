import type { Probe } from '../../openapi/generated/types.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { ProbeResult } from './probe.ts';

export interface ProberOptions {
  readonly clock: Clock;
  readonly probe: Probe;
  readonly attempt: () => Promise<ProbeResult>;
  /** The thresholds were crossed: the state is now this. */
  readonly onChange: (healthy: boolean, message: string) => void;
  readonly onFailure: (message: string) => void;
}

/**
 * Repeats one probe of one running container and applies its thresholds. It says nothing until the first
 * threshold is crossed. (k8s pkg/kubelet/prober/worker.go)
 */
export class Prober {
  readonly #options: ProberOptions;
  #timer: Timer | undefined;
  #stopped = false;
  #state: boolean | undefined;
  #run = 0;
  #last: boolean | undefined;

  constructor(options: ProberOptions) {
    this.#options = options;
    this.#schedule((options.probe.initialDelaySeconds ?? 0) * 1000);
  }

  stop(): void {
    this.#stopped = true;
    this.#options.clock.clearTimeout(this.#timer);
  }

  #schedule(milliseconds: number): void {
    this.#timer = this.#options.clock.setTimeout(() => void this.#probe(), milliseconds);
  }

  async #probe(): Promise<void> {
    const result = await this.#options.attempt();
    if (this.#stopped) return;
    this.#observe(result);
    if (!this.#stopped) this.#schedule((this.#options.probe.periodSeconds ?? 10) * 1000);
  }

  #observe(result: ProbeResult): void {
    const { probe, onChange, onFailure } = this.#options;
    const message = result.ok ? '' : result.message;
    if (!result.ok) onFailure(message);
    this.#run = this.#last === result.ok ? this.#run + 1 : 1;
    this.#last = result.ok;
    const threshold = result.ok ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (this.#run < threshold || this.#state === result.ok) return;
    this.#state = result.ok;
    onChange(result.ok, message);
  }
}
