import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { makeToken } from '../../sandbox/hsm/make-token.ts'
import { askOf, type Ask } from '../support/ask.ts'
import { violationsInEveryLook } from './axe.ts'
import { heading, visit } from './house.ts'
import { faultsOf } from './layout.ts'
import { folderFor } from './scenario.ts'
import { openWindow, type OpenedWindow } from './window-harness.ts'

describe('first start breaks no rule of WCAG 2.2 AA, in light, dark and forced colors', () => {
  const root = mkdtempSync(join(tmpdir(), 'keyturn-e2e-first-'))
  let window: OpenedWindow
  let ask: Ask

  beforeAll(async () => {
    // Where SoftHSM finds its tokens: what the system's own variable says to a person's program.
    const { configuration } = await makeToken(folderFor(root, 'token'), 'form')
    vi.stubEnv('SOFTHSM2_CONF', configuration)
    window = await openWindow({ profile: 'main', dataFolder: folderFor(root, 'main'), startFolder: root })
    ask = askOf(window.program)
    await window.page.emulateMedia({ reducedMotion: 'reduce' })
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await window.close()
    rmSync(root, { recursive: true, force: true, maxRetries: 10 })
  })

  const holds = async (): Promise<void> => expect(await violationsInEveryLook(window.page, ask)).toEqual([])

  test('three doors', async () => {
    await heading(window.page, 'Where do you want to begin?').waitFor()
    await window.page.getByRole('button', { name: 'Open an escrow package' }).click()
    await holds()
  })

  test('a passphrase that is refused', async () => {
    const { page } = window
    await page.getByRole('button', { name: 'Connect a server' }).click()
    await page.getByLabel('Passphrase', { exact: true }).fill('short')
    await page.getByRole('button', { name: 'Create keyring' }).click()
    await page.getByText('No keyring was made: a rule above is not met').waitFor()
    await holds()
  })

  test('the recovery sheet', async () => {
    const { page } = window
    await page.getByLabel('Passphrase', { exact: true }).fill('orchard lantern violet 47')
    await page.getByRole('button', { name: 'Create keyring' }).click()
    await page
      .getByRole('heading', { name: /recovery sheet/i })
      .first()
      .waitFor()
    await holds()
  })

  test('connections before there is one', async () => {
    const { page } = window
    await page.getByRole('button', { name: 'Continue to connections' }).click()
    await page.getByRole('button', { name: 'Add SQL Server' }).first().waitFor()
    await holds()
  })

  test('the form of a connection, with errors and every consequence', async () => {
    const { page } = window
    await page.getByRole('button', { name: 'Add SQL Server' }).first().click()
    await page.getByRole('button', { name: 'Save connection' }).click()
    await page.getByRole('heading', { name: /need a change/ }).waitFor()
    await page.getByRole('radio', { name: /^Off/ }).check()
    await holds()
  })

  test('the question before unsaved changes are left', async () => {
    const { page } = window
    await page.evaluate(() => {
      location.hash = '#/overview'
    })
    await page.getByRole('dialog', { name: 'Leave this page?' }).waitFor()
    await holds()
    await page.getByRole('button', { name: 'Leave without it' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  test('the form of a token: its module looked at, loaded, its tokens and what one can do', async () => {
    const { page } = window
    await visit(page, '#/connections/new-hsm', 'Which HSM token?')
    await page
      .getByRole('radio', { name: /SoftHSM/ })
      .first()
      .check()
    await page.getByText('nobody else but administrators may write it').waitFor()
    await page.getByRole('button', { name: 'Load it and list its tokens' }).click()
    await page.getByRole('radio', { name: /^form \(test only\)/ }).check()
    await page.getByText(/mechanisms listed by the token$/).waitFor()
    await page.getByRole('button', { name: 'Save connection' }).click()
    await page.getByRole('heading', { name: /needs? a change/ }).waitFor()
    expect(await faultsOf(page, ask)).toEqual([])
  })

  test('the list of files for another module', async () => {
    const { page } = window
    await page.getByRole('button', { name: 'Choose another file' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).waitFor()
    await holds()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await page.evaluate(() => {
      location.hash = '#/overview'
    })
    await page.getByRole('button', { name: 'Leave without it' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  test.each([
    ['Overview', '#/overview', /attention$/],
    ['Keys', '#/keys', 'Keys of the connected servers, vaults and tokens'],
    ['Set up', '#/setup', 'What do you want to set up?'],
  ] as const)('%s, with nothing in it', async (_name, hash, title) => {
    await visit(window.page, hash, title)
    await holds()
  })
})
