/** `meshwright envoy install`: prints the path of the Envoy to run; says on standard error what it does meanwhile. */

import { defaultEnvoyCache, installEnvoy } from '../agent/envoy/install.ts'
import { locateEnvoy } from '../agent/envoy/locate.ts'

export async function envoyInstallation(
  cacheDirectory: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const cache = cacheDirectory ?? defaultEnvoyCache(environment)
  const say = (text: string): void => void process.stderr.write(`${text}\n`)
  // An empty variable is one that was not set.
  const located = await locateEnvoy({
    envoyPath: environment.ENVOY_PATH || undefined,
    cacheDirectory: cache,
    environment,
  })
  if (located !== undefined) {
    say(
      `Envoy ${located.version} (${located.origin === 'given' ? 'ENVOY_PATH' : located.origin === 'path' ? 'on PATH' : 'installed'})`,
    )
    return `${located.path}\n`
  }
  return `${await installEnvoy({ cacheDirectory: cache, environment, progress: ({ text }) => say(text) })}\n`
}
