/** The product meets simulators that an earlier version of it started: their process knows no Azure, and still runs. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import { openSandbox, type Sandbox } from '../../electron/rehearsal/sandbox-process.ts'
import { problemOf } from '../../shared/errors/problem.ts'
import { SandboxProcess } from './sandbox-process.ts'

const servers = new SandboxProcess()
let opened: Sandbox | null = null

afterAll(async () => {
  await opened?.shutdown()
  await servers.dispose()
})

it('a process without Azure is ended and started again, and its servers are the same ones', async () => {
  const before = await servers.start()
  expect(before).not.toHaveProperty('azure')
  const options = { folder: `${servers.folder}/data`, entry: sandboxEntry }
  opened = await openSandbox(options)
  await servers.ended()
  expect(opened.azure.vaults).toContain('ktr-vault-weu')
  const same = (given: readonly { name: string; caPem: string }[]) =>
    given.map(({ name, caPem }) => [name, caPem])
  expect(same(opened.servers)).toEqual(same(before.instances))
  expect(await openSandbox(options)).toMatchObject({ azure: { port: opened.azure.port } })
})

it.each([
  ['ends, and its successor is not understood either', true, ['start', 'shutdown', 'start']],
  ['does not end', false, ['start', 'shutdown']],
])(
  'a process without Azure that %s: the failure is said, nothing is tried again',
  async (_what, ok, story) => {
    const folder = mkdtempSync(join(tmpdir(), 'ktr-earlier-'))
    const told = join(folder, 'told')
    const control =
      process.platform === 'win32'
        ? `\\\\.\\pipe\\ktr-earlier-${String(process.pid)}`
        : join(folder, 'control')
    const old = createServer((socket) =>
      socket.once('data', (line) => {
        appendFileSync(told, `${(JSON.parse(String(line)) as { command: string }).command}\n`)
        socket.end(`${JSON.stringify(ok ? { ok } : { ok, error: 'a database is busy' })}\n`)
      }),
    )
    await new Promise<void>((resolve) => old.listen(control, resolve))
    const entry = join(folder, 'main.mjs')
    const said = JSON.stringify(JSON.stringify({ ok: true, control, instances: [], alreadyRunning: true }))
    writeFileSync(
      entry,
      `import { appendFileSync } from 'node:fs'
appendFileSync(${JSON.stringify(told)}, 'start\\n')
console.log(${said})`,
    )
    try {
      const failed = await openSandbox({ folder: join(folder, 'data'), entry }).catch(
        (thrown: unknown) => thrown,
      )
      expect(problemOf(failed).code).toBe('sandbox-failed')
      expect(readFileSync(told, 'utf8').trim().split('\n')).toEqual(story)
    } finally {
      old.close()
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
