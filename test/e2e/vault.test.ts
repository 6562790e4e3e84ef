import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildHouse, heading, localFolder, visit, type Visit } from './house.ts'
import { faultsOf } from './layout.ts'

describe('a vault through the window', () => {
  const house = buildHouse()
  let window: Visit

  beforeAll(async () => {
    window = await house.open()
  })
  afterAll(async () => {
    await window.close()
    await house.end()
  })

  test('from the answers to a key that the application has used', async () => {
    const { page, chooseFolder, ask } = window
    const next = (name = 'Next'): Promise<void> => page.getByRole('button', { name, exact: true }).click()
    const choose = (name: string | RegExp): Promise<void> => page.getByRole('radio', { name }).check()
    const looksRight = async (): Promise<void> => expect(await faultsOf(page, ask)).toEqual([])

    await visit(page, '#/setup/vault/new', 'Set up, or check, a vault with a key for SQL Server')
    await next()
    await heading(page, 'In which vault is the key to be?').waitFor()
    await choose('ktr-subscription')
    await choose('Create a key vault')
    await choose(/^Use one that is there/)
    await choose(/^ktr-rg-weu/)
    // The region of the group is proposed.
    await page.getByRole('radio', { name: /^West Europe/, checked: true }).waitFor()
    await page.getByLabel('Name of the new vault').fill('ktr-vault-window')
    await looksRight()
    await next()

    await heading(page, 'What guards the vault and its keys?').waitFor()
    await choose('Nothing is set up')
    await page.getByRole('checkbox', { name: 'Give yourself the right to make keys in it' }).check()
    await looksRight()
    await next()

    await heading(page, 'As whom does SQL Server use the key?').waitFor()
    await page.getByLabel('Name of the new application').fill('ktr-sp-window')
    await looksRight()
    await next()

    await heading(page, 'Which key, and where does its backup go?').waitFor()
    await page.getByLabel('Name of the new key').fill('KTR-WINDOW')
    await choose('2,048 bits')
    await page.getByRole('button', { name: 'Choose folder' }).click()
    await chooseFolder(localFolder)
    await looksRight()
    await next('Review plan')

    await page.getByText('A key made in the vault can never be escrowed').first().waitFor()
    await page.getByRole('button', { name: 'Show script of step 1', exact: true }).click()
    await page.getByText('PUT https://management.azure.com/subscriptions/').first().waitFor()
    const button = page.getByRole('button', { name: /^Run 10 steps/ })
    await button.waitFor()
    await looksRight()
    await page.getByLabel('Ticket number').fill('CHG-2060')
    await page.getByLabel('Reason', { exact: true }).fill('A vault through the window')
    await button.click()
    await page.getByRole('heading', { name: 'Not checked' }).waitFor()
    await heading(
      page,
      /^Vault key KTR-WINDOW: ktr-vault-window\.vault\.azure\.net wrapped and unwrapped with it for ktr-sp-window, read from ktr-subscription on/,
    ).waitFor()
    await looksRight()
    expect(
      readdirSync(join(house.home, localFolder)).map((name) => name.replace(/-[a-z0-9]{8}\./, '-MARK.')),
    ).toEqual(['ktr-vault-window-KTR-WINDOW-MARK.keybackup'])
    const kept = window.program.keyring.list({ purpose: 'ekm.client-secret' })
    expect(kept.map(({ label }) => label.slice(0, 23))).toEqual(['Secret of ktr-sp-window'])
  })
})
