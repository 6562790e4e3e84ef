import { mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createObserver } from '../attack/canary-observe.ts'
import { formsOfBytes } from '../attack/canary-words.ts'
import { pdfText } from '../support/pdf-text.ts'
import { buildHouse, heading, visit, type Visit } from './house.ts'
import { faultsOf } from './layout.ts'

const holders = ['Ana Ruiz', 'Bo Chen', 'Chidi Obi']
const sticks = ['stick-1', 'stick-2', 'printer']

/** The words of the sheet in a file, found without the reader of the program. */
const wordsOf = (sheet: string): string[] =>
  (/BEGIN SHARE WORDS\s([\s\S]*)END SHARE WORDS/.exec(sheet)?.[1] ?? '')
    .replace(/\d+\./g, ' ')
    .trim()
    .split(/\s+/)

describe('a share ceremony through the window', () => {
  const house = buildHouse()
  const seen = join(house.root, 'seen')
  let window: Visit

  /** Page, inputs, what React holds, stores of the browser, command lines and environments: four words beside each other. */
  const expectNowhere = async (words: readonly string[]): Promise<void> => {
    await createObserver(seen).observe(window.page, 'window')
    const written = readdirSync(seen).map((name) => readFileSync(join(seen, name)))
    expect(written.length).toBeGreaterThan(1)
    for (const [form, needle] of formsOfBytes(Buffer.from(words.slice(6, 10).join(' '))))
      for (const text of written) expect(text.includes(needle), form).toBe(false)
  }

  beforeAll(async () => {
    for (const name of [...sticks, 'report']) mkdirSync(join(house.home, name))
    mkdirSync(seen)
    window = await house.open()
  })
  afterAll(async () => {
    await window.close()
    await house.end()
  })

  const looksRight = async (): Promise<void> => expect(await faultsOf(window.page, window.ask)).toEqual([])
  const press = (name: string | RegExp) => window.page.getByRole('button', { name }).click()
  const begin = async (names: readonly string[]): Promise<void> => {
    const { page } = window
    await visit(page, '#/escrow/ceremony/new', /^Who holds the shares/)
    await page.getByLabel('Name of the group').fill('Vault keys 2026')
    for (const number of [5, 4]) await press(`Remove holder ${number}`)
    for (const [index, name] of names.entries())
      await page.getByLabel(`Holder of share ${index + 1}`, { exact: true }).fill(name)
    await page.getByLabel('Shares needed together').fill('2')
  }
  const files = (number: number): string[] => readdirSync(join(house.home, sticks[number - 1] ?? ''))

  test('2 of 3: each share is written, read back, and the group is active', async () => {
    const { page, chooseFolder, program } = window
    await visit(page, '#/escrow', /^Share groups and escrow packages/)
    await page.getByRole('heading', { name: 'No share group yet' }).waitFor()
    await page.getByRole('link', { name: 'Begin a share ceremony' }).first().click()
    await heading(page, /^Who holds the shares/).waitFor()
    await press(/^Make 5 shares/)
    await page.getByRole('heading', { name: '6 answers need a change' }).waitFor()
    await looksRight()
    await begin(holders)
    await page.getByLabel('Witnesses').fill('Wanda Lang')
    await press(/^Make 3 shares/)
    for (const [index, name] of holders.entries()) {
      const number = index + 1
      await heading(page, `Hand over to ${name}, share ${number} of 3`).waitFor()
      if (number === 2) await looksRight()
      // By keyboard alone: focus is on the heading, the first stop is the button of the next person.
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await heading(page, `${name}, share ${number} of 3`).waitFor()
      await press(`Choose folder and write share ${number}`)
      await chooseFolder(sticks[index] ?? '')
      await page.getByRole('heading', { name: 'Read the share back' }).waitFor()
      if (number === 1) await looksRight()
      await press(`Read share ${number} back`)
    }
    await heading(page, 'The group “Vault keys 2026” is active: 3 shares were read back').waitFor()
    await looksRight()
    expect([1, 2, 3].map(files)).toEqual([
      [expect.stringMatching(/^REHEARSAL-keyturn-share-\w{12}-1-of-3\.txt$/)],
      [expect.stringMatching(/^REHEARSAL-keyturn-share-\w{12}-2-of-3\.txt$/)],
      [expect.stringMatching(/^REHEARSAL-keyturn-share-\w{12}-3-of-3\.txt$/)],
    ])
    // No word of a share is anywhere in the window, nor in what main wrote beside the media.
    const sheet = readFileSync(join(house.home, 'stick-1', files(1)[0] ?? ''), 'utf8')
    const words = wordsOf(sheet)
    expect(words).toHaveLength(33)
    const pair = `${words[4]} ${words[5]}`
    const dom = await page.evaluate(() => document.documentElement.outerHTML)
    const record = JSON.stringify(program.record.page({ offset: 0, limit: 100, order: 'newest-first' }))
    const kept = ['escrow.json', 'keyturn.log', 'record.db', 'record.db-wal', 'places.json', 'settings.json']
      .filter((name) => readdirSync(house.profile).includes(name))
      .map((name) => readFileSync(join(house.profile, name), 'latin1'))
    for (const text of [dom, record, ...kept]) expect(text).not.toContain(pair)
  })

  test('a holder checks a share from its file, and typed with a mistake and without', async () => {
    const { page, chooseFolder } = window
    const words = wordsOf(readFileSync(join(house.home, 'stick-1', files(1)[0] ?? ''), 'utf8'))
    await visit(page, '#/escrow/check', /^Does this share belong/)
    await page.getByRole('radio', { name: /^Vault keys 2026/ }).check()
    await press('Choose folder of the share')
    await chooseFolder('stick-2')
    await press('Check this share')
    await page.getByText('Share 2 of 3 of the group “Vault keys 2026”').waitFor()
    await looksRight()
    await page.getByRole('radio', { name: 'Typed from paper' }).check()
    const input = page.getByLabel('Words of the share')
    await input.fill(words.map((word, at) => (at === 6 ? 'keyturn' : word)).join(' '))
    await press('Check this share')
    await page.getByText('The share was not read: word 7 is not in the list of words').waitFor()
    await input.fill(words.join(' '))
    await press('Check this share')
    await page.getByText('Share 1 of 3 of the group “Vault keys 2026”').waitFor()
    expect(await input.inputValue()).toBe('')
    await expectNowhere(words)
  })

  test('on paper: the page is made where the window can’t look, and stopping makes all of it void', async () => {
    const { page, chooseFolder, ask } = window
    await begin(holders)
    await page.getByRole('group').nth(0).getByRole('radio', { name: 'paper' }).check()
    await press(/^Make 3 shares/)
    await press(/^I am Ana Ruiz/)
    await press('Choose folder and make the page of share 1')
    await chooseFolder('printer')
    await page.getByLabel('Words of the share').waitFor()
    expect(files(3).filter((name) => name.endsWith('.pdf'))).toHaveLength(1)
    await looksRight()
    // Typed from the page as it would be printed: paper and file hold the same words.
    const [pdf = ''] = files(3).filter((name) => name.endsWith('.pdf'))
    const text = pdfText(readFileSync(join(house.home, 'printer', pdf)))
    const words = (/BEGINSHAREWORDS1\.(.*)ENDSHAREWORDS/.exec(text)?.[1] ?? '').split(/\d+\./)
    expect(words).toHaveLength(33)
    await page.getByLabel('Words of the share').fill(words.join(' '))
    await press('Compare the words of share 1')
    await heading(page, 'Hand over to Bo Chen, share 2 of 3').waitFor()
    await expectNowhere(words)
    expect(files(3).filter((name) => name.endsWith('.pdf'))).toEqual([])
    const left = readdirSync(house.profile, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    expect(left.length).toBeGreaterThan(5)
    for (const text of left) expect(text).not.toContain(`${words[4]} ${words[5]}`)
    await expect(ask('print.content', { page: 'share-sheet', id: null })).rejects.toMatchObject({
      problem: { code: 'ipc-refused' },
    })
    await press('Stop the ceremony')
    await press('Make this ceremony void')
    await heading(page, 'The ceremony of “Vault keys 2026” is void: it was stopped').waitFor()
    await page.getByRole('heading', { name: '1 sheet has to be destroyed' }).waitFor()
    await looksRight()
    await press(/Save the ceremony/)
    await chooseFolder('report')
    await page.getByText(/^PDF written: REHEARSAL-keyturn-ceremony-sg-/).waitFor()
  })
})
