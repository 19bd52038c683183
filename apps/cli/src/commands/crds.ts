import type { Command } from 'commander';

/** `write`: where the definitions go; the process's own output where nothing else is given. */
export function registerCrds(
  program: Command,
  write: (text: string) => void = (text) => void process.stdout.write(text),
): void {
  program
    .command('crds')
    .description('print the CustomResourceDefinitions of all kinds of policy, as YAML')
    .option(
      '--gateway-api',
      "also HTTPRoute and GRPCRoute of the Gateway API, for a cluster that lacks the API's own",
      false,
    )
    .addHelpText(
      'after',
      `
They are made of the schemas that policy files are held to, and are the same each time.
The routes of the Gateway API are checked as far as inbound policy reads them; the rest of a route is kept as it is.
A cluster with Linkerd has the definitions already, and needs none of these.

Example: doorward crds | kubectl apply --server-side -f -`,
    )
    .action(async (flags: { readonly gatewayApi: boolean }) => {
      const { crdText } = await import('@doorward/resources');
      write(crdText(flags));
    });
}
