import type { Locator, Page } from 'playwright-core'
import { chooseFolder } from './canary-drive.ts'
import type { Canaries, CanaryField } from './canary-words.ts'

export interface Person {
  page: Page
  secrets: Canaries
  /** Writes down what the window and the processes show now. */
  see(name: string): Promise<void>
  /** Types a secret into a field, key by key, over what is there. */
  type(label: string, secret: CanaryField): Promise<void>
  press(name: string): Promise<void>
}

const masterKey = 'Password of the new master key'

/** From the wizard's door to its result; the server refuses two steps, and each time it repeats a password in its message. */
export const fillWizard = async (person: Person): Promise<void> => {
  const { page, press, see } = person
  const kept = (label: string): Promise<void> => isKept(person, label)
  const question = (text: string): Promise<void> =>
    page.getByRole('heading', { level: 1, name: text }).waitFor()

  await page.getByRole('link', { name: 'Set up' }).first().click()
  await page
    .getByRole('main')
    .getByRole('link', { name: /encrypted backup/i })
    .first()
    .click()
  await page.getByRole('heading', { level: 1, name: /Take encrypted backups/ }).waitFor()
  await press('Next')

  await page.getByRole('heading', { level: 1, name: 'Which databases of which server?' }).waitFor()
  await page.getByRole('radio', { name: 'CANARY-SQL' }).check()
  await page.getByRole('checkbox', { name: 'Payroll', exact: true }).check()
  await press('Next')

  await question('Which keys does the backup use?')
  await page.getByRole('radio', { name: /^Create one/ }).check()
  await page.getByRole('radio', { name: /^Create a certificate/ }).check()
  await person.type(masterKey, 'master key password that breaks a rule')
  await press('Next')
  await page
    .getByText(/not met/)
    .first()
    .waitFor()
  await person.type(masterKey, 'master key password')
  await kept(masterKey)
  await page.getByLabel('Name of the new certificate').fill('KT_Canary')
  await page.getByLabel('Subject of the new certificate').fill('Canary certificate')
  await page.getByLabel('Expires on (UTC)').fill('2031-12-31')
  await press('Next')

  await question('Where do copies of the keys go, and how are they opened?')
  await page.getByRole('checkbox', { name: 'Export the service master key too' }).check()
  for (const [label, secret] of [
    ['Password of the certificate’s private key file', 'private key file password'],
    ['Password of the master key file', 'master key file password'],
    ['Password of the service master key file', 'service master key file password'],
  ] as const) {
    await person.type(label, secret)
    await kept(label)
  }
  await press('Choose folder')
  await chooseFolder(page, 'escrow')
  await press('Next')

  await question('Where do the backups go, and how are they written?')
  await pressUntil(page, 'Review plan', page.getByRole('button', { name: /^Run \d+ steps/ }))
  await see('review')
  await exportAll(person)
  await runToTheEnd(person)
}

const isKept = async ({ page, see }: Person, label: string): Promise<void> => {
  // Past the Show button, which belongs to the field: leaving it hands the secret over.
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page
    .getByRole('group', { name: label })
    .getByText(/^Kept as/)
    .waitFor()
  await see('secret-kept')
}

/** Files of the run before, opened with a password that is not theirs: the answer names the file, not what was typed. */
export const compareFiles = async (person: Person): Promise<void> => {
  const { page, press, see } = person
  const question = (text: string): Promise<void> =>
    page.getByRole('heading', { level: 1, name: text }).waitFor()
  const password = 'Password of the file with the private key'
  await page.getByRole('link', { name: 'Set up' }).first().click()
  await page
    .getByRole('main')
    .getByRole('link', { name: /compare or copy a certificate/i })
    .first()
    .click()
  await question('Work with one certificate of a server')
  await press('Next')
  await question('What is to be done with a certificate?')
  await page.getByRole('radio', { name: 'CANARY-SQL' }).check()
  await page.getByRole('radio', { name: /^Compare files of yours/ }).check()
  await press('Next')
  await question('Which certificate?')
  await page.getByRole('radio', { name: /^KT_Canary/ }).check()
  await press('Next')
  await question('Where from, and where to?')
  await press('Choose folder')
  await chooseFolder(page, 'escrow')
  await page.getByRole('radio', { name: /^KT_Canary.*\.cer/ }).check()
  await page.getByRole('radio', { name: /^KT_Canary.*\.pvk/, checked: true }).waitFor()
  await person.type(password, 'password of a file to compare')
  await isKept(person, password)
  await pressUntil(page, 'Review plan', page.getByRole('button', { name: /^Run 1 step/ }))
  await see('compare-review')
  await page.getByLabel('Ticket number').fill('CANARY-2')
  await page.getByLabel('Reason', { exact: true }).fill('canaries')
  await page.getByRole('button', { name: /^Run 1 step/ }).click()
  await page
    .getByText(/did not open with this password/)
    .first()
    .waitFor({ timeout: 120_000 })
  await see('compared')
}

/** Answers that are still being read make the wizard stay where it is; a person then presses again. */
const pressUntil = async (page: Page, name: string, wanted: Locator): Promise<void> => {
  for (let presses = 1; ; presses += 1) {
    await page.getByRole('button', { name, exact: true }).click()
    try {
      return await wanted.waitFor({ timeout: 10_000 })
    } catch (stayed) {
      if (presses === 3) throw stayed
    }
  }
}

const exportAll = async ({ page, press, see }: Person): Promise<void> => {
  for (const item of ['Save runbook (.sql)', 'Save runbook (.md)']) {
    await press('Export runbook')
    await page.getByRole('menuitem', { name: item }).click()
    await chooseFolder(page, 'papers')
    await page
      .getByText(/Runbook written/)
      .first()
      .waitFor()
  }
  for (const item of ['Show SQL Server Agent job', 'Show Ola Hallengren call']) {
    await press('Export runbook')
    await page.getByRole('menuitem', { name: item }).click()
    await page.getByRole('dialog').waitFor()
    await see('snippet')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
}

const runToTheEnd = async ({ page, press, see }: Person): Promise<void> => {
  await page.getByLabel('Ticket number').fill('CANARY-1')
  await page.getByLabel('Reason', { exact: true }).fill('canaries')
  await page.getByRole('button', { name: /^Run \d+ steps/ }).click()
  for (const refusal of ['first', 'second']) {
    const retry = page.getByRole('button', { name: /^Retry step/ })
    await retry.waitFor()
    await see(`${refusal}-refusal`)
    await retry.click()
    await retry.waitFor({ state: 'detached' })
  }
  await page.getByRole('heading', { name: 'Not checked' }).waitFor({ timeout: 120_000 })
  await see('result')
  await press('Save report')
  await chooseFolder(page, 'papers')
  await page
    .getByText(/Report written/)
    .first()
    .waitFor()
  await page.getByRole('link', { name: 'Keys' }).first().click()
  await page
    .getByRole('gridcell', { name: /KT_Canary/ })
    .first()
    .waitFor()
  await see('keys')
  await page.getByRole('link', { name: 'Audit' }).first().click()
  await press('Check the chain')
  await page.getByText('Unbroken').first().waitFor()
  await see('audit')
}
