/** Gives the tests the folder of the API server's programs, or an empty text where there is none; see `assets.mjs`. */
import { kubeAssets } from './assets.mjs';

/** @param {import('vitest/node').TestProject} project */
export default async function setup(project) {
  const folder = await kubeAssets((line) => console.log(line));
  if (folder === undefined) {
    console.warn(
      '\nSKIPPED: every test against a Kubernetes API server, because neither KUBEBUILDER_ASSETS nor `go` is there\n',
    );
  }
  project.provide('kubeAssets', folder ?? '');
}
