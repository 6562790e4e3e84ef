import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  startNodeChild,
  type ChildHandle,
  type ChildOptions,
} from '../../../electron/platform/child-process.ts'
import { lockProfile } from '../../../electron/platform/file-lock.ts'
import { LineSplitter } from '../../../electron/platform/lines.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'keyturn-process-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const script = (text: string): string => {
  const path = join(folder(), 'child.mjs')
  writeFileSync(path, text)
  return path
}

const started = async (
  options: ChildOptions,
): Promise<{ child: ChildHandle; firstLine: Promise<string> }> => {
  let heard: (line: string) => void = () => undefined
  const firstLine = new Promise<string>((resolve) => (heard = resolve))
  const child = await startNodeChild({ ...options, onLine: (line) => heard(line) })
  onTestFinished(async () => void (await child.kill()))
  return { child, firstLine }
}

const holderOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof KeyturnError) return error.problem.title
    throw error
  }
  return 'accepted'
}

describe('child process', () => {
  test('talks in lines and sees none of our environment but the allowed', async () => {
    process.env['KEYTURN_CANARY'] = 'canary'
    onTestFinished(() => void delete process.env['KEYTURN_CANARY'])
    const entry = script(
      `process.stdin.on('data', (chunk) => console.log(JSON.stringify([String(chunk), process.env, process.argv[2]])))`,
    )
    const { child, firstLine } = await started({ entry, args: ['one'], environment: { OWN: 'x' } })
    child.send('hello')
    const [said, environment, argument] = JSON.parse(await firstLine) as [
      string,
      Record<string, string>,
      string,
    ]
    expect([said, environment['OWN'], argument]).toEqual(['hello\n', 'x', 'one'])
    expect(JSON.stringify(environment)).not.toContain('canary')
  })

  test('stop asks; the child may end by itself', async () => {
    const entry = script(
      `process.on('SIGTERM', () => process.exit(7)); console.log('ready'); process.stdin.resume(); setInterval(() => {}, 1e6)`,
    )
    const { child, firstLine } = await started({ entry })
    await firstLine
    expect(await child.stop()).toEqual({ code: 7, signal: null })
    expect(await child.stop()).toEqual({ code: 7, signal: null })
  })

  test('stop forces a child that does not listen', async () => {
    const entry = script(`process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1e6)`)
    const { child, firstLine } = await started({ entry })
    await firstLine
    expect(await child.stop(20)).toEqual({ code: null, signal: 'SIGKILL' })
    child.send('nobody is there')
  })

  test('what can’t be started is a rejection', async () => {
    await expect(startNodeChild({ entry: 'x', executable: join(folder(), 'none') })).rejects.toThrow('ENOENT')
  })
})

describe('lines', () => {
  test('come whole from pieces, with long ones cut', () => {
    const lines: string[] = []
    const splitter = new LineSplitter((line) => lines.push(line), 5)
    const bytes = Buffer.from('é1\r\nlonger than five\n\nend')
    for (const byte of bytes) splitter.push(Buffer.from([byte]))
    splitter.end()
    expect(lines).toEqual(['é1', 'longe', '', 'end'])
  })
})

describe('profile lock', () => {
  test('a second one is refused and told who holds it; after release it is free', () => {
    const at = folder()
    const lock = lockProfile(at)
    expect(holderOf(() => lockProfile(at))).toContain(`process ${process.pid}`)
    lock.release()
    lock.release()
    const again = lockProfile(at)
    again.release()
  })

  test('another process that holds it is named, and its death by SIGKILL frees it', async () => {
    const at = folder()
    const { child, firstLine } = await started({
      entry: fileURLToPath(new URL('lock-holder.ts', import.meta.url)),
      args: [at],
    })
    expect(await firstLine).toBe('held')
    expect(holderOf(() => lockProfile(at))).toContain(`process ${child.pid}`)
    await child.kill()
    lockProfile(at).release()
  })

  test('a folder that is not there is a local error', () => {
    expect(holderOf(() => lockProfile(join(folder(), 'none')))).toContain('profile.lock')
  })
})
