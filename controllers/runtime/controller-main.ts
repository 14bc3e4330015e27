import type { Command } from 'commander';
import { type ControllerContext, createControllerContext } from '../../client/controller-context.ts';
import { Http2Transport } from '../../client/http2-transport.ts';
import { readKubeconfig } from '../../client/kubeconfig.ts';
import { systemClock } from '../../platform/clock.ts';
import { type RunningComponent, runComponent } from '../../platform/component-process.ts';
import { systemRng } from '../../platform/rng.ts';

/** The options that every controller's command line has. */
export interface ControllerFlags {
  readonly kubeconfig: string;
}

/**
 * Runs a controller as a process: parses its command line, connects to the API server of its kubeconfig and
 * starts it.
 */
export async function controllerMain<F extends ControllerFlags>(
  command: Command,
  argv: readonly string[],
  start: (context: ControllerContext, flags: F) => Promise<RunningComponent | undefined>,
): Promise<void> {
  command.requiredOption('--kubeconfig <file>', 'how to reach the API server, and as whom');
  const flags = command.parse([...argv], { from: 'user' }).opts<F>();
  const name = command.name();
  await runComponent(name, async ({ logger, metrics, signal }) => {
    const transport = new Http2Transport(await readKubeconfig(flags.kubeconfig), systemClock);
    signal.addEventListener('abort', () => transport.close(), { once: true });
    const context = createControllerContext({
      name,
      transport,
      clock: systemClock,
      rng: systemRng,
      logger,
      metrics,
      signal,
    });
    return (await start(context, flags)) ?? {};
  });
}
