import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import type { Ask } from '../support/ask.ts'

const levels = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
/** The rules whose answer depends on the look; what the page is made of is the same in each. */
const looks = ['color-contrast', 'link-in-text-block']

/** One transition can begin others (an inherited color does, level by level): waits until none is under way. */
const settled = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    do {
      await new Promise(requestAnimationFrame)
      await Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => undefined)))
      await new Promise(requestAnimationFrame)
    } while (document.getAnimations().length > 0)
  })

/** What breaks a rule of WCAG 2.2 AA on the page as it is shown now; one line for each place. */
const violations = async (page: Page, look: string, rules: 'all' | 'of the look'): Promise<string[]> => {
  await settled(page)
  // The default mode opens a page of its own for the result, which this window does not allow.
  // What holds is only counted: naming each of its places takes longer than looking.
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ['violations'] })
  const { violations: found } = await (
    rules === 'all' ? axe.withTags(levels) : axe.withRules(looks)
  ).analyze()
  return found.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ target, html, any }) =>
        `${look}: ${id}: ${target.join(' ')} ${html.slice(0, 160)} ${any[0]?.message ?? ''}`,
    ),
  )
}

/** The same page in light and dark; it stays in light. */
export const violationsInBothSchemes = async (page: Page, ask: Ask): Promise<string[]> => {
  const found: string[] = []
  for (const scheme of ['dark', 'light'] as const) {
    await ask('app.setScheme', { scheme })
    await page.locator(`html[data-scheme="${scheme}"]`).waitFor({ state: 'attached' })
    found.push(...(await violations(page, scheme, scheme === 'light' ? 'all' : 'of the look')))
  }
  return found
}

/** And in forced colors. */
export const violationsInEveryLook = async (page: Page, ask: Ask): Promise<string[]> => {
  const found = await violationsInBothSchemes(page, ask)
  await page.emulateMedia({ forcedColors: 'active' })
  found.push(...(await violations(page, 'forced colors', 'of the look')))
  await page.emulateMedia({ forcedColors: 'none' })
  return found
}
