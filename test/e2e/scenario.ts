import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { Ask } from '../support/ask.ts'

/** The window that a person sits at, in whichever shell. */
export interface Seat {
  page: Page
  /** Answers the question for a folder of this computer, which lies where the list of folders begins. */
  chooseFolder(name: string): Promise<void>
}

export interface Telling {
  /** One line per step, as it happens. */
  say(text: string): void
  /** A screenshot under this name. */
  shot(page: Page, name: string): Promise<void>
  /** Looks closer at a page that is shown; what is wrong with it is kept under this name. Absent: nobody looks. */
  look?(page: Page, ask: Ask, name: string): Promise<void>
}

export const ticket = 'CHG-2041'
export const reason = 'Encrypted copies for the off-site store'

/** A first start: three doors, a passphrase, the recovery sheet, a connection that is tested. */
export const firstStart = async ({ page }: Seat, telling: Telling, server: ServerAddress): Promise<void> => {
  await page.getByRole('heading', { level: 1 }).waitFor()
  telling.say('First start: three doors')
  await telling.shot(page, '01-first-start')
  await page.getByRole('button', { name: 'Connect a server' }).click()
  await page.getByLabel('Passphrase', { exact: true }).fill(server.passphrase)
  await page.getByRole('button', { name: 'Create keyring' }).click()
  telling.say('The keyring is made; the recovery sheet is offered before the first secret goes in')
  await page
    .getByRole('heading', { name: /recovery sheet/i })
    .first()
    .waitFor()
  await telling.shot(page, '02-recovery-sheet')
  await page.getByRole('button', { name: 'Continue to connections' }).click()
  await page.getByRole('button', { name: 'Add SQL Server' }).first().click()
  await page.getByLabel('Name', { exact: true }).fill('SQLTEST-01')
  await page.getByLabel('Host', { exact: true }).fill(server.host)
  await page.getByLabel('Port number').fill(String(server.port))
  await page.getByRole('radio', { name: 'Test' }).check()
  await page.getByRole('radio', { name: 'CA certificate' }).check()
  await page.getByLabel('CA certificate as PEM').fill(server.caPem)
  await page.getByLabel('Login', { exact: true }).fill(server.login)
  await page.getByLabel('Password', { exact: true }).fill(server.password)
  await telling.shot(page, '03-add-connection')
  await page.getByRole('button', { name: 'Save connection' }).click()
  await page.getByRole('button', { name: /^Test/ }).first().click()
  await page.getByText(/^\d+ of \d+ checks answered as needed/).waitFor()
  telling.say('A connection is added and tested: each check with what was read')
  await telling.shot(page, '04-connection-tested')
}

export interface ServerAddress {
  host: string
  port: number
  caPem: string
  login: string
  password: string
  passphrase: string
}

/** The encrypted backup wizard from its door to the review, as a person fills it in. Ends on the review page. */
export const answerWizard = async (
  { page, chooseFolder }: Seat,
  telling: Telling,
  wish: { server: string; databases: readonly string[]; localFolder: string },
): Promise<void> => {
  const next = async (name = 'Next'): Promise<void> => page.getByRole('button', { name, exact: true }).click()
  const heading = (text: string | RegExp): Promise<void> =>
    page.getByRole('heading', { level: 1, name: text }).waitFor()

  await page.getByRole('link', { name: 'Set up' }).first().click()
  await page
    .getByRole('main')
    .getByRole('link', { name: /encrypted backup/i })
    .first()
    .waitFor()
  await telling.shot(page, '10-set-up')
  await page
    .getByRole('main')
    .getByRole('link', { name: /encrypted backup/i })
    .first()
    .click()
  await heading(/Take encrypted backups/)
  telling.say('Encrypted backup: what it will change, need, and what can’t be undone, before any field')
  await telling.shot(page, '11-wizard-intro')
  await next()

  await heading('Which databases of which server?')
  await page.getByRole('radio', { name: wish.server }).check()
  for (const database of wish.databases)
    await page.getByRole('checkbox', { name: database, exact: true }).check()
  await telling.shot(page, '12-wizard-databases')
  await next()

  await heading('Which keys does the backup use?')
  await page.getByRole('radio', { name: /^Create one/ }).check()
  await generate(page, 'Password of the new master key')
  await page.getByRole('radio', { name: /^Create a certificate/ }).check()
  await page.getByLabel('Name of the new certificate').fill('KT_Backup_2026')
  await page.getByLabel('Subject of the new certificate').fill('Backup certificate of production')
  await page.getByLabel('Expires on (UTC)').fill('2031-12-31')
  await telling.shot(page, '13-wizard-keys')
  await next()

  await heading('Where do copies of the keys go, and how are they opened?')
  await generate(page, 'Password of the certificate’s private key file')
  await generate(page, 'Password of the master key file')
  await page.getByRole('button', { name: 'Choose folder' }).click()
  await chooseFolder(wish.localFolder)
  await telling.shot(page, '14-wizard-key-files')
  await next()

  await heading('Where do the backups go, and how are they written?')
  await page.getByRole('checkbox', { name: 'Compress' }).check()
  await telling.shot(page, '15-wizard-destination')
  await next('Review plan')
  await page.getByRole('button', { name: /^Run \d+ steps/ }).waitFor()
  telling.say('Review: each step with its exact T-SQL, rights, undo; nothing has run')
  await page.getByRole('button', { name: 'Show script of step 1', exact: true }).click()
  await page.getByText(/^Draft saved/).waitFor()
  await telling.shot(page, '16-review')
}

/** Has a secret of the form made by main. */
export const generate = async (page: Page, label: string): Promise<void> => {
  const input = page.getByLabel(label, { exact: true })
  const id = await input.getAttribute('id')
  const field = page.locator('div', { has: page.locator(`[id="${id}-why"]`) }).last()
  await field.getByRole('button', { name: 'Generate' }).click()
  await page
    .getByRole('group', { name: label })
    .getByText(/^Kept as/)
    .waitFor()
}

/** The plan as files to take along, instead of running it. */
export const exportRunbook = async (
  { page, chooseFolder }: Seat,
  telling: Telling,
  folder: string,
): Promise<void> => {
  for (const item of ['Save runbook (.sql)', 'Save runbook (.md)']) {
    await page.getByRole('button', { name: 'Export runbook' }).click()
    await page.getByRole('menuitem', { name: item }).click()
    await chooseFolder(folder)
    await page
      .getByText(/Runbook written/)
      .first()
      .waitFor()
  }
  telling.say('The plan is saved as a runbook (.sql and .md) for a server that Keyturn can’t reach')
}

/** From review to result, and its report. */
export const runAndLook = async (
  { page, chooseFolder }: Seat,
  telling: Telling,
  folder: string,
): Promise<void> => {
  await page.getByLabel('Ticket number').fill(ticket)
  await page.getByLabel('Reason', { exact: true }).fill(reason)
  await page.getByRole('button', { name: /^Run \d+ steps/ }).click()
  telling.say('Run: states of the steps and the server’s own messages, as they come')
  await page
    .getByText(/Step \d+ of \d+/)
    .first()
    .waitFor()
  await telling.shot(page, '17-run')
  await page.getByRole('heading', { name: 'Not checked' }).waitFor({ timeout: 120_000 })
  telling.say('Result: what was read back, with source and time, and what was not checked')
  await telling.shot(page, '18-result')
  await page.getByRole('heading', { name: 'Not checked' }).scrollIntoViewIfNeeded()
  await telling.shot(page, '19-result-further-down')
  await page.getByRole('button', { name: 'Save report' }).click()
  await chooseFolder(folder)
  await page
    .getByText(/Report written/)
    .first()
    .waitFor()
  await page.getByRole('button', { name: 'Save as PDF' }).click()
  await chooseFolder(folder)
  await page
    .getByText(/PDF written/)
    .first()
    .waitFor({ timeout: 60_000 })
  telling.say('The run’s report is saved beside the pictures, as Markdown and as PDF')
}

/** The first cut of inventory and audit. */
export const auditAndKeys = async ({ page }: Seat, telling: Telling): Promise<void> => {
  await page.getByRole('link', { name: 'Keys' }).first().click()
  await page
    .getByRole('gridcell', { name: /KT_Backup_2026/ })
    .first()
    .waitFor()
  telling.say('Keys: what each server’s catalog says, with what every key protects and needs')
  await telling.shot(page, '20-keys')
  await page.getByRole('link', { name: 'Audit' }).first().click()
  await page.getByRole('button', { name: 'Check the chain' }).click()
  await page.getByText('Unbroken').first().waitFor()
  telling.say('Audit: every action, and the chain of its entries, checked')
  await telling.shot(page, '21-audit')
}

export const folderFor = (...parts: string[]): string => {
  const folder = join(...parts)
  mkdirSync(folder, { recursive: true })
  return folder
}
