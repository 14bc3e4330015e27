import { Command } from 'commander';
import { controllerMain } from '../runtime/controller-main.ts';
import { startEndpoints } from './start-endpoints.ts';

await controllerMain(new Command('endpoints'), process.argv.slice(2), async (context) => {
  await startEndpoints(context);
  return undefined;
});
