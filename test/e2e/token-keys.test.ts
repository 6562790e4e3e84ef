/** Keys of a token as people look at them: read with the PIN, compared, one destroyed after its label was typed. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ownToken } from '../support/hsm-key-answers.ts'
import { simulatorsOf } from '../support/simulators.ts'
import { buildHouse, heading, type Visit } from './house.ts'
import { faultsOf } from './layout.ts'

const house = buildHouse()
let window: Visit
let page: Page

beforeAll(async () => {
  window = await house.open()
  page = window.page
  const own = await ownToken(simulatorsOf(house.profile))
  try {
    await own.token.generateRsa({ label: 'KTR-OLD', id: 'a1', bits: 2048, extractable: false })
    await own.token.generateRsa({ label: 'KTR-OPEN', id: 'b1', bits: 2048, extractable: true })
    await own.token.generateAes({
      label: 'KTR-OPEN',
      id: 'c1',
      bits: 256,
      kept: 'token',
      uses: ['wrap'],
      extractable: false,
    })
  } finally {
    await own.end()
  }
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
  await heading(page, title).waitFor({ timeout: 40_000 })
}

test('the keys are read, compared, and one is destroyed', async () => {
  await page.getByRole('link', { name: 'Connections' }).first().click()
  await page
    .getByRole('link', { name: /ktr-token/ })
    .first()
    .click()
  await page.getByRole('link', { name: 'Keys of the token' }).click()
  await heading(page, /Keys of ktr-token: not read/).waitFor()
  await page.getByText('No wrong try is counted').waitFor()
  await looksRight()

  await page.getByRole('button', { name: 'Log in and read the keys' }).click()
  await page.getByRole('heading', { name: '3 keys of the token' }).waitFor()
  await page.getByRole('button', { name: 'Compare the keys' }).click()
  await page.getByText(/the list of escrow packages of this profile/).waitFor()
  await page.getByRole('gridcell', { name: 'KTR-OLD' }).click()
  await page.getByRole('heading', { name: 'KTR-OLD' }).waitFor()
  await page.getByText('no, and it never could').waitFor()
  await looksRight()

  await page.getByRole('button', { name: 'Destroy the key' }).click()
  await heading(page, 'Change the label of one key on a token, or destroy it').waitFor()
  await next('Which key, and what is to become of it?')
  await page.getByRole('radio', { name: /^KTR-OLD/ }).waitFor()
  expect(await page.getByRole('radio', { name: /^KTR-OLD/ }).isChecked()).toBe(true)
  expect(await page.getByRole('radio', { name: /^Destroy the key/ }).isChecked()).toBe(true)
  await next('Where else is this key, and what depends on it?')
  const name = page.getByLabel('Label of the key', { exact: true })
  await name.fill('KTR-OPEN')
  await page.getByRole('button', { name: 'Review plan', exact: true }).click()
  await page
    .getByText(/This is not the label of the key/)
    .first()
    .waitFor()
  await name.fill('KTR-OLD')
  await looksRight()
  await page.getByRole('button', { name: 'Review plan', exact: true }).click()
  const run = page.getByRole('button', { name: /^Run 3 steps/ })
  await run.waitFor({ timeout: 40_000 })
  await page.getByText('Destroying KTR-OLD can’t be undone').first().waitFor()
  await page.getByLabel(/Ticket/).fill('KEYS-1')
  await page.getByLabel(/Reason/).fill('its successor is in use')
  await run.click()
  await page
    .getByText(/Objects with the id a1, looked for in a new session/)
    .first()
    .waitFor({ timeout: 60_000 })
})
