import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { asRunId, asTargetId } from '../../../shared/model/ids.ts'
import { emptyFolder, keyringAt, login, passphrase, refusalOf, secret, textOf } from './support.ts'

const fixture = new URL('../../vectors/keyring/version-1.json', import.meta.url)
const target = asTargetId('t-aaaaaaaaaaaa')

const oldKeyring = () => {
  const folder = emptyFolder()
  const path = join(folder, 'keyring.json')
  copyFileSync(fixture, path)
  return { folder, path, keyring: keyringAt(folder) }
}

test('a file of version 1 opens as it is, and reading it changes no byte', async () => {
  const { keyring, path } = oldKeyring()
  expect(await refusalOf(keyring.unlock(passphrase('another long passphrase')))).toBe(
    'keyring-wrong-passphrase',
  )
  await keyring.unlock(passphrase())
  const [second, first] = keyring.list()
  expect([first?.label, first?.generation, second?.generation]).toEqual(['SQLPROD-01 / sa', 2, 1])
  expect(first && textOf(await keyring.open(first.id, login))).toBe('first of version 1, replaced')
  expect(second && textOf(await keyring.open(second.id, { purpose: 'sql.key-file-password', target }))).toBe(
    'second of version 1',
  )
  const run = await keyring.openRun(asRunId('r-cccccccccccc'))
  expect([...run.values()].map(textOf)).toEqual(['first of version 1, replaced'])
  expect(readFileSync(path).equals(readFileSync(fixture))).toBe(true)
  expect(keyring.upkeep()?.backup).toMatchObject({ due: true, changes: 3 })
})

test('the first change writes version 2, without the passphrase being asked again', async () => {
  const { keyring, path, folder } = oldKeyring()
  await keyring.unlock(passphrase())
  await keyring.put({ ...login, label: 'new' }, secret('third'))
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ version: 2, revision: 6 })
  const restarted = keyringAt(folder)
  await restarted.unlock(passphrase())
  expect(restarted.list().map(({ label }) => label)).toEqual(['KT_Backup_2026.pvk', 'SQLPROD-01 / sa', 'new'])
})

test('a copy of version 1 is found and restored like a backup', async () => {
  const { folder } = oldKeyring()
  const keyring = keyringAt(emptyFolder())
  const [found] = await keyring.backupsIn(folder)
  expect(found).toMatchObject({ name: 'keyring.json', secrets: 2, keyring: 'p65xycxb8wgv', problem: null })
  await keyring.restore({ folder, name: 'keyring.json', keepRuns: [] }, passphrase())
  expect(keyring.list()).toHaveLength(2)
})
