/**
 * The composition root of the command line: joins each command to what does the work. Everything heavy is imported when
 * its command runs, so that an agent loads no database and no Envoy messages, and `--help` loads next to nothing.
 */

import { readFileSync } from 'node:fs'
import { type Actions, createProgram, type ServeInvocation } from './cli/program.ts'
import { formatOrigins, resolveServeOptions } from './options.ts'
import { systemClock } from './platform/clock.ts'
import { errorFrom, formatError } from './platform/errors.ts'
import type { Log } from './platform/log.ts'
import type { LogLevel } from './platform/log-level.ts'
import { meshwrightVersion } from './platform/version.ts'

/** Runs the command that `argv` (without node and script) names; on an error prints one clear message and sets the exit code. */
export async function run(argv: readonly string[]): Promise<void> {
  // `meshwright … | head` is done when head is.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  try {
    await createProgram(actions, meshwrightVersion).parseAsync([...argv], { from: 'user' })
  } catch (thrown) {
    showError(thrown)
    process.exitCode = 1
  }
}

function showError(thrown: unknown): void {
  const error = errorFrom(thrown)
  process.stderr.write(`${formatError(error)}\n`)
  if (error.code === 'INTERNAL' && thrown instanceof Error) process.stderr.write(`${thrown.stack}\n`)
}

/** The logger is a library of its own, which most commands do without. */
async function createLog(level: LogLevel): Promise<Log> {
  const log = await import('./platform/log.ts')
  return log.createLog(level)
}

const print = (text: string): void => void process.stdout.write(text)

const actions: Actions = {
  serve,
  async agent(flags) {
    const { agentOptionsFrom } = await import('./agent/flags.ts')
    const { createAgent } = await import('./agent/agent.ts')
    const options = agentOptionsFrom(flags)
    const log = await createLog(options.logLevel)
    const agent = createAgent(options, { clock: systemClock, log, random: Math.random })
    process.on('SIGUSR1', () => agent.signalEnvoy('SIGUSR1'))
    process.on('SIGUSR2', () => agent.renewNow())
    await runUntilSignalled(agent, log)
  },
  async createToken(flags) {
    const { createToken } = await import('./cli/create-token.ts')
    print(await createToken(flags))
  },
  async getProxies(flags) {
    const { getProxies } = await import('./cli/get-proxies.ts')
    print(await getProxies(flags))
  },
  async proxyConfig(flags) {
    const { proxyConfig } = await import('./cli/proxy-config.ts')
    print(await proxyConfig(flags))
  },
  async translate(flags) {
    const { translateFiles } = await import('./daemon/offline/translate-files.ts')
    print(translateFiles(flags, line => process.stderr.write(`${line}\n`)))
  },
  async validate(request) {
    const { validateFiles } = await import('./daemon/offline/validate-files.ts')
    const progress = process.stderr.isTTY ? (text: string) => void process.stderr.write(text) : undefined
    return validateFiles(request, { clock: systemClock, progress })
  },
  showError,
  async crdManifest() {
    const { crdManifest } = await import('./config/crd/manifest.ts')
    return crdManifest()
  },
  async backup({ data, out, contents }) {
    const { backUp } = await import('./ca/backup/backup.ts')
    const { files } = backUp({ directory: data, target: out, contents, clock: systemClock })
    const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0)
    return `${out}: ${files.map(file => file.name).join(', ')}, ${sizeBytes} bytes\n`
  },
  async restore({ file, data, into }) {
    const [{ restore }, { databaseMigrations }] = await Promise.all([
      import('./ca/backup/restore.ts'),
      import('./daemon/database-schema.ts'),
    ])
    const { manifest, logSize, replaced } = await restore({
      file,
      directory: data,
      into,
      migrations: databaseMigrations,
      clock: systemClock,
      log: await createLog('warn'),
    })
    const aside = replaced === undefined ? '' : `what was there is in ${replaced}\n`
    return (
      `restored the state of ${manifest.createdAt}, ${logSize} entries of the log\n${aside}` +
      'Nothing is issued until `meshwright ca confirm-restore`: first revoke again what was revoked since.\n'
    )
  },
  async readObjects(places) {
    const { readAuthoredObjects } = await import('./config/files/authored-objects.ts')
    return readAuthoredObjects(places, await createLog('warn'), () => readFileSync(0))
  },
  async installEnvoy({ dir }) {
    const { envoyInstallation } = await import('./cli/install-envoy.ts')
    print(await envoyInstallation(dir, process.env))
  },
}

async function serve({ flags, optionsFile, printOptions }: ServeInvocation): Promise<void> {
  const resolved = resolveServeOptions(flags, optionsFile)
  if (printOptions === 'print') {
    print(formatOrigins(resolved))
    return
  }
  const { createDaemon } = await import('./daemon/daemon.ts')
  const log = await createLog(resolved.values.logLevel)
  const daemon = createDaemon(resolved.values, { clock: systemClock, log, random: Math.random })
  await runUntilSignalled(daemon, log)
}

interface Runnable {
  start(): Promise<unknown>
  stop(): Promise<void>
}

/** A second signal while it drains ends it at once. */
async function runUntilSignalled(service: Runnable, log: Log): Promise<void> {
  // A fault that nobody caught leaves the state unknown: end loudly and let the supervisor start afresh.
  process.on('unhandledRejection', reason => {
    log.fatal({ err: reason }, 'unhandled rejection')
    process.exit(1)
  })
  const signalled = new Promise<NodeJS.Signals>(resolve => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
  // An agent may wait long for its first certificate: a signal ends that, too.
  const signal = await Promise.race([signalled, service.start().then(() => signalled)])
  log.info({ signal }, 'draining')
  for (const again of ['SIGTERM', 'SIGINT'] as const) process.once(again, () => process.exit(1))
  await service.stop()
  log.info({}, 'stopped')
  process.exit(0)
}
