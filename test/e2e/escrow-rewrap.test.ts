/** Packages of a replaced group wrapped anew, from the page Escrow to the result: two holders of the old group, once more. */
import { mkdirSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pickFolder } from '../support/encrypted-backup-answers.ts'
import {
  packagesToRewrap,
  rewrapFolder,
  rewrapHolders,
  type Rewrapped,
} from '../support/escrow-rewrap-answers.ts'
import { buildHouse, heading, visit, type Visit } from './house.ts'
import { faultsOf } from './layout.ts'

const house = buildHouse()
let window: Visit
let page: Page
let notes: Rewrapped

beforeAll(async () => {
  mkdirSync(house.profile, { recursive: true, mode: 0o700 })
  notes = await packagesToRewrap({ profile: house.profile, home: house.home }, { count: 2 })
  window = await house.open()
  page = window.page
  await pickFolder(window.ask, rewrapFolder)
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
    throw new Error(await page.locator('main').innerText(), { cause: stayed })
  }
}

const shareGroup = (number: number) => page.getByRole('group', { name: `Share of holder ${number}` })

test('the page Escrow leads there, and the run ends with packages of the new group', async () => {
  const { chooseFolder } = window
  await visit(page, '#/escrow', /^Share groups and escrow packages/)
  const left = page.getByLabel('To be wrapped anew')
  await left.getByText(/was replaced; to be wrapped anew: 2 packages/).waitFor()
  await looksRight()
  await left.getByRole('link', { name: 'Wrap packages anew for another group' }).click()
  await heading(page, 'Wrap escrow packages anew for another share group').waitFor()

  await next('Which packages, of which group?')
  for (const id of notes.packages) await page.getByRole('checkbox', { name: id }).waitFor()
  await page
    .getByText(/^read as a whole: each file/)
    .first()
    .waitFor()
  await looksRight()

  await next('Who is to open them from now on?')
  await page
    .getByText(/Custodian in Geneva/)
    .first()
    .waitFor()
  await looksRight()

  await next('Where are the new packages written?')
  await looksRight()

  await next('Which holders of the old group give their shares?')
  const [first = '', second = ''] = notes.old.shares
  const typed = page.getByLabel('Share of holder 1', { exact: true })
  await typed.fill(notes.next.shares[0] ?? '')
  await typed.blur()
  await page
    .getByText(/is none of this package’s group/)
    .first()
    .waitFor()
  await typed.fill(first)
  await typed.blur()
  await shareGroup(1)
    .getByText(/Kept as «Share 1, Holder 1; check code/)
    .waitFor()
  await page.getByRole('button', { name: 'Read share of holder 2 from a file' }).click()
  await chooseFolder(rewrapHolders)
  await page.getByRole('button', { name: notes.old.files[1] ?? '' }).click()
  await shareGroup(2)
    .getByText(/Kept as «Share 2, Holder 2; check code/)
    .waitFor()
  await looksRight()

  await page.getByRole('button', { name: 'Review plan', exact: true }).click()
  const run = page.getByRole('button', { name: /^Run 8 steps/ })
  await run.waitFor()
  await looksRight()
  await page.getByLabel('Ticket number').fill('ESCROW-2')
  await page.getByLabel('Reason', { exact: true }).fill('A holder left')
  await run.click()
  await heading(page, /^Wrapped anew for Board of 2027: 2 packages/).waitFor({ timeout: 120_000 })
  await page
    .getByText(/^To be destroyed, once the old folders are/)
    .first()
    .waitFor()
  const shown = await page.evaluate(() => document.documentElement.outerHTML)
  for (const words of [first, second]) expect(shown).not.toContain(words.slice(0, 30))
  await looksRight()

  await visit(page, '#/escrow', /^Share groups and escrow packages/)
  expect(await page.getByLabel('To be wrapped anew').count()).toBe(0)
  const listed = { sort: null, search: '', filters: [], offset: 0, limit: 10 }
  const { rows } = await window.ask('escrow.packages', { page: listed })
  expect(rows.map(({ state, toWrapAnew }) => [state, toWrapAnew]).toSorted()).toEqual([
    ['escrowed', false],
    ['escrowed', false],
    ['replaced', false],
    ['replaced', false],
  ])
  expect(rows.map(({ replaces }) => replaces).filter((id) => id !== null)).toHaveLength(2)
}, 240_000)
