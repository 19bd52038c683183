import type { Command } from 'commander';

/** `write`: where the report goes; the process's own output where nothing else is given. */
export function registerSchemas(
  program: Command,
  write: (text: string) => void = (text) => void process.stdout.write(text),
): void {
  program
    .command('schemas')
    .description('write JSON Schemas of all kinds of policy, for editors')
    .requiredOption('--out <dir>', 'where they are written; files of the same names are replaced')
    .addHelpText(
      'after',
      `
One file for each kind and version, and all.json, which picks by apiVersion and kind.
With this as its first line, a document is checked as it is typed, by every editor that uses yaml-language-server:

  # yaml-language-server: $schema=DIR/all.json

docs/guide-editor.md tells the settings that do it for whole folders.

Example: doorward schemas --out .schemas`,
    )
    .action(async ({ out }: { readonly out: string }) => {
      const { writeSchemas } = await import('../schemas/write-schemas.js');
      const { count, all } = await writeSchemas(out);
      write(`wrote ${count} schemas; editors begin at ${all}\n`);
    });
}
