import type { Page } from 'playwright-core'
import type { Ask } from '../support/ask.ts'
import { violationsInBothSchemes } from './axe.ts'

/** Wide, folded, and the smallest that is supported: 1280 × 800 at 200%. */
export const sizes = [
  { width: 1280, height: 860 },
  { width: 1000, height: 800 },
  { width: 640, height: 400 },
] as const

/** What makes the page wider than the window; empty: nothing. What scrolls in a frame of its own is no fault. */
export const sidewaysScroll = (page: Page): Promise<string[]> =>
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

/**
 * Gives focus to every stop of the page, which scrolls as Tab does, and names those whose middle is covered or outside
 * the window then. Leaves the focus on the heading.
 */
export const coveredStops = (page: Page): Promise<{ stops: number; covered: string[] }> =>
  page.evaluate(() => {
    const stops = Array.from(
      document.querySelectorAll<HTMLElement>(
        'main :is(a[href], button, input, select, textarea, summary, [tabindex="0"])',
      ),
    ).filter(
      (element) =>
        !element.matches(':disabled, [tabindex="-1"]') &&
        element.checkVisibility({ visibilityProperty: true }),
    )
    const covered = stops.flatMap((at) => {
      at.focus()
      const name = `${at.tagName} “${(at.getAttribute('aria-label') ?? at.textContent ?? '').trim().slice(0, 40)}”`
      if (document.activeElement !== at) return [`${name} takes no focus`]
      const shown = at.getClientRects()[0] ?? at.getBoundingClientRect()
      if (shown.height > window.innerHeight / 2 || shown.width > window.innerWidth) return []
      const x = shown.left + shown.width / 2
      const y = shown.top + shown.height / 2
      const top = document.elementFromPoint(x, y)
      if (top !== null && (at.contains(top) || top.contains(at) || top.closest('label') !== null)) return []
      return [
        `${name} at ${Math.round(x)},${Math.round(y)} under ${top?.tagName ?? 'nothing'} ${top?.className.toString().slice(0, 30) ?? ''}`,
      ]
    })
    document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true })
    return { stops: stops.length, covered }
  })

/** Some frames in which nothing moved, at this width: a page that is still being laid out has its parts elsewhere. */
const atRest = async (page: Page, { width }: { width: number }): Promise<void> => {
  await page.waitForFunction(async (wanted) => {
    const root = document.documentElement
    const extent = (): string => `${root.scrollWidth} ${root.scrollHeight}`
    const frame = (): Promise<number> => new Promise((shown) => requestAnimationFrame(shown))
    await frame()
    const before = extent()
    for (let frames = 0; frames < 3; frames += 1) await frame()
    return window.innerWidth === wanted && extent() === before
  }, width)
}

/** What the pointer rests on has a tooltip, which comes and goes while the page is looked at: half faded, it has no contrast. */
const withoutTooltip = async (page: Page): Promise<void> => {
  await page.mouse.move(0, 0)
  await page.locator('.MuiTooltip-popper').first().waitFor({ state: 'detached' })
}

/**
 * What is wrong with the page that is shown: rules of WCAG 2.2 AA in light and dark, sideways scroll and covered stops at
 * every size. Leaves the window at the first size. What the screens of all jobs are made of is looked at in forced colors
 * with those of the first job.
 */
export const faultsOf = async (page: Page, ask: Ask): Promise<string[]> => {
  const faults: string[] = []
  for (const size of [...sizes.slice(1), sizes[0]]) {
    await page.setViewportSize(size)
    await atRest(page, size)
    const { stops, covered } = await coveredStops(page)
    if (stops === 0) faults.push('no stop at all')
    faults.push(...[...(await sidewaysScroll(page)), ...covered].map((fault) => `${size.width}: ${fault}`))
  }
  await withoutTooltip(page)
  return [...faults, ...(await violationsInBothSchemes(page, ask))]
}
