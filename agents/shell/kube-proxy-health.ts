import { parseProxyHealth } from '../../client/proxy-health.ts';
import { type Command, failure } from './command.ts';

/**
 * `kube-proxy-health < STATE`: what the node answers in kube-proxy's name from now on. Prints how often it has
 * answered since it was last told.
 */
export const kubeProxyHealth: Command = (_args, stdin, { proxyHealth }) => {
  if (!proxyHealth) return failure(1, 'kube-proxy-health: only a node answers for kube-proxy\n');
  const state = parseProxyHealth(stdin);
  if (state instanceof Error) return failure(2, `kube-proxy-health: ${state.message}\n`);
  const faults = proxyHealth.set(state);
  const stdout = `${JSON.stringify(proxyHealth.takeAnswers())}\n`;
  const stderr = faults.map((fault) => `kube-proxy-health: ${fault}\n`).join('');
  return { exitCode: faults.length === 0 ? 0 : 1, stdout, stderr };
};
