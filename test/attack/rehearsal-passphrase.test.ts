/**
 * Bad luck: a rehearsal unlocks itself with a passphrase that it shows. A person changes it, and the program ends before
 * or after the change took effect. Wanted: no rehearsal that locks itself out.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import { startProgram, type Program } from '../../electron/program.ts'
import { askOf } from '../support/ask.ts'
import { openRehearsal, type TestRehearsal } from '../support/rehearsal.ts'

const next = 'seven owls count one key'
const typed = (text: string) => new TextEncoder().encode(text)
let house: TestRehearsal
let program: Program

beforeAll(async () => {
  house = await openRehearsal()
  program = house.program
}, 180_000)
afterAll(async () => {
  await program.close()
  await house.end()
})

const shown = async (): Promise<string> => (await askOf(program)('app.state', {})).rehearsalPassphrase ?? ''

const startAgain = async (): Promise<void> => {
  await program.close()
  program = await startProgram({
    profile: 'rehearsal',
    dataFolder: join(house.home, '..', 'profile'),
    version: '0.0.0-test',
    sandboxEntry,
    openProfile: () => Promise.resolve(),
    startFolder: house.home,
  })
  await program.ready()
}

test('a new passphrase is shown, and opens the rehearsal at its next start', async () => {
  const before = await shown()
  await house.ask('keyring.changePassphrase', { present: typed(before), next: typed(next) })
  expect(await shown()).toBe(next)
  await startAgain()
  expect([program.keyring.status().state, await shown()]).toEqual(['unlocked', next])
}, 120_000)

test('killed between the change and its note, or before the change: the one that opens is found', async () => {
  const profile = join(house.home, '..', 'profile')
  const noted = join(profile, 'rehearsal-passphrase.txt')
  // As a process leaves it that died after the change: the note is of before, the expected one is right.
  writeFileSync(noted, 'an owl counts seven keys')
  writeFileSync(join(profile, 'rehearsal-passphrase-next.txt'), next)
  await startAgain()
  expect([program.keyring.status().state, await shown(), readFileSync(noted, 'utf8')]).toEqual([
    'unlocked',
    next,
    next,
  ])
  // And before the change: the expected one opens nothing yet.
  writeFileSync(join(profile, 'rehearsal-passphrase-next.txt'), 'another long passphrase')
  await startAgain()
  expect([program.keyring.status().state, await shown()]).toEqual(['unlocked', next])
}, 120_000)
