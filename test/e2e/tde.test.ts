import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { simulatorsOf } from '../support/simulators.ts'
import { makeMasterKey } from '../support/tde-answers.ts'
import { buildHouse, heading, localFolder, prodServer, visit, type Visit } from './house.ts'
import { faultsOf } from './layout.ts'

describe('TDE through the window', () => {
  const house = buildHouse()
  let window: Visit

  beforeAll(async () => {
    window = await house.open()
    await makeMasterKey(window.program, window.ask, prodServer)
  })
  afterAll(async () => {
    await window.close()
    await house.end()
  })

  const next = (name = 'Next'): Promise<void> =>
    window.page.getByRole('button', { name, exact: true }).click()

  const looksRight = async (): Promise<void> => expect(await faultsOf(window.page, window.ask)).toEqual([])

  test('two databases are encrypted; the heading of the result is that fact', async () => {
    const { page, chooseFolder } = window
    await visit(page, '#/setup/tde/new', 'Encrypt the files of databases, or change how they are encrypted')
    await next()
    await heading(page, 'What is to be done with TDE, and for which databases?').waitFor()
    await looksRight()
    await page.getByRole('radio', { name: prodServer }).check()
    await page.getByRole('radio', { name: /^Turn TDE on/ }).check()
    for (const name of ['Payroll', 'Inventory'])
      await page.getByRole('checkbox', { name, exact: true }).check()
    await next()
    await heading(page, 'Which certificate and which algorithm?').waitFor()
    await page.getByRole('radio', { name: /^Create a new one/ }).check()
    await looksRight()
    await page.getByLabel('Name of the new certificate').fill('KT_TDE_Window')
    await page.getByLabel('Subject of the new certificate').fill('TDE through the window')
    await page.getByLabel('Expires on (UTC)').fill('2031-12-31')
    await next()
    await heading(page, 'Where do files go?').waitFor()
    expect(await page.getByText('Folder on the server for the full backup').count()).toBe(0)
    await page.getByRole('button', { name: 'Generate' }).click()
    await page.getByText(/^Kept as/).waitFor()
    await page.getByRole('button', { name: 'Choose folder' }).click()
    await chooseFolder(localFolder)
    await looksRight()
    await next('Review plan')
    const button = page.getByRole('button', { name: /^Run 11 steps/ })
    await button.waitFor()
    await page.getByText('Without this certificate nobody opens these databases').first().waitFor()
    await looksRight()
    await page.getByLabel('Ticket number').fill('CHG-3001')
    await page.getByLabel('Reason', { exact: true }).fill('TDE through the window')
    const simulators = simulatorsOf(house.profile)
    await simulators.order({ command: 'scan', instance: prodServer, holdAtPercent: 50 })
    await button.click()
    await page.getByText(/^50 percent, as the server reports it/).waitFor({ timeout: 60_000 })
    await looksRight()
    await simulators.order({ command: 'scan', instance: prodServer, holdAtPercent: null })
    await page.getByRole('heading', { name: 'Not checked' }).waitFor({ timeout: 60_000 })
    await heading(page, /^TDE is on for Payroll.*Inventory: encryption state 3, read from/).waitFor()
    await looksRight()
    await visit(page, '#/keys', 'Keys of the connected servers, vaults and tokens')
    await page
      .getByRole('gridcell', { name: /^KT_TDE_Window/ })
      .first()
      .waitFor()
  })
})
