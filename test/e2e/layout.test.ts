import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asRunId, type DraftId } from '../../shared/model/ids.ts'
import { buildHouse, completeDraft, heading, visit, type Visit } from './house.ts'

const sizes = [
  { width: 1280, height: 860 },
  { width: 1000, height: 800 },
  { width: 640, height: 400 },
]

/** What is wrong with where things are; an empty list is a page as it should be. */
const sidewaysScroll = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const root = document.documentElement
    if (root.scrollWidth <= root.clientWidth) return []
    const wide = Array.from(document.querySelectorAll<HTMLElement>('body *')).filter((element) => {
      if (element.getBoundingClientRect().right <= root.clientWidth + 1) return false
      for (let box = element.parentElement; box; box = box.parentElement)
        if (box !== document.body && getComputedStyle(box).overflowX !== 'visible') return false
      return true
    })
    return [
      `page ${root.scrollWidth} in ${root.clientWidth}`,
      ...wide
        .slice(0, 5)
        .map(
          (element) =>
            `${element.tagName} ${element.className.slice(0, 40)} ${(element.textContent ?? '').slice(0, 40)}`,
        ),
    ]
  })

/** Steps through every stop of the page; names those whose middle is covered or outside the window. */
const coveredStops = async (page: Page, most: number): Promise<{ stops: number; covered: string[] }> => {
  await page.evaluate(() => {
    document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true })
  })
  const covered: string[] = []
  for (let stop = 0; stop < most; stop += 1) {
    await page.keyboard.press('Tab')
    const found = await page.evaluate(() => {
      const at = document.activeElement
      if (!(at instanceof HTMLElement) || at === document.body || !at.closest('main'))
        return { end: true, fault: null }
      const shown = at.getClientRects()[0] ?? at.getBoundingClientRect()
      const taller = shown.height > window.innerHeight / 2 || shown.width > window.innerWidth
      const x = shown.left + shown.width / 2
      const y = shown.top + shown.height / 2
      const top = document.elementFromPoint(x, y)
      const visible =
        taller || (top !== null && (at.contains(top) || top.contains(at) || top.closest('label') !== null))
      return {
        end: false,
        fault: visible
          ? null
          : `${at.tagName} “${(at.getAttribute('aria-label') ?? at.textContent ?? '').trim().slice(0, 40)}” at ${Math.round(x)},${Math.round(y)} under ${top?.tagName ?? 'nothing'} ${top?.className.toString().slice(0, 30) ?? ''}`,
      }
    })
    if (found.end) return { stops: stop, covered }
    if (found.fault !== null) covered.push(found.fault)
  }
  return { stops: most, covered }
}

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
    ['Escrow', () => '#/escrow', /^Escrow/],
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
    const { stops, covered } = await coveredStops(page, 60)
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
