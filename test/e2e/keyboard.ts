import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { heading } from './house.ts'

export const mostTabs = 120

/** Tab until the control has focus, as somebody without a pointer gets there. */
export const tabTo = async (page: Page, control: Locator): Promise<void> => {
  await control.waitFor()
  for (let presses = 0; presses < mostTabs; presses += 1) {
    if (await isFocused(control)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`${mostTabs} presses of Tab did not reach ${String(control)}`)
}

export const isFocused = (control: Locator): Promise<boolean> =>
  control.evaluate((element) => element === document.activeElement)

/** A set of radios is one stop; inside it arrows choose. */
export const choose = async (page: Page, group: Locator, option: Locator): Promise<void> => {
  await option.waitFor()
  for (let presses = 0; presses < mostTabs; presses += 1) {
    if (await group.evaluate((element) => element.contains(document.activeElement))) break
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('Space')
  for (let presses = 0; presses < 20 && !(await option.isChecked()); presses += 1)
    await page.keyboard.press('ArrowDown')
  expect(await option.isChecked()).toBe(true)
}

export const focusedText = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const at = document.activeElement
    return `${at?.tagName ?? 'none'}: ${(at?.textContent ?? '').trim().slice(0, 80)}`
  })

export const expectHeadingFocused = async (page: Page, title: string | RegExp): Promise<void> => {
  await heading(page, title).waitFor()
  await page.waitForFunction(() => document.activeElement?.tagName === 'H1')
  expect(await isFocused(heading(page, title))).toBe(true)
}
