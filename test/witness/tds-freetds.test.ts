/**
 * FreeTDS against the simulated server. It hangs on DONE tokens that tedious forgives, so it is the stricter judge.
 * Named reason for skipping: Debian's `tsql` (package freetds-bin) is not installed.
 */
import { spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { BatchSink } from '../../sandbox/sqlserver/tds/contract.ts'
import { certificate, startRig } from '../unit/sandbox/tds/client.ts'
import type { Rig } from '../unit/sandbox/tds/client.ts'
import { PASSWORD } from '../unit/sandbox/tds/toy-engine.ts'

function installed(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

const HANG_MS = 25_000

let rig: Rig
afterEach(() => rig.server.close())

/** Types the lines into tsql and returns everything it printed; rejects when it does not end by itself. */
function tsql(
  settings: string,
  lines: string[],
  password = PASSWORD,
): Promise<{ text: string; code: number | null }> {
  const folder = mkdtempSync(join(tmpdir(), 'ktr-tsql-'))
  writeFileSync(join(folder, 'ca.pem'), certificate().ca)
  writeFileSync(
    join(folder, 'freetds.conf'),
    `[global]
tds version = 7.4
client charset = UTF-8
[sim]
host = localhost
port = ${rig.server.port}
ca file = ${join(folder, 'ca.pem')}
check certificate hostname = yes
${settings}
`,
  )
  const child = spawn('tsql', ['-S', 'sim', '-U', 'sa', '-P', password, '-o', 'q'], {
    env: { PATH: process.env['PATH'], FREETDSCONF: join(folder, 'freetds.conf'), LC_ALL: 'C.UTF-8' },
  })
  return new Promise<{ text: string; code: number | null }>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.on('error', reject)
    const hung = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`tsql hung after printing: ${text}`))
    }, HANG_MS)
    child.on('close', (code) => {
      clearTimeout(hung)
      resolve({ text, code })
    })
    child.stdin.on('error', () => {})
    child.stdin.end(`${lines.join('\n')}\n`)
  }).finally(() => rmSync(folder, { recursive: true, force: true }))
}

async function severalThings(sink: BatchSink): Promise<void> {
  await sink.columns([
    { name: 'n', type: { t: 'int' } },
    { name: 'text', type: { t: 'nvarchar', max: 20 } },
    { name: 'more', type: { t: 'nvarchar', max: 'max' } },
  ])
  await sink.row([1, 'žluť 😀', null])
  await sink.row([2, '', 'x'])
  await sink.done(2)
  await sink.info({ number: 3211, state: 1, severity: 0, message: '10 percent processed.' })
  await sink.error({ number: 50000, state: 1, severity: 16, message: 'boom' })
  await sink.done(null)
  await sink.returnStatus(0)
  await sink.done(null)
  await sink.columns([{ name: 'last', type: { t: 'varbinary', max: 4 } }])
  await sink.row([Uint8Array.of(0xca, 0xfe)])
  await sink.done(1)
}

describe.skipIf(!installed('tsql'))('FreeTDS tsql (skipped without the package freetds-bin)', () => {
  it.each([
    ['required', 'encryption = require', true],
    ['required', 'encryption = request', true],
    ['off', 'encryption = require', true],
    ['off', 'encryption = request', true],
    ['off', 'encryption = off', false],
    ['unsupported', 'encryption = off', false],
  ] as const)(
    'server %s, %s: rows, messages, errors, several batches',
    async (encryption, settings, encrypted) => {
      rig = await startRig({ encryption })
      rig.engine.onBatch = (_sql, sink) => severalThings(sink)
      const { text } = await tsql(settings, ['select 1', 'go', 'select 2', 'go', 'exit'])
      expect(text.match(/žluť 😀/g)).toHaveLength(2)
      expect(text.match(/CAFE/gi)).toHaveLength(2)
      expect(text.match(/boom/g)).toHaveLength(2)
      expect(text.match(/10 percent processed/g)).toHaveLength(2)
      expect(rig.engine.batches).toHaveLength(2)
      expect(rig.engine.logins).toMatchObject([{ password: PASSWORD, encrypted }])
    },
  )

  it.each([512, 4096, 32000])('packets of %i bytes', async (size) => {
    rig = await startRig()
    rig.engine.onBatch = async (_sql, sink) => {
      await sink.columns([{ name: 'n', type: { t: 'nvarchar', max: 100 } }])
      for (let i = 0; i < 2000; i++) await sink.row([`row ${i} ž`])
      await sink.done(2000)
    }
    const { text } = await tsql(`encryption = require\ninitial block size = ${size}`, ['x', 'go', 'exit'])
    expect(text).toContain('row 1999 ž')
    expect(text.match(/row \d+ ž/g)).toHaveLength(2000)
  })

  it('a wrong password is refused with the engine’s message', async () => {
    rig = await startRig()
    const { text } = await tsql('encryption = require', ['exit'], 'wrong')
    expect(text).toContain("Login failed for user 'sa'.")
  })

  it('a severe error ends it', async () => {
    rig = await startRig()
    rig.engine.onBatch = (_sql, sink) =>
      sink.error({ number: 823, state: 1, severity: 24, message: 'disk gone' })
    const { text } = await tsql('encryption = require', ['x', 'go', 'exit'])
    expect(text).toContain('disk gone')
  })

  it('require refuses a server without encryption', async () => {
    rig = await startRig({ encryption: 'unsupported' })
    await tsql('encryption = require', ['exit'])
    expect(rig.engine.logins).toEqual([])
  })
})
