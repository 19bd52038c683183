/**
 * Prints the folder that holds etcd and kube-apiserver, building them if need be:
 *
 *   export KUBEBUILDER_ASSETS=$(node tools/kube/prepare.mjs)
 */
import { kubeAssets } from './assets.mjs';

const folder = await kubeAssets((line) => console.error(line));
if (folder === undefined) {
  console.error(
    'neither KUBEBUILDER_ASSETS nor the Go client is there: install Go, or name a folder with etcd and kube-apiserver',
  );
  process.exitCode = 1;
} else {
  console.log(folder);
}
