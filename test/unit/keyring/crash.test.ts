import { readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startNodeChild } from '../../../electron/platform/child-process.ts'
import { asHandleId } from '../../../shared/model/ids.ts'
import { keyringAt, login, newKeyring, passphrase, secret, textOf } from './support.ts'

const writer = fileURLToPath(new URL('crash-writer.ts', import.meta.url))

test('SIGKILL in the middle of writes leaves a keyring that opens and holds all that was reported', async () => {
  const { keyring, folder, path } = await newKeyring()
  keyring.lock()
  const reported: string[] = []
  for (const killAfter of [1, 2, 3, 5, 8]) {
    let seen = 0
    let enough = (): void => undefined
    const wanted = new Promise<void>((resolve) => (enough = resolve))
    const child = await startNodeChild({
      entry: writer,
      args: [path],
      onLine: (line) => {
        reported.push(line)
        seen += 1
        if (seen >= killAfter) enough()
      },
    })
    await Promise.race([wanted, child.exited])
    // A different distance into the next write each time; no clock is involved.
    for (let turn = 0; turn < killAfter * 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    expect((await child.kill()).signal).toBe('SIGKILL')

    const restarted = keyringAt(folder)
    await restarted.unlock(passphrase())
    const labels = new Map(restarted.list().map((info) => [String(info.id), info.label]))
    for (const id of reported) {
      using opened = await restarted.open(asHandleId(id), login)
      expect(textOf(opened)).toBe(labels.get(id))
    }
    for (const run of restarted.sealedRuns()) {
      for (const opened of (await restarted.openRun(run)).values())
        expect(textOf(opened)).toMatch(/^secret \d+$/)
    }
    const kept = await restarted.put({ ...login, label: 'after' }, secret('after'))
    await restarted.drop(kept.id)
    restarted.lock()
    const names = readdirSync(folder).filter((name) => name !== 'keyring.json')
    expect(names.every((name) => name.startsWith('.keyring.json.keyturn-part-'))).toBe(true)
  }
  expect(reported.length).toBeGreaterThanOrEqual(19)
})

test('what a killed writer left beside the file is removed at the next unlock', async () => {
  const { folder, path } = await newKeyring()
  writeFileSync(`${folder}/.keyring.json.keyturn-part-0123456789ab`, 'half')
  const restarted = keyringAt(folder)
  await restarted.unlock(passphrase())
  expect(readdirSync(folder)).toEqual([path.split('/').pop()])
})
