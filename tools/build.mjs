// Bundles the command line and the example's programs. Bundled, because loading a few hundred modules one by one costs more
// start-up time than everything the command does.
import { build } from 'esbuild';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}apps/cli/package.json`, 'utf8'));

/** Some dependencies are CommonJS and ask for `require`, which ES modules do not have. */
const banner = {
  js: "import { createRequire as createRequireForBundle } from 'node:module'; const require = createRequireForBundle(import.meta.url);",
};

/** What an earlier build left is removed last: a demo that runs meanwhile starts its processes from these files. */
async function bundle(entryPoints, outdir) {
  const { metafile } = await build({
    metafile: true,
    absWorkingDir: root,
    entryPoints,
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: true,
    minifySyntax: true,
    define: { 'process.env.DOORWARD_VERSION': JSON.stringify(version) },
    banner,
    logLevel: 'warning',
  });
  const made = new Set(Object.keys(metafile.outputs).map((path) => basename(path)));
  for (const name of readdirSync(outdir)) if (!made.has(name)) rmSync(join(outdir, name), { recursive: true });
}

const started = performance.now();
await Promise.all([
  bundle(['apps/cli/src/main.ts'], `${root}apps/cli/dist`),
  bundle(['examples/emojivoto/src/main.ts', 'examples/emojivoto/src/demo.ts'], `${root}examples/emojivoto/dist`),
]);
if (!process.argv.includes('--quiet')) console.log(`built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
