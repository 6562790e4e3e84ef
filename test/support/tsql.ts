import { spawn } from 'node:child_process'
import { accessSync, constants, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { InstanceFacts } from '../../sandbox/sqlserver/host/server.ts'

/** Whether FreeTDS `tsql` (Debian: freetds-bin) is here. */
export const tsqlInstalled = (): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, 'tsql'), constants.X_OK)
      return true
    } catch {
      return false
    }
  })

const limitMs = 60_000

/**
 * Gives a script, with its `GO` lines, to one `tsql` process over an encrypted, verified connection and returns all that
 * it printed. The password goes through standard input: without a terminal of its own tsql asks there. `folder` gets
 * the configuration. Rejects when tsql does not end by itself.
 */
export const feedTsql = (
  server: Pick<InstanceFacts, 'port' | 'caPemPath' | 'logins'>,
  folder: string,
  script: string,
): Promise<string> => {
  const [login] = server.logins
  if (!login) throw new Error('the server has no login')
  const conf = join(folder, 'freetds.conf')
  const lines = [
    ...['[sim]', 'host = localhost', `port = ${server.port}`, 'tds version = 7.4', 'client charset = UTF-8'],
    ...['encryption = require', `ca file = ${server.caPemPath}`, 'check certificate hostname = yes', ''],
  ]
  writeFileSync(conf, lines.join('\n'))
  const child = spawn('tsql', ['-S', 'sim', '-U', login.name, '-o', 'q'], {
    env: { PATH: process.env['PATH'], FREETDSCONF: conf, LC_ALL: 'C.UTF-8' },
    // A session of its own: without a controlling terminal the password is read from standard input.
    detached: true,
    timeout: limitMs,
    killSignal: 'SIGKILL',
  })
  return new Promise((resolve, reject) => {
    let printed = ''
    const keep = (chunk: Buffer): void => void (printed += chunk.toString())
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.once('error', reject)
    child.stdin.on('error', () => undefined)
    child.once('close', (code, signal) =>
      code === 0
        ? resolve(printed)
        : reject(new Error(`tsql ended with ${code ?? signal}: ${printed.slice(-600)}`)),
    )
    child.stdin.end(`${login.password}\n${script}\nexit\n`)
  })
}
