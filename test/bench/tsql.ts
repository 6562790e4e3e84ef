import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { SimulatedServer } from '../../electron/rehearsal/sandbox-process.ts'

const limitMs = 10 * 60_000

/**
 * Sends batches by one process of FreeTDS `tsql` over an encrypted connection and returns the milliseconds from its
 * start to its end. Throws where it is not installed, where a batch met an error, or after ten minutes. The server is
 * a simulated one, so its password may stand in the process's arguments.
 */
export const runByTsql = async (server: SimulatedServer, batches: readonly string[]): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-bench-tsql-'))
  try {
    const ca = join(folder, 'ca.pem')
    const conf = join(folder, 'freetds.conf')
    writeFileSync(ca, server.caPem)
    writeFileSync(
      conf,
      `[sim]\nhost = localhost\nport = ${server.port}\ntds version = 7.4\nclient charset = UTF-8\nencryption = require\nca file = ${ca}\n`,
    )
    const input = [...batches.flatMap((batch) => [batch, 'go']), 'exit'].join('\n')
    const from = performance.now()
    const output = await converse(server, conf, `${input}\n`)
    const took = performance.now() - from
    const refused = output
      .split('\n')
      .find((line) => Number(/^Msg \d+ \(severity (\d+)/.exec(line)?.[1]) > 10)
    if (refused !== undefined)
      throw new Error(`tsql met an error: ${output.slice(output.indexOf(refused)).slice(0, 400)}`)
    return took
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const converse = (server: SimulatedServer, conf: string, input: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn('tsql', ['-S', 'sim', '-U', server.login, '-P', server.password, '-o', 'q'], {
      env: { PATH: process.env['PATH'], FREETDSCONF: conf, LC_ALL: 'C.UTF-8' },
      timeout: limitMs,
      killSignal: 'SIGKILL',
    })
    let output = ''
    const keep = (chunk: Buffer): void => void (output += chunk.toString())
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.once('error', (cause: NodeJS.ErrnoException) =>
      reject(cause.code === 'ENOENT' ? new Error('tsql is not installed (Debian: freetds-bin)') : cause),
    )
    child.stdin.on('error', () => undefined)
    child.once('close', (code, signal) =>
      code === 0
        ? resolve(output)
        : reject(new Error(`tsql ended with ${code ?? signal}: ${output.slice(-400)}`)),
    )
    child.stdin.end(input)
  })
