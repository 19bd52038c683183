/**
 * Regenerates src/generated from proto/. Run it after editing a .proto file, and commit what it writes:
 *
 *     node examples/emojivoto/generate.mjs
 *
 * `buf` and `protoc-gen-es` come from the workspace's devDependencies; nothing is fetched.
 */
import { execFileSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const bin = join(here, '../../node_modules/.bin');

const template = {
  version: 'v2',
  clean: true,
  plugins: [{ local: join(bin, 'protoc-gen-es'), out: 'src/generated', opt: ['target=ts', 'import_extension=js'] }],
};

execFileSync(join(bin, 'buf'), ['generate', 'proto', '--template', JSON.stringify(template)], {
  cwd: here,
  stdio: 'inherit',
  env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
});
