/** An escrow drill as people hold it: the package picked, two holders with their shares, a real backup opened, all removed. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tokenRefOf } from '../support/hsm-key-answers.ts'
import {
  drilledPassphrase,
  holdersFolder,
  mediumFolder,
  packageToDrill,
  tokenPackageToDrill,
  type Noted,
} from '../support/escrow-drill-answers.ts'
import { drillServer, drillShare } from '../support/restore-drill-answers.ts'
import { simulatorsOf } from '../support/simulators.ts'
import { buildHouse, heading, type Visit } from './house.ts'
import { faultsOf } from './layout.ts'

const house = buildHouse()
let window: Visit
let page: Page
let notes: Noted

beforeAll(async () => {
  window = await house.open()
  page = window.page
  const { program, ask } = window
  notes = await packageToDrill(
    { program, ask, simulators: simulatorsOf(house.profile) },
    { profile: house.profile, home: house.home },
  )
}, 120_000)
afterAll(async () => {
  try {
    await window?.close()
  } finally {
    await house.end()
  }
})

const looksRight = async (): Promise<void> => expect(await faultsOf(page, window.ask)).toEqual([])

const next = async (title: string | RegExp): Promise<void> => {
  await page.getByRole('button', { name: 'Next', exact: true }).click()
  try {
    await heading(page, title).waitFor({ timeout: 40_000 })
  } catch (stayed) {
    // What the page says of it is the reason that a reader of the failure needs.
    throw new Error(await page.locator('main').innerText(), { cause: stayed })
  }
}

const chooseFolder = async (name: string): Promise<void> => {
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name, exact: true }).click()
  await dialog.getByText(new RegExp(`${name}$`)).waitFor()
  await dialog.getByRole('button', { name: 'Use this folder' }).click()
  await dialog.waitFor({ state: 'detached' })
}

/** What the page holds, and what the window keeps beside it. */
const held = (): Promise<string> =>
  page.evaluate(() =>
    JSON.stringify([
      document.documentElement.outerHTML,
      [...document.querySelectorAll('input')].map(({ value }) => value),
      { ...localStorage },
      { ...sessionStorage },
      location.href,
    ]),
  )

const shareGroup = (number: number) => page.getByRole('group', { name: `Share of holder ${number}` })

test('from the package alone to a certificate that opens a backup', async () => {
  await page.getByRole('link', { name: 'Set up' }).first().click()
  await page
    .getByRole('main')
    .getByRole('link', { name: /drill or recovery/i })
    .first()
    .click()
  await heading(page, 'Open a package and show that its keys work').waitFor()
  await looksRight()

  await next('Which package is opened, and what for?')
  await page.getByRole('radio', { name: /^Drill/ }).check()
  await page.getByRole('button', { name: 'Choose folder' }).click()
  await chooseFolder(mediumFolder)
  await page
    .getByText(/does not know the key that signed it/)
    .first()
    .waitFor()
  await page
    .getByLabel('Fingerprint of who signed it', { exact: true })
    .fill(notes.fingerprint.toUpperCase().replace(/(.{8})/g, '$1 '))
  await page
    .getByText(/the key whose fingerprint was typed/)
    .first()
    .waitFor()
  await looksRight()

  await next('What opens it?')
  expect(await page.getByLabel('Share of holder 3', { exact: true }).count()).toBe(0)
  const [first = '', second = ''] = notes.shares
  const typed = page.getByLabel('Share of holder 1', { exact: true })
  await typed.fill(first.replace(/^\w+/, 'zzzzzz'))
  await typed.blur()
  await page
    .getByText(/not in the list of words/)
    .first()
    .waitFor()
  await typed.fill(first)
  await typed.blur()
  await shareGroup(1)
    .getByText(/Kept as «Share 1, Holder 1; check code/)
    .waitFor()
  const again = page.getByLabel('Share of holder 2', { exact: true })
  await again.fill(first)
  await again.blur()
  await page
    .getByText(/share 1 was given twice/)
    .first()
    .waitFor()
  await page.getByRole('button', { name: 'Read share of holder 2 from a file' }).click()
  await chooseFolder(holdersFolder)
  await page.getByRole('button', { name: notes.files[1] ?? '' }).click()
  await shareGroup(2)
    .getByText(/Kept as «Share 2, Holder 2; check code/)
    .waitFor()
  for (const words of [first, second]) expect(await held()).not.toContain(words.slice(0, 30))
  await looksRight()

  await next('What takes the keys, and what shows that they work?')
  await page.getByRole('radio', { name: /^A SQL Server/ }).check()
  await page.getByRole('radio', { name: drillServer }).check()
  await page.getByRole('radio', { name: /^Create one under a throw-away password/ }).check()
  await page
    .getByLabel('An encrypted backup that has to open', { exact: true })
    .fill(`${drillShare}\\full.bak`)
  await looksRight()
  await page.getByRole('button', { name: 'Review plan', exact: true }).click()
  const run = page.getByRole('button', { name: /^Run \d+ steps/ })
  await run.waitFor()
  await page.getByText('Group key: join the shares and open it').first().waitFor()
  await looksRight()
  await page.getByLabel('Ticket number').fill('ESCROW-1')
  await page.getByLabel('Reason', { exact: true }).fill('Quarterly drill')
  await run.click()
  await page
    .getByText('Copies of keys and backups, and how far each was proven')
    .waitFor({ timeout: 120_000 })
  await heading(
    page,
    /^The drill of escrow package ep-\w{12} used Certificate KT_Drill: an encrypted backup opened on an empty server, read from ktr-sqlempty-01 on /,
  ).waitFor()
  await page.getByText('Holder 1, Holder 2').first().waitFor()
  const shown = await held()
  for (const words of [first, second, drilledPassphrase]) expect(shown).not.toContain(words.slice(0, 30))
  await looksRight()

  const { rows } = window.program.record.page({
    filter: { kind: ['escrow-drill-ended'] },
    offset: 0,
    limit: 10,
    order: 'newest-first',
  })
  expect(rows.map(({ sentence }) => sentence)).toEqual([
    expect.stringMatching(
      /^Drill of escrow package ep-\w{12} on ktr-sqlempty-01, opened by Holder 1, Holder 2: Certificate KT_Drill restored, Password: key files opened, in \d+ s$/,
    ),
  ])
  // Shares are gone from the keyring: what is left could be given by nobody here.
  const page1 = { sort: null, search: '', filters: [], offset: 0, limit: 100 }
  const kept = await window.ask('secrets.list', { page: page1 })
  expect(kept.rows.filter(({ purpose }) => purpose === 'escrow.share')).toEqual([])
}, 240_000)

test('from the package alone to a key that a token uses, and that is gone again', async () => {
  const hsm = await tokenRefOf(window.ask)
  if (hsm === null) throw new Error('SoftHSM and pkcs11js are needed here')
  await window.ask('hsm.probe', { id: hsm.id, seen: null })
  const where = { profile: house.profile, home: house.home, medium: 'medium-token' }
  const token = await tokenPackageToDrill(where)
  await page.getByRole('link', { name: 'Set up' }).first().click()
  await page
    .getByRole('main')
    .getByRole('link', { name: /drill or recovery/i })
    .first()
    .click()
  await heading(page, 'Open a package and show that its keys work').waitFor()
  await next('Which package is opened, and what for?')
  await page.getByRole('radio', { name: /^Drill/ }).check()
  await page.getByRole('button', { name: 'Choose folder' }).click()
  await chooseFolder('medium-token')
  await page.getByLabel('Fingerprint of who signed it', { exact: true }).fill(token.fingerprint)
  await page
    .getByText(/the key whose fingerprint was typed/)
    .first()
    .waitFor()
  await page
    .getByText(/unwrapped there, where a token takes the keys/)
    .first()
    .waitFor()
  await next('What opens it?')
  for (const [index, words] of token.shares.slice(0, 2).entries()) {
    const field = page.getByLabel(`Share of holder ${index + 1}`, { exact: true })
    await field.fill(words)
    await field.blur()
    await shareGroup(index + 1)
      .getByText(/Kept as «Share/)
      .waitFor()
  }
  await next('What takes the keys, and what shows that they work?')
  await page.getByText(/Filled in by Keyturn: The package holds keys of tokens/).waitFor()
  expect(await page.getByRole('radio', { name: /^A token/ }).isChecked()).toBe(true)
  expect(await page.getByLabel('An encrypted backup that has to open').count()).toBe(0)
  await page.getByRole('radio', { name: hsm.name }).check()
  await page
    .getByText(/fills keys up with zero bytes first, against RFC 5649: what it wraps is for tests only/)
    .first()
    .waitFor()
  await looksRight()
  await page.getByRole('button', { name: 'Review plan', exact: true }).click()
  const run = page.getByRole('button', { name: /^Run \d+ steps/ })
  await run.waitFor()
  await looksRight()
  await page.getByLabel('Ticket number').fill('ESCROW-2')
  await page.getByLabel('Reason', { exact: true }).fill('Drill of a key of a token')
  await run.click()
  await heading(
    page,
    /^The drill of escrow package ep-\w{12} used TDE key of the EU and Wrapping key: unwrapping worked on the token, read from ktr-token on /,
  ).waitFor({ timeout: 60_000 })
  await looksRight()
}, 240_000)
