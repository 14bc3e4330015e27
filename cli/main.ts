#!/usr/bin/env node
import { Command } from 'commander';
import { CliError } from './cli-error.ts';
import { downCommand } from './commands/down.ts';
import { nodeCommand } from './commands/node.ts';
import { restartCommand } from './commands/restart.ts';
import { statusCommand } from './commands/status.ts';
import { upCommand } from './commands/up.ts';

const program = new Command('podwire')
  .description("A Kubernetes cluster's network in a handful of Node.js processes")
  .version(process.env.npm_package_version ?? '0.1.0')
  .enablePositionalOptions()
  .showHelpAfterError()
  .addCommand(upCommand())
  .addCommand(downCommand())
  .addCommand(statusCommand())
  .addCommand(nodeCommand())
  .addCommand(restartCommand());

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof CliError ? error.exitCode : 1;
}
