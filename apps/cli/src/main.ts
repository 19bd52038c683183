/**
 * The `doorward` command. Each subcommand is a file that names its options and loads what it runs only when it runs, so that
 * `doorward --version` does not pay for a controller.
 */
import { Command, CommanderError } from 'commander';
import { registerController } from './commands/controller.js';
import { registerCrds } from './commands/crds.js';
import { registerIdentity } from './commands/identity.js';
import { registerProxy } from './commands/proxy.js';
import { registerSchemas } from './commands/schemas.js';
import { registerUp } from './commands/up.js';
import { registerWhy } from './commands/why.js';
import { exitCode } from './exit-code.js';

const program = new Command('doorward')
  .description('Authorization policy for service meshes: decided, explained, enforced')
  .version(process.env['DOORWARD_VERSION'] ?? 'unbuilt')
  .showHelpAfterError('(--help shows what there is)')
  .showSuggestionAfterError()
  .exitOverride();

registerUp(program);
registerWhy(program);
registerIdentity(program);
registerController(program);
registerProxy(program);
registerCrds(program);
registerSchemas(program);
for (const command of program.commands) command.exitOverride().showHelpAfterError('(--help shows what there is)');

// With EPIPE whoever read our output has gone (`doorward … | head`): there is nobody left to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCode.yes);
  process.stderr.write(`doorward: the output cannot be written (${error.message})\n`);
  process.exit(exitCode.couldNotRun);
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCode.couldNotRun;
  if (error instanceof CommanderError) {
    // Commander has printed it already: help and version are successes, the rest is wrong usage.
    process.exitCode = error.exitCode === 0 ? exitCode.yes : exitCode.usage;
  } else {
    const { reportFailure } = await import('./failure.js');
    reportFailure(error);
  }
}
