import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { parseDuration } from '../../platform/duration.ts';
import { type ControllerFlags, controllerMain } from '../runtime/controller-main.ts';
import { startControllerManager } from './start-controller-manager.ts';

const command = new Command('controller-manager')
  .requiredOption('--root-ca-file <file>', 'the authority published to every namespace')
  .option('--node-monitor-grace-period <duration>', 'a node silent for longer is Unknown', '40s');

await controllerMain<ControllerFlags & { rootCaFile: string; nodeMonitorGracePeriod: string }>(
  command,
  process.argv.slice(2),
  async (context, flags) => {
    await startControllerManager(context, {
      rootCa: readFileSync(flags.rootCaFile, 'utf8'),
      nodeMonitorGracePeriodMs: parseDuration(flags.nodeMonitorGracePeriod),
    });
    return undefined;
  },
);
