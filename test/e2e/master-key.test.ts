import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { masterKeyBatch, onServer } from '../support/certificate-answers.ts'
import { buildHouse, heading, prodServer, visit, type Visit } from './house.ts'
import { faultsOf } from './layout.ts'
import { generate } from './scenario.ts'

describe('a master key through the window', () => {
  const house = buildHouse()
  let window: Visit

  beforeAll(async () => {
    window = await house.open()
    await onServer(window, prodServer, masterKeyBatch)
  })
  afterAll(async () => {
    await window?.close()
    await house.end()
  })

  const next = (name = 'Next'): Promise<void> =>
    window.page.getByRole('button', { name, exact: true }).click()
  const looksRight = async (): Promise<void> => expect(await faultsOf(window.page, window.ask)).toEqual([])

  test('the copies of the key are read; it is regenerated, between a file of the old key and one of the new', async () => {
    const { page } = window
    await visit(
      page,
      '#/setup/master-key/new',
      'Create, export or change a master key, with a file of it that was opened',
    )
    await looksRight()
    await next()
    await heading(page, 'Which master key of which server?').waitFor()
    await page.getByRole('radio', { name: prodServer }).check()
    await page.getByRole('radio', { name: /^A database master key/ }).check()
    await page.getByRole('radio', { name: 'master', exact: true }).check()
    await page.getByText(/1 copy under the service master key, 1 under a password/).waitFor()
    await looksRight()
    await next()
    await heading(page, 'What should happen with the key?').waitFor()
    await page.getByRole('radio', { name: /^Regenerate it/ }).check()
    await generate(page, 'New password of the key')
    await looksRight()
    await next()
    await heading(page, 'Where do files of the key go, and how are they opened?').waitFor()
    await generate(page, 'Password of the key files')
    await looksRight()
    await next('Review plan')
    const button = page.getByRole('button', { name: /^Run \d+ steps on ktr-sqlprod-01/ })
    await button.waitFor()
    await looksRight()
    await page.getByLabel('Ticket number').fill('CHG-3100')
    await page.getByLabel('Reason', { exact: true }).fill('A master key through the window')
    await button.click()
    await page.getByRole('heading', { name: 'Not checked' }).waitFor({ timeout: 60_000 })
    await heading(page, /^(\d+) of \1 steps verified on ktr-sqlprod-01/).waitFor()
    const proofs = page.locator('section', {
      hasText: 'Copies of keys and backups, and how far each was proven',
    })
    expect(await proofs.getByText(/opened by the server/).count()).toBe(2)
    await looksRight()
    await visit(page, '#/keys', 'Keys of the connected servers, vaults and tokens')
    await page
      .getByRole('gridcell', { name: /^Master key of master/ })
      .first()
      .waitFor()
  })
})
