/**
 * The two programs of a Kubernetes API server for tests, as Go modules of a few lines. Both projects publish their servers as
 * ordinary modules, so the Go client and its module proxy are all that is needed: no container, no release page.
 */

const kubernetes = { version: '1.36.3', staging: '0.36.3' };
const etcd = { version: '3.6.13' };

/** What is built where; a new version makes a new folder. */
export const assetsName = `kube-${kubernetes.version}-etcd-${etcd.version}`;

/**
 * @typedef {object} Replacement
 * @property {{Path: string}} Old
 * @property {{Path: string}} New
 *
 * @typedef {object} Program
 * @property {string} name of the file that is built
 * @property {string} module whose own go.mod is read for its Go version and its replacements
 * @property {string} expectedTime for the person who waits
 * @property {string} source of main.go
 * @property {(own: {Go: string, Replace?: readonly Replacement[] | null}) => string} goMod
 * @property {readonly string[]} linkerFlags
 */

/** @type {readonly Program[]} */
export const programs = [
  {
    name: 'etcd',
    module: `go.etcd.io/etcd/server/v3@v${etcd.version}`,
    expectedTime: 'about 1 minute',
    source: `package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
`,
    goMod: (own) => `module doorward/etcd

go ${own.Go}

require go.etcd.io/etcd/server/v3 v${etcd.version}
`,
    linkerFlags: [],
  },
  {
    name: 'kube-apiserver',
    module: `k8s.io/kubernetes@v${kubernetes.version}`,
    expectedTime: 'about 9 minutes on two cores',
    source: `package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() { os.Exit(cli.Run(app.NewAPIServerCommand())) }
`,
    goMod: (own) => `module doorward/kube-apiserver

go ${own.Go}

require (
	k8s.io/component-base v${kubernetes.staging}
	k8s.io/kubernetes v${kubernetes.version}
)

replace (
${stagingModules(own.Replace ?? []).join('\n')}
)
`,
    // Without a version the server calls itself v0.0.0, and its version gates refuse to start.
    linkerFlags: [
      `-X k8s.io/component-base/version.gitVersion=v${kubernetes.version}`,
      ...kubernetes.version
        .split('.')
        .slice(0, 2)
        .map((part, i) => `-X k8s.io/component-base/version.git${i === 0 ? 'Major' : 'Minor'}=${part}`),
    ],
  },
];

/**
 * Kubernetes' go.mod takes these modules from folders beside it, which its published module lacks; each is published under the
 * matching 0.x version.
 * @param {readonly Replacement[]} replacements
 */
function stagingModules(replacements) {
  const staged = replacements.filter(({ New }) => New.Path.startsWith('./staging/'));
  if (staged.length === 0) throw new Error(`k8s.io/kubernetes ${kubernetes.version} names no staging modules`);
  return staged.map(({ Old }) => `\t${Old.Path} => ${Old.Path} v${kubernetes.staging}`);
}
