/** A restore drill as a person holds it: from its door to the result, the list of drills and the Overview. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  backupsToDrill,
  drillFilePassword,
  drillServer,
  drillShare,
  drillSource,
} from '../support/restore-drill-answers.ts'
import { simulatorsOf } from '../support/simulators.ts'
import { buildHouse, heading, visit, type Visit } from './house.ts'
import { faultsOf } from './layout.ts'

const house = buildHouse()
let window: Visit
let page: Page

beforeAll(async () => {
  window = await house.open()
  page = window.page
  const { program, ask } = window
  await backupsToDrill({ program, ask, simulators: simulatorsOf(house.profile) })
}, 120_000)
afterAll(async () => {
  try {
    await window?.close()
  } finally {
    await house.end()
  }
})

const looksRight = async (): Promise<void> => expect(await faultsOf(page, window.ask)).toEqual([])

/** One press: what was answered is saved before it is looked at. */
const next = async (title: string | RegExp, name = 'Next'): Promise<void> => {
  await page.getByRole('button', { name, exact: true }).click()
  try {
    await heading(page, title).waitFor({ timeout: 40_000 })
  } catch (stayed) {
    // What the page says of it is the reason that a reader of the failure needs.
    throw new Error(await page.locator('main').innerText(), { cause: stayed })
  }
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

test('from the door to the list of drills', async () => {
  await visit(page, '#/backups', 'Restore drills, and how far each backup was proven')
  await page.getByText('No drill yet').waitFor()
  await page.getByRole('link', { name: 'Set up' }).first().click()
  await page
    .getByRole('main')
    .getByRole('link', { name: /restore drill/i })
    .first()
    .click()
  await heading(page, /from their files alone/).waitFor()
  await looksRight()

  await next('Which backups are drilled?')
  await page.getByRole('radio', { name: drillSource }).check()
  await page
    .getByRole('checkbox', { name: /^Sales, / })
    .first()
    .check()
  await looksRight()

  await next('Which empty server restores them, and where are the files for it?')
  await page.getByRole('radio', { name: drillServer }).check()
  await page.getByRole('radio', { name: /^Where the history has them/ }).check()
  await page.getByLabel('Folder for the restored data files', { exact: true }).fill('D:\\Backup')
  await page.getByLabel('Folder for the restored log files', { exact: true }).fill('D:\\Backup')
  await page.getByRole('radio', { name: /^Create one under a throw-away password/ }).check()
  await looksRight()

  await next('Which key files open the backups?')
  await page.getByRole('radio', { name: /^All that are in these folders/ }).check()
  await page.getByLabel('Folder of the key files', { exact: true }).fill(drillShare)
  await page.getByRole('radio', { name: /^Type them now/ }).check()
  await page.getByLabel('Password of the private key files', { exact: true }).fill(drillFilePassword)
  await looksRight()

  await next('What is asked of the restored databases?')
  await looksRight()
  await page.getByRole('button', { name: 'Review plan', exact: true }).click()
  const run = page.getByRole('button', { name: /^Run \d+ steps/ })
  await run.waitFor()
  expect(await held()).not.toContain(drillFilePassword)
  // What ids stand for, never the ids: the server that took the backups is not the one of the drill.
  const answers = page.locator('section', { has: page.getByRole('heading', { name: 'Answers' }) })
  await answers.getByText(/^Sales, \d{4}-/).waitFor()
  for (const name of [drillSource, drillServer, 'Type them now'])
    expect(await answers.getByText(name, { exact: true }).count()).toBe(1)
  await looksRight()
  await page.getByLabel('Ticket number').fill('DRILL-1')
  await page.getByLabel('Reason', { exact: true }).fill('Quarterly drill')
  await run.click()
  await heading(
    page,
    /^The drill restored Sales: ONLINE, DBCC CHECKDB counted no errors, read from ktr-sqlempty-01 on/,
  ).waitFor({ timeout: 120_000 })
  await page.getByText('Copies of keys and backups, and how far each was proven').waitFor()
  expect(await page.getByText('Restored: a drill used it').count()).toBe(2)

  expect(await held()).not.toContain(drillFilePassword)
  await looksRight()

  await page.getByRole('link', { name: 'See the drills' }).click()
  await page.getByRole('gridcell', { name: 'Sales', exact: true }).click()
  await page.getByRole('complementary').getByText('typed for the drill').waitFor()
  await looksRight()

  await visit(page, '#/overview', /attention/)
  await page.getByText('Done: Hold a first drill').waitFor()
  await page
    .getByText(/^Sales from ktr-sqlprod-01 restored on ktr-sqlempty-01/)
    .first()
    .waitFor()
}, 240_000)
