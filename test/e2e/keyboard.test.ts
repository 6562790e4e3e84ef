import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withKeyOfVault } from '../support/credential-answers.ts'
import { simulatorsOf } from '../support/simulators.ts'
import { buildHouse, heading, localFolder, prodServer, type Visit } from './house.ts'
import { choose, expectHeadingFocused, focusedText, isFocused, mostTabs, tabTo } from './keyboard.ts'

describe('everything by keyboard', () => {
  const house = buildHouse()
  let window: Visit
  let page: Page
  const press = (key: string): Promise<void> => page.keyboard.press(key)

  beforeAll(async () => {
    window = await house.open()
    page = window.page
  })
  afterAll(async () => {
    await window.close()
    await house.end()
  })

  test('the skip link is the first stop and leads to the page', async () => {
    await heading(page).waitFor()
    const skip = page.getByRole('link', { name: 'Skip to the page' })
    const first = page.locator('a[href], button, input, select, textarea, [tabindex="0"]').first()
    expect(await first.textContent()).toBe(await skip.textContent())
    for (let presses = 0; presses < mostTabs && !(await isFocused(skip)); presses += 1)
      await press('Shift+Tab')
    expect(await skip.evaluate((element) => element.getBoundingClientRect().top)).toBeGreaterThanOrEqual(0)
    await press('Enter')
    expect(await isFocused(heading(page))).toBe(true)
  })

  test('F6 and Shift+F6 walk header, navigation and page', async () => {
    const regions: string[] = []
    const region = (): Promise<string> =>
      page.evaluate(() => document.activeElement?.closest('[data-region]')?.tagName ?? 'none')
    for (let presses = 0; presses < 3; presses += 1) {
      await press('F6')
      regions.push(await region())
    }
    expect(regions).toEqual(['HEADER', 'NAV', 'MAIN'])
    await press('Shift+F6')
    expect(await region()).toBe('NAV')
  })

  test('each page of the navigation gives focus to its h1', async () => {
    for (const name of ['Set up', 'Keys', 'Audit', 'Connections', 'Settings']) {
      await tabTo(
        page,
        page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true }),
      )
      const before = await heading(page).textContent()
      await press('Enter')
      await page.waitForFunction(
        (old) => document.activeElement?.tagName === 'H1' && document.activeElement.textContent !== old,
        before,
      )
      await press('F6')
      await press('F6')
    }
  })

  test('Ctrl+K finds a page by a part of its name; Escape closes without going anywhere', async () => {
    await press('Control+k')
    await page.getByRole('combobox').waitFor()
    await press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await heading(page, 'How Keyturn works on this computer').waitFor()
    await press('Control+k')
    await page.getByRole('combobox').waitFor()
    await page.keyboard.type('set up')
    await page.getByRole('option', { selected: true, name: /Set up/ }).waitFor()
    await press('Enter')
    await expectHeadingFocused(page, 'What do you want to set up?')
  })

  const next = async (name = 'Next'): Promise<void> => {
    await tabTo(page, page.getByRole('button', { name, exact: true }))
    await press('Enter')
  }

  test('the wizard begins, and its first screen gives focus to the question', async () => {
    await tabTo(page, page.getByRole('main').getByRole('link', { name: /encrypted backup/i }))
    await press('Enter')
    await expectHeadingFocused(page, /^Take encrypted backups/)
    await next()
    await expectHeadingFocused(page, 'Which databases of which server?')
  })

  test('missing answers: the summary takes focus and leads to the field', async () => {
    await next()
    const summary = page.getByRole('heading', { level: 2, name: /need(s)? a change$/ })
    await summary.waitFor()
    expect(await isFocused(summary)).toBe(true)
    expect(await page.title()).toMatch(/^Error: /)
    await press('Tab')
    await press('Enter')
    const led = page.locator('[role="radiogroup"], [role="group"]').filter({ has: page.locator(':focus') })
    expect(await led.count(), await focusedText(page)).toBeGreaterThan(0)
  })

  test('server and databases', async () => {
    const server = page.getByRole('radio', { name: prodServer })
    await choose(page, page.getByRole('radiogroup').filter({ has: server }), server)
    const sales = page.getByRole('checkbox', { name: 'Sales', exact: true })
    await tabTo(page, sales)
    await press('Space')
    expect(await sales.isChecked()).toBe(true)
    await page.getByRole('heading', { level: 2, name: /need(s)? a change$/ }).waitFor({ state: 'detached' })
    await next()
    await expectHeadingFocused(page, 'Which keys does the backup use?')
  })

  const type = async (label: string, text: string): Promise<void> => {
    await tabTo(page, page.getByLabel(label, { exact: true }))
    await page.keyboard.type(text)
  }
  const generate = async (label: string): Promise<void> => {
    await tabTo(page, page.getByLabel(label, { exact: true }))
    for (let presses = 0; presses < 4 && !/: Generate$/.test(await focusedText(page)); presses += 1)
      await press('Tab')
    await press('Enter')
    await page
      .getByRole('group', { name: label })
      .getByText(/^Kept as/)
      .waitFor()
  }

  test('keys; Enter in a field is Next', async () => {
    const masterKey = page.getByRole('radio', { name: /^Create one/ })
    await choose(page, page.getByRole('radiogroup').filter({ has: masterKey }), masterKey)
    await generate('Password of the new master key')
    const certificate = page.getByRole('radio', { name: /^Create a certificate/ })
    await choose(page, page.getByRole('radiogroup').filter({ has: certificate }), certificate)
    await type('Name of the new certificate', 'KT_Keyboard')
    await type('Subject of the new certificate', 'By keyboard')
    await tabTo(page, page.getByLabel('Expires on (UTC)'))
    // Month, day and year are parts of their own, in the order of the browser's language.
    await page.keyboard.type('12312031')
    expect(await page.getByLabel('Expires on (UTC)').inputValue()).toBe('2031-12-31')
    await press('Enter')
    await expectHeadingFocused(page, 'Where do copies of the keys go, and how are they opened?')
  })

  test('key files, with a folder chosen in the list; Escape closes the list and loses nothing', async () => {
    await generate('Password of the certificate’s private key file')
    await generate('Password of the master key file')
    const open = page.getByRole('button', { name: 'Choose folder' })
    await tabTo(page, open)
    await press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: localFolder }).waitFor()
    await press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await expect.poll(() => isFocused(open)).toBe(true)
    expect(await page.getByText(/^Kept as/).count()).toBe(2)
    await press('Enter')
    await tabTo(page, dialog.getByRole('button', { name: localFolder }))
    await press('Enter')
    await dialog.getByText(localFolder).first().waitFor()
    await tabTo(page, dialog.getByRole('button', { name: 'Use this folder' }))
    await press('Enter')
    await dialog.waitFor({ state: 'detached' })
    await next()
    await expectHeadingFocused(page, 'Where do the backups go, and how are they written?')
  })

  test('destination, then the review', async () => {
    const compress = page.getByRole('checkbox', { name: 'Compress' })
    await tabTo(page, compress)
    await press('Space')
    await next('Review plan')
    await expectHeadingFocused(page, 'Is this what should run?')
  })

  test('Enter never starts a run', async () => {
    await type('Ticket number', 'KEYS-1')
    await press('Enter')
    await type('Reason', 'Without a pointer')
    await press('Enter')
    await heading(page, 'Is this what should run?').waitFor()
    expect(await window.ask('runs.list', {})).toEqual([])
  })

  test('the button that names the act runs it, and the result has focus', async () => {
    await tabTo(page, page.getByRole('button', { name: /^Run \d+ steps/ }))
    await press('Space')
    await heading(page, /^\d+ of \d+ steps verified on/).waitFor({ timeout: 90_000 })
    await expectHeadingFocused(page, /^\d+ of \d+ steps verified on/)
  })

  test('another job: a master key is exported, with what is suggested, from its door to the result', async () => {
    await press('Control+k')
    await page.getByRole('combobox').waitFor()
    await page.keyboard.type('page set up')
    await press('Enter')
    await expectHeadingFocused(page, 'What do you want to set up?')
    await tabTo(page, page.getByRole('main').getByRole('link', { name: /master key/i }))
    await press('Enter')
    await expectHeadingFocused(page, /^Create, export or change a master key/)
    await next()
    await expectHeadingFocused(page, 'Which master key of which server?')
    const server = page.getByRole('radio', { name: prodServer })
    await choose(page, page.getByRole('radiogroup').filter({ has: server }), server)
    await page.getByRole('radio', { name: 'master', exact: true, checked: true }).waitFor()
    await next()
    await expectHeadingFocused(page, 'What should happen with the key?')
    await page.getByRole('radio', { name: /^Export it to a file/, checked: true }).waitFor()
    await next()
    await expectHeadingFocused(page, 'Where do files of the key go, and how are they opened?')
    await generate('Password of the key files')
    await next('Review plan')
    await expectHeadingFocused(page, 'Is this what should run?')
    await type('Ticket number', 'KEYS-2')
    await type('Reason', 'Without a pointer, again')
    await tabTo(page, page.getByRole('button', { name: /^Run \d+ steps/ }))
    await press('Space')
    await heading(page, /^\d+ of \d+ steps verified on/).waitFor({ timeout: 90_000 })
    await expectHeadingFocused(page, /^\d+ of \d+ steps verified on/)
  })

  test('a job of the vault: a key goes with what hangs on it, as suggested, and its credential', async () => {
    const stage = { program: window.program, ask: window.ask, simulators: simulatorsOf(house.profile) }
    await withKeyOfVault(stage, prodServer)
    const chooseNamed = async (name: string | RegExp): Promise<void> => {
      const option = page.getByRole('radio', { name })
      await choose(page, page.getByRole('radiogroup').filter({ has: option }), option)
    }
    await press('Control+k')
    await page.getByRole('combobox').waitFor()
    await page.keyboard.type('page set up')
    await press('Enter')
    await expectHeadingFocused(page, 'What do you want to set up?')
    await tabTo(page, page.getByRole('main').getByRole('link', { name: /^Clean up/i }))
    await press('Enter')
    await expectHeadingFocused(page, 'Drop what a server no longer needs of a key in a vault')
    await next()
    await expectHeadingFocused(page, 'What is to be cleaned up, and on which server?')
    await chooseNamed(prodServer)
    await chooseNamed(/^One key/)
    await chooseNamed('tde')
    await next()
    await expectHeadingFocused(page, 'Which parts go?')
    await page.getByRole('checkbox', { name: /^Asymmetric key tde/, checked: true }).waitFor()
    const credential = page.getByRole('checkbox', { name: /^Credential tde_cred,/ })
    await tabTo(page, credential)
    await press('Space')
    expect(await credential.isChecked()).toBe(true)
    await next()
    await expectHeadingFocused(page, 'Who still needs it, and what may be lost?')
    await type('Name of the asymmetric key', 'tde')
    await next('Review plan')
    await expectHeadingFocused(page, 'Is this what should run?')
    await type('Ticket number', 'KEYS-3')
    await type('Reason', 'Nothing is under that key')
    await tabTo(page, page.getByRole('button', { name: /^Run \d+ steps/ }))
    await press('Space')
    await page.getByRole('heading', { name: 'Not checked' }).waitFor({ timeout: 90_000 })
    await page.waitForFunction(() => document.activeElement?.tagName === 'H1')
  })

  test('a token: its PIN tried and its key wrap probed, then a key that never leaves it', async () => {
    const option = (name: string | RegExp) => page.getByRole('radio', { name })
    const chosen = (name: string | RegExp): Promise<void> =>
      choose(page, page.getByRole('radiogroup').filter({ has: option(name) }), option(name))
    await press('Control+k')
    await page.getByRole('combobox').waitFor()
    await page.keyboard.type('page connections')
    await press('Enter')
    await expectHeadingFocused(page, /connections/)
    await tabTo(
      page,
      page
        .getByRole('main')
        .getByRole('link', { name: /^ktr-token/ })
        .first(),
    )
    await press('Enter')
    await expectHeadingFocused(page, /^ktr-token/)
    await tabTo(page, page.getByRole('button', { name: 'Try the PIN and probe' }))
    await press('Enter')
    await page.getByText(/^The PIN was taken/).waitFor()
    await press('Control+k')
    await page.getByRole('combobox').waitFor()
    await page.keyboard.type('page set up')
    await press('Enter')
    await expectHeadingFocused(page, 'What do you want to set up?')
    await tabTo(page, page.getByRole('main').getByRole('link', { name: /^Make a key on an HSM token/ }))
    await press('Enter')
    await expectHeadingFocused(page, 'Make a key on a token, and carry it where it has to be')
    await next()
    await expectHeadingFocused(page, 'Which key, on which token?')
    await chosen('ktr-token')
    await option(/^The one that the connection keeps/)
      .and(page.locator(':checked'))
      .waitFor()
    await chosen(/^EC, P-256/)
    await type('Name of the key', 'KTR-KEYS')
    await next()
    await expectHeadingFocused(page, 'Where may the key ever go?')
    await chosen(/^It never leaves the token/)
    for (const question of [
      'Who is to open it when the token is gone?',
      'Where are the files to be written?',
    ]) {
      await next()
      await expectHeadingFocused(page, question)
      await page.getByText(/^No answer is needed here/).waitFor()
    }
    await next('Review plan')
    await expectHeadingFocused(page, 'Is this what should run?')
    await type('Ticket number', 'KEYS-4')
    await type('Reason', 'It stays on its token')
    await tabTo(page, page.getByRole('button', { name: /^Run 1 step/ }))
    await press('Space')
    await page.getByRole('heading', { name: 'Not checked' }).waitFor({ timeout: 90_000 })
    await page.waitForFunction(() => document.activeElement?.tagName === 'H1')
  })

  test('an anchor of the record is shown, saved into a folder of the list, and compared', async () => {
    await press('Control+k')
    await page.getByRole('combobox').waitFor()
    await page.keyboard.type('page audit')
    await press('Enter')
    await expectHeadingFocused(page, 'What was done, and what was refused')
    const show = page.getByRole('button', { name: 'Show anchor to print' })
    await tabTo(page, show)
    await press('Enter')
    const dialog = page.getByRole('dialog')
    const text = await dialog.getByText('KEYTURN RECORD ANCHOR').textContent()
    await press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await expect.poll(() => isFocused(show)).toBe(true)

    const save = page.getByRole('button', { name: 'Save anchor' })
    await press('Shift+Tab')
    await expect.poll(() => isFocused(save)).toBe(true)
    await press('Enter')
    await tabTo(page, dialog.getByRole('button', { name: localFolder }))
    await press('Enter')
    await dialog.getByText(localFolder).first().waitFor()
    await tabTo(page, dialog.getByRole('button', { name: 'Use this folder' }))
    await press('Enter')
    await page.getByText(/^Anchor written: REHEARSAL-keyturn-anchor-\d+\.txt/).waitFor()

    const field = page.getByLabel('Compare with an anchor kept elsewhere')
    await tabTo(page, field)
    await page.keyboard.insertText(text ?? '')
    await tabTo(page, page.getByRole('button', { name: 'Compare anchor' }))
    await press('Enter')
    await page.getByText('Same', { exact: true }).waitFor()
  })

  test('rows of the Keys grid open with Enter; Escape closes what they opened', async () => {
    await press('Control+k')
    await page.getByRole('combobox').waitFor()
    await page.keyboard.type('page keys')
    await press('Enter')
    await expectHeadingFocused(page, 'Keys of the connected servers, vaults and tokens')
    const grid = page.getByRole('grid')
    await grid.getByRole('gridcell').first().waitFor()
    for (let presses = 0; presses < mostTabs; presses += 1) {
      if (await grid.evaluate((element) => element.contains(document.activeElement))) break
      await press('Tab')
    }
    await press('ArrowDown')
    await press('Enter')
    const details = page.getByRole('complementary')
    await details.waitFor()
    expect(await details.evaluate((element) => element.contains(document.activeElement))).toBe(true)
    await press('Escape')
    await details.waitFor({ state: 'detached' })
  })

  test('Ctrl+Shift+L locks; the passphrase and Enter unlock', async () => {
    await press('Control+Shift+L')
    await heading(page, 'Keyturn is locked').waitFor()
    await tabTo(page, page.getByLabel('Passphrase of the keyring'))
    await page.keyboard.type(window.program.rehearsal?.passphrase() ?? '')
    await press('Enter')
    await expectHeadingFocused(page, 'Keys of the connected servers, vaults and tokens')
  })
})
