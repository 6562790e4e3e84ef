import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DraftId } from '../../shared/model/ids.ts'
import { stopSimulators } from '../support/simulators.ts'
import { buildHouse, completeDraft, heading, prodServer, until, visit, type Visit } from './house.ts'

const subject = 'Keyturn backup certificate'
const question = {
  server: 'Which databases of which server?',
  keys: 'Which keys does the backup use?',
  files: 'Where do copies of the keys go, and how are they opened?',
}

describe('the window keeps and gives away what it should', () => {
  const house = buildHouse()
  let window: Visit
  let page: Page
  let draft: DraftId
  const address = (screen: string): string => `#/setup/encrypted-backup/${draft}/${screen}`

  beforeAll(async () => {
    window = await house.open()
    page = window.page
    draft = await completeDraft(window.ask)
  })
  afterAll(async () => {
    await window.close()
    await house.end()
  })

  const html = (): Promise<string> => page.evaluate(() => document.documentElement.outerHTML)
  const saved = async (name: string): Promise<unknown> =>
    (await window.ask('wizard.open', { job: 'encrypted-backup', draft })).answers[name]

  test('locking takes page and answers away, also what was typed a moment before', async () => {
    await visit(page, address('keys'), question.keys)
    const field = page.getByLabel('Subject of the new certificate')
    await field.waitFor()
    expect(await field.inputValue()).toBe(subject)
    await field.fill('Typed just before the lock')
    await page.getByRole('button', { name: 'Lock' }).click()
    await heading(page, 'Keyturn is locked').waitFor()
    expect(await page.title()).toBe('Keyturn: locked')
    const shown = await html()
    for (const answer of ['Typed just before the lock', subject, 'KT_Backup_2026', prodServer, 'Sales'])
      expect(shown).not.toContain(answer)
    expect(await page.locator('nav').count()).toBe(0)
  })

  test('an id is shown letter by letter: no x between digits becomes another sign', async () => {
    const [whole, letters] = await page.locator('h1').evaluate((title) => {
      const widthOf = (text: string): number => {
        const shown = title.appendChild(document.createElement('span'))
        shown.textContent = text
        shown.style.cssText = 'display: inline-block; font-kerning: none'
        const { width } = shown.getBoundingClientRect()
        shown.remove()
        return width
      }
      return [widthOf('4x2'), widthOf('4') + widthOf('x') + widthOf('2')]
    })
    expect(whole).toBeCloseTo(letters ?? 0, 1)
  })

  test('a wrong passphrase says so, keeps the lock, and empties the field', async () => {
    const field = page.getByLabel('Passphrase of the keyring')
    await field.fill('not the passphrase at all')
    await page.getByRole('button', { name: 'Unlock Keyturn' }).click()
    await page.getByRole('alert').waitFor()
    expect(await field.inputValue()).toBe('')
    expect(await html()).not.toContain('not the passphrase at all')
  })

  test('unlocking returns to the same screen, with what was typed', async () => {
    await page.getByLabel('Passphrase of the keyring').fill(window.program.rehearsal?.passphrase() ?? '')
    await page.getByRole('button', { name: 'Unlock Keyturn' }).click()
    await heading(page, question.keys).waitFor()
    const field = page.getByLabel('Subject of the new certificate')
    await field.waitFor()
    expect(await field.inputValue()).toBe('Typed just before the lock')
  })

  test('an early answer that changes keeps the later ones', async () => {
    await visit(page, address('server'), question.server)
    await page.getByRole('checkbox', { name: 'Payroll', exact: true }).check()
    await page.getByRole('button', { name: 'Next', exact: true }).click()
    await heading(page, question.keys).waitFor()
    expect(await page.getByLabel('Name of the new certificate').inputValue()).toBe('KT_Backup_2026')
    expect(await saved('databases')).toEqual(['Sales', 'Payroll'])
    expect(await saved('algorithm')).toBe('AES_256')
    expect(await saved('localCopy')).toBeTruthy()
  })

  test('a draft survives that the program is closed, and is resumed from Set up', async () => {
    await page.getByLabel('Subject of the new certificate').fill('Typed before closing')
    await until(
      'the draft is saved',
      async () => (await saved('certificateSubject')) === 'Typed before closing',
    )
    await window.close()
    window = await house.open()
    page = window.page
    await visit(page, '#/setup', 'What do you want to set up?')
    await page
      .getByRole('button', { name: 'Resume draft' })
      .or(page.getByRole('link', { name: 'Resume draft' }))
      .first()
      .click()
    await heading(page, question.keys).waitFor()
    expect(await page.getByLabel('Subject of the new certificate').inputValue()).toBe('Typed before closing')
  })

  test('a deleted draft comes back with Undo', async () => {
    await visit(page, '#/setup', 'What do you want to set up?')
    const drafts = page.getByRole('button', { name: 'Delete draft' })
    await drafts.first().waitFor()
    const before = await drafts.count()
    await drafts.first().click()
    await expect.poll(() => drafts.count()).toBe(before - 1)
    await page.getByRole('button', { name: 'Undo' }).click()
    await expect.poll(() => drafts.count()).toBe(before)
  })

  test('Keys before a backup: what was read, and no certificate', async () => {
    await visit(page, '#/keys', 'Keys of the connected servers, vaults and tokens')
    await page.getByRole('heading', { level: 2, name: /^\d[\d,]* keys and backups( known)?$/ }).waitFor()
    await page.getByRole('searchbox', { name: 'Search keys and backups' }).fill('no key has this name')
    await page.getByText(/^No keys and backups match “no key has this name”/).waitFor()
    await page.getByRole('button', { name: 'Clear search and filters' }).click()
    await page.getByRole('gridcell').first().waitFor()
  })

  test('a server that is picked while the draft is being saved still lists its databases', async () => {
    const { dispatch } = window.program
    const held = Promise.withResolvers<undefined>()
    const saving = Promise.withResolvers<undefined>()
    Object.assign(window.program, {
      dispatch: async (...call: Parameters<typeof dispatch>) => {
        const answer = await dispatch(...call)
        if (call[1] === 'wizard.save') {
          saving.resolve(undefined)
          await held.promise
        }
        return answer
      },
    })
    try {
      await visit(page, '#/setup/encrypted-backup/new', /^Take encrypted backups/)
      await page.getByRole('button', { name: 'Next', exact: true }).click()
      await heading(page, question.server).waitFor()
      await saving.promise
      await page.getByRole('radio', { name: prodServer }).check()
      held.resolve(undefined)
      await page.getByRole('checkbox', { name: 'Sales', exact: true }).waitFor()
    } finally {
      held.resolve(undefined)
      Object.assign(window.program, { dispatch })
    }
  })

  test('a server that is gone: the page says so and the form stays usable', async () => {
    await stopSimulators(house.profile)
    await visit(page, address('server'), question.server)
    const read = page.getByRole('region', { name: 'Read from the target' })
    await read.getByRole('button', { name: 'Check again' }).first().click()
    const problem = read.getByRole('alert')
    await problem.waitFor()
    for (const part of ['Unchanged', 'Next step', 'Number'])
      expect(await problem.textContent()).toContain(part)
    await visit(page, address('keys'), question.keys)
    const field = page.getByLabel('Name of the new certificate')
    await field.fill('KT_Typed_While_Gone')
    await until('the draft is saved', async () => (await saved('certificateName')) === 'KT_Typed_While_Gone')
  })

  test('a server that is gone: no plan, and the review says why', async () => {
    await visit(page, address('review'), 'Is this what should run?')
    await page.getByRole('alert').getByText('Next step').waitFor()
    expect(await page.getByRole('button', { name: /^Run \d+ step/ }).count()).toBe(0)
  })

  test('a server that is gone: Keys names the source, and keeps the rows that it read before', async () => {
    await visit(page, '#/keys', 'Keys of the connected servers, vaults and tokens')
    await page.getByRole('button', { name: 'Read again' }).click()
    // Azure is gone too, and is asked again for half a minute before that is said.
    await page.getByText(/did not answer: .*ktr-sqlprod-01 \(rows from/).waitFor({ timeout: 110_000 })
    expect(await page.getByRole('gridcell').count()).toBeGreaterThan(0)
  })
})
