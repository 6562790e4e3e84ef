import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DraftId } from '../../shared/model/ids.ts'
import { asRunId } from '../../shared/model/ids.ts'
import { violationsInEveryLook } from './axe.ts'
import { buildHouse, completeDraft, heading, visit, type Visit } from './house.ts'

describe('no rule of WCAG 2.2 AA is broken in light, and none of contrast and links in dark and forced colors', () => {
  const house = buildHouse()
  let window: Visit
  let draft: DraftId
  let run: string

  beforeAll(async () => {
    window = await house.open()
    const first = await completeDraft(window.ask)
    const { digest } = await window.ask('wizard.review', { draft: first })
    run = (await window.ask('runs.start', { digest, ticket: 'A11Y-1', reason: 'A page with a result' })).run
    await window.program.engine.settled(asRunId(run))
    draft = await completeDraft(window.ask, ['Payroll'], 'there')
  })
  afterAll(async () => {
    await window.close()
    await house.end()
  })

  const holds = async (): Promise<void> =>
    expect(await violationsInEveryLook(window.page, window.ask)).toEqual([])

  const pages: [name: string, hash: string, title: string | RegExp][] = [
    ['Overview', '#/overview', /attention$/],
    ['Set up', '#/setup', 'What do you want to set up?'],
    ['Backups & recovery', '#/backups', /^Restore drills/],
    ['Escrow', '#/escrow', /^Share groups and escrow packages/],
    ['Check a share', '#/escrow/check', /^Does this share belong/],
    ['Verify a package', '#/escrow/verify', /^Is this package whole/],
    ['Calendar', '#/calendar', /not in this version/],
    ['Connections', '#/connections', /^\d+ connections: 2 to SQL Server/],
    ['Settings', '#/settings', 'How Keyturn works on this computer'],
    ['Kept passwords', '#/passwords', 'Kept passwords'],
    ['an address that leads nowhere', '#/nowhere', 'There is no page at this address'],
  ]
  test.each(pages)('%s', async (_name, hash, title) => {
    await visit(window.page, hash, title)
    // Several parts of a page may be read at once; the first is gone when none is left.
    await window.page
      .getByText(/^(Reading|Opening)/)
      .first()
      .waitFor({ state: 'detached' })
    await holds()
  })

  const screens: [screen: string, title: string][] = [
    ['intro', 'Take encrypted backups'],
    ['server', 'Which databases of which server?'],
    ['keys', 'Which keys does the backup use?'],
    ['files', 'Where do copies of the keys go, and how are they opened?'],
    ['destination', 'Where do the backups go, and how are they written?'],
  ]
  test.each(screens)('wizard: %s', async (screen, title) => {
    const { page } = window
    await visit(
      page,
      `#/setup/encrypted-backup/${draft}/${screen}`,
      new RegExp(`^${title.replace('?', '\\?')}`),
    )
    if (screen !== 'intro')
      await page.locator('section[aria-label="Read from the target"][aria-busy="false"]').waitFor()
    await holds()
  })

  test('wizard: answers that need a change', async () => {
    const { page } = window
    await visit(page, '#/setup/encrypted-backup/new', /^Take encrypted backups/)
    await page.getByRole('button', { name: 'Next' }).click()
    await heading(page, 'Which databases of which server?').waitFor()
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByRole('heading', { name: /need a change|needs a change/ }).waitFor()
    await holds()
  })

  test('wizard: the list of folders', async () => {
    const { page } = window
    await visit(page, `#/setup/encrypted-backup/${draft}/files`, /^Where do copies/)
    await page.getByRole('button', { name: 'Choose another folder' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Use this folder' }).waitFor()
    await holds()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  test('review, with a step opened and an approval that lacks its reason', async () => {
    const { page } = window
    await visit(page, `#/setup/encrypted-backup/${draft}/review`, 'Is this what should run?')
    await page.getByRole('button', { name: /^Run \d+ step/ }).click()
    await page.getByRole('heading', { name: '2 answers need a change' }).waitFor()
    await page
      .getByRole('button', { expanded: false, name: /step 1$/ })
      .first()
      .click()
    await holds()
  })

  test('run: the result, with a step opened', async () => {
    const { page } = window
    await visit(page, `#/runs/${run}`, /steps verified on/)
    await page.getByRole('button', { name: 'Details of step 2', exact: true }).click()
    await holds()
  })

  test('Keys, with one opened', async () => {
    const { page } = window
    await visit(page, '#/keys', 'Keys of the connected servers, vaults and tokens')
    await page.getByRole('gridcell', { name: 'KT_Backup_2026', exact: true }).first().click()
    await page.getByRole('complementary').waitFor()
    await holds()
  })

  test('Audit, with an entry opened and the chain checked', async () => {
    const { page } = window
    await visit(page, '#/audit', 'What was done, and what was refused')
    await page.getByRole('button', { name: 'Check the chain' }).click()
    await page.getByText('Unbroken').waitFor()
    await page.getByRole('gridcell').first().click()
    await page.getByRole('complementary').waitFor()
    await holds()
  })

  test('Audit, with an anchor shown, a pasted one that differs, and a first entry that is no number', async () => {
    const { page } = window
    await page.getByRole('button', { name: 'Show anchor to print' }).click()
    await page.getByRole('dialog').getByText('KEYTURN RECORD ANCHOR').waitFor()
    await holds()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page
      .getByText(/^Last outside anchor/)
      .first()
      .waitFor()
    await page.getByLabel('Compare with an anchor kept elsewhere').fill(`3:${'ab'.repeat(32)}`)
    await page.getByRole('button', { name: 'Compare anchor' }).click()
    await page.getByText('Differs', { exact: true }).waitFor()
    await page.getByLabel('Export from entry').fill('none')
    await page.getByRole('button', { name: 'Export record' }).click()
    await page.getByRole('alert').waitFor()
    await holds()
  })

  test('one connection, tested, with its login script', async () => {
    const { page } = window
    await visit(page, '#/connections', /^\d+ connections: 2 to SQL Server/)
    await page.getByRole('button', { name: /^Test ktr-sqlprod-01/ }).click()
    await page.getByText(/checks answered as needed/).waitFor()
    await page.getByRole('button', { name: 'Least-privilege login script' }).click()
    await holds()
  })

  test('Settings, with a new passphrase refused and a restore opened', async () => {
    const { page } = window
    await visit(page, '#/settings', 'How Keyturn works on this computer')
    await page.getByRole('button', { name: 'Change passphrase', exact: true }).click()
    await page.getByRole('button', { name: 'Change the passphrase' }).click()
    await page.getByText('Enter the present passphrase first').waitFor()
    await holds()
    await page.getByRole('button', { name: 'Restore a backup', exact: true }).click()
    await page.getByRole('button', { name: 'Choose folder with backups' }).waitFor()
    await holds()
  })

  test('Go to', async () => {
    const { page } = window
    await visit(page, '#/setup', 'What do you want to set up?')
    await page.getByRole('button', { name: 'Go to' }).click()
    await page.getByRole('option').first().waitFor()
    await holds()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  test('locked', async () => {
    const { page } = window
    await page.getByRole('button', { name: 'Lock', exact: true }).click()
    await heading(page, 'Keyturn is locked').waitFor()
    await holds()
  })
})
