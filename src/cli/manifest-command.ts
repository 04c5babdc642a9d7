/** `meshwright manifest …`: what a Kubernetes cluster is to be given, on standard output. Needs no daemon. */

import type { Command } from 'commander'

export interface ManifestActions {
  /** All definitions as one YAML text. */
  crdManifest(): Promise<string>
}

export function addManifest(program: Command, actions: ManifestActions): void {
  program
    .command('manifest')
    .description('what a Kubernetes cluster is to be given, as YAML')
    .command('crds')
    .description('CustomResourceDefinitions of every kind of the mesh, for: kubectl apply --server-side -f -')
    .action(async () => void process.stdout.write(await actions.crdManifest()))
}
