import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import { startNodeChild, type ChildHandle } from '../../electron/platform/child-process.ts'
import { buildHouse, prodServer, visit, type Visit } from './house.ts'

const databases = ['Sales', 'Payroll', 'Inventory']

/** Simulators with more than a year of history, started in the place where the program looks for its own. */
const startWithHistory = async (profile: string): Promise<ChildHandle> => {
  const folder = join(profile, 'simulators')
  const config = join(folder, 'history.json')
  mkdirSync(folder, { recursive: true })
  const server = {
    name: prodServer,
    databases: databases.map((name) => ({ name, bytes: 2 ** 20 })),
    folders: ['D:\\Backup', 'D:\\Keys'],
    historyDays: 400,
  }
  writeFileSync(config, JSON.stringify({ dataDir: folder, instances: [server], azure: {} }))
  const ready = Promise.withResolvers<string>()
  const child = await startNodeChild({
    entry: sandboxEntry,
    args: [config],
    outlivesParent: true,
    onLine: (line) => ready.resolve(line),
  })
  void child.exited.then(() => ready.reject(new Error('the simulators ended before they were ready')))
  await ready.promise
  return child
}

describe('a table of more than 1,000 rows', () => {
  const house = buildHouse()
  let window: Visit
  let page: Page
  let simulators: ChildHandle

  beforeAll(async () => {
    simulators = await startWithHistory(house.profile)
    window = await house.open()
    page = window.page
    await visit(page, '#/keys', 'Keys of the connected servers, vaults and tokens')
    await page.getByRole('gridcell').first().waitFor()
  })
  afterAll(async () => {
    await window.close()
    await house.end()
    await simulators.exited
  })

  const title = () => page.getByRole('heading', { level: 2, name: /keys and backups|key or backup/ })
  const total = async (): Promise<number> =>
    Number(/^[\d,]+/.exec((await title().textContent()) ?? '')?.[0].replaceAll(',', ''))
  const firstName = (): Promise<string | null> =>
    page.locator('.MuiDataGrid-row [data-field="name"]').first().textContent()

  test('says how many there are and holds 100 of them', async () => {
    expect(await total()).toBeGreaterThan(1000)
    await page.getByText(/^100 rows of 1,\d{3} on this page$/).waitFor()
    expect(await page.getByRole('grid').getAttribute('aria-rowcount')).toMatch(/^\d{3,}$/)
  })

  test('turns pages, and the rows are others', async () => {
    const before = await firstName()
    await page.getByRole('button', { name: 'Go to next page' }).click()
    await page.getByText(/^101–200 of 1,/).waitFor()
    await page.getByText(/^100 rows of 1,\d{3} on this page$/).waitFor()
    await expect.poll(firstName).not.toBe(before)
    await page.getByRole('button', { name: 'Go to previous page' }).click()
    await page.getByText(/^1–100 of 1/).waitFor()
  })

  test('sorts all rows in main, not only those that are shown', async () => {
    const header = page.getByRole('columnheader', { name: 'Name' })
    await header.click()
    await expect.poll(() => header.getAttribute('aria-sort')).toBe('ascending')
    const ascending = await firstName()
    await header.click()
    await expect.poll(() => header.getAttribute('aria-sort')).toBe('descending')
    await expect.poll(firstName).not.toBe(ascending)
    expect(String(await firstName()).localeCompare(String(ascending), 'en', { numeric: true })).toBe(1)
  })

  test('searches all rows, says how many match, and comes back', async () => {
    const all = await total()
    await page.getByRole('searchbox').fill('Payroll')
    await page.getByRole('heading', { level: 2, name: /match(, as far as known)?$/ }).waitFor()
    // Until they are read, the rows of before stand there with their number.
    await expect.poll(total).toBeLessThan(all)
    expect(await total()).toBeGreaterThan(100)
    await page.getByRole('button', { name: 'Clear search and filters' }).click()
    await expect.poll(total).toBe(all)
  })

  test('filters by a property, as a chip that can be taken off', async () => {
    const all = await total()
    await page.getByRole('button', { name: 'Add filter' }).click()
    await page.getByRole('combobox', { name: 'Value' }).click()
    await page.getByRole('option', { name: 'service master key' }).click()
    await page.getByRole('button', { name: 'Apply filter' }).click()
    await expect.poll(total).toBe(1)
    await page.getByRole('button', { name: /Kind is service master key/ }).press('Delete')
    await expect.poll(total).toBe(all)
  })
})
