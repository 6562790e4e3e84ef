/** Processes that are spoken to in frames, started for real: how they end. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startFramedNodeChild, type FramedChild } from '../../../electron/platform/framed-child.ts'

const folder = mkdtempSync(join(tmpdir(), 'kt-framed-'))
const others: number[] = []
afterAll(() => {
  for (const pid of others) process.kill(pid, 'SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

interface Started {
  child: FramedChild
  frames: string[]
  first: Promise<string>
}

const started = async (name: string, ...lines: string[]): Promise<Started> => {
  const entry = join(folder, `${name}.cjs`)
  const own = [
    "const { writeSync } = require('node:fs')",
    "const { spawn } = require('node:child_process')",
    'const say = (text) => {',
    '  const head = Buffer.alloc(4)',
    '  head.writeUInt32BE(Buffer.byteLength(text))',
    '  writeSync(3, Buffer.concat([head, Buffer.from(text)]))',
    '}',
  ]
  writeFileSync(entry, [...own, ...lines].join('\n'))
  const frames: string[] = []
  const first = Promise.withResolvers<string>()
  const child = await startFramedNodeChild({
    entry,
    environment: {},
    onFrame: (payload) => {
      frames.push(payload.toString())
      first.resolve(payload.toString())
    },
  })
  return { child, frames, first: first.promise }
}

/** A process of the module's own that outlives it and holds the pipe of the answers. */
const heir =
  "const heir = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { stdio: ['ignore', 3, 'ignore'], detached: true })"

test('frames that were written just before the end come before the end', async () => {
  const { child, frames } = await started('last-words', "for (let at = 0; at < 50; at += 1) say('n' + at)")
  expect(await child.exited).toEqual({ code: 0, signal: null })
  expect(frames).toHaveLength(50)
})

test('it is gone when it ended, though a process that it started holds its pipes', async () => {
  const { child, first } = await started('heir', heir, 'say(String(heir.pid))', 'heir.unref()')
  others.push(Number(await first))
  expect(await child.exited).toEqual({ code: 0, signal: null })
})

test('killed, it is gone as well, and nothing waits for the process that it started', async () => {
  const { child, first } = await started(
    'killed',
    heir,
    'say(String(heir.pid))',
    'setInterval(() => 0, 1000)',
  )
  others.push(Number(await first))
  expect(await child.kill()).toEqual({ code: null, signal: 'SIGKILL' })
})
