import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asRunId, type DraftId } from '../../shared/model/ids.ts'
import { buildHouse, completeDraft, heading, visit, type Visit } from './house.ts'
import { coveredStops, sidewaysScroll, sizes } from './layout.ts'

describe.each(sizes)('at $width × $height', (size) => {
  let window: Visit
  let page: Page

  beforeAll(async () => {
    window = await (await shared()).house.open(size)
    page = window.page
  })
  afterAll(async () => window.close())

  const pages: [name: string, hash: (made: Made) => string, title: RegExp][] = [
    ['Overview', () => '#/overview', /attention$/],
    ['Set up', () => '#/setup', /set up/],
    ['Keys', () => '#/keys', /^Keys of/],
    ['Audit', () => '#/audit', /^What was done/],
    ['Connections', () => '#/connections', /connections/],
    ['Settings', () => '#/settings', /^How Keyturn/],
    ['Escrow', () => '#/escrow', /^Share groups/],
    ['wizard: intro', ({ draft }) => `#/setup/encrypted-backup/${draft}/intro`, /^Take/],
    ['wizard: server', ({ draft }) => `#/setup/encrypted-backup/${draft}/server`, /^Which databases/],
    ['wizard: keys', ({ draft }) => `#/setup/encrypted-backup/${draft}/keys`, /^Which keys/],
    ['wizard: files', ({ draft }) => `#/setup/encrypted-backup/${draft}/files`, /^Where do copies/],
    [
      'wizard: destination',
      ({ draft }) => `#/setup/encrypted-backup/${draft}/destination`,
      /^Where do the backups/,
    ],
    ['review', ({ draft }) => `#/setup/encrypted-backup/${draft}/review`, /^Is this/],
    ['result', ({ run }) => `#/runs/${run}`, /verified on/],
  ]
  test.each(pages)('%s: no sideways scroll, and no stop of Tab is covered', async (name, hash, title) => {
    await visit(page, hash(await shared()), title)
    await page
      .getByText(/^(Reading|Opening|Asking)/)
      .first()
      .waitFor({ state: 'detached' })
    if (/^wizard: (?!intro)/.test(name))
      await page.locator('section[aria-label="Read from the target"][aria-busy="false"]').waitFor()
    expect(await sidewaysScroll(page)).toEqual([])
    const { stops, covered } = await coveredStops(page)
    expect(stops).toBeGreaterThan(0)
    expect(covered).toEqual([])
  })

  test('wizard: the buttons at its foot are reachable', async () => {
    const { draft } = await shared()
    await visit(page, `#/setup/encrypted-backup/${draft}/keys`, /^Which keys/)
    for (const name of ['Save and leave', 'Back', 'Next']) {
      const button = page.getByRole('button', { name, exact: true })
      await button.click({ trial: true })
      expect(
        await button.evaluate((element) => element.getBoundingClientRect().height),
      ).toBeGreaterThanOrEqual(32)
    }
    await page.getByRole('button', { name: 'Next', exact: true }).click()
    await heading(page, /^Where do copies/).waitFor()
  })
})

interface Made {
  house: ReturnType<typeof buildHouse>
  draft: DraftId
  run: string
}

let made: Promise<Made> | null = null

/** One house for all sizes, with a draft and a run that has ended. */
const shared = (): Promise<Made> => {
  made ??= (async () => {
    const house = buildHouse()
    const window = await house.open()
    const { ask, program } = window
    const { digest } = await ask('wizard.review', { draft: await completeDraft(ask) })
    const { run } = await ask('runs.start', { digest, ticket: 'LAYOUT-1', reason: 'A page with a result' })
    await program.engine.settled(asRunId(run))
    const draft = await completeDraft(ask, ['Payroll'], 'there')
    await window.close()
    return { house, draft, run }
  })()
  return made
}

afterAll(async () => (await shared()).house.end())
