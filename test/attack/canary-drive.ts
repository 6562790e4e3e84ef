import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { rendererFolder, sandboxEntry } from '../../electron/beside-entry.ts'
import { startProgram } from '../../electron/program.ts'
import { openChromiumWindow } from '../../electron/shell/chromium/window.ts'
import { findBrowser } from '../e2e/window-harness.ts'
import { createObserver } from './canary-observe.ts'
import { everySecretField, firstServer, makeFactsTrue, secondServer } from './canary-forms.ts'
import { compareFiles, fillWizard, type Person } from './canary-wizard.ts'
import type { Canaries } from './canary-words.ts'

export interface CanaryOrder {
  canaries: Canaries
  servers: { port: number; caPem: string }[]
  login: string
  dataFolder: string
  home: string
  observed: string
}

export interface CanaryReport {
  runState: string
  /** Kinds of the steps that the server refused at first. */
  failed: string[]
  profileFolderLeft: boolean
  /** How many secret fields of the jobs' forms were typed into. */
  secretFields: number
}

/** A person's whole day with the program: first start, connections, a run that fails twice, reports, lock and unlock. */
export const drive = async (order: CanaryOrder): Promise<CanaryReport> => {
  const observer = createObserver(order.observed)
  const program = await startProgram({
    profile: 'main',
    dataFolder: order.dataFolder,
    version: '0.0.0-canary',
    sandboxEntry,
    openProfile: () => Promise.resolve(),
    startFolder: order.home,
  })
  const failed = new Set<string>()
  let secretFields = 0
  program.engine.events.on('run-changed', ({ plan, steps }) => {
    for (const [index, { state }] of steps.entries())
      if (state === 'failed') failed.add(plan.steps[index]?.kind ?? '')
  })
  const window = await openChromiumWindow({
    program: observer.traced(program),
    browser: findBrowser(),
    rendererFolder,
    headless: true,
    onClosed: () => undefined,
  })
  program.attach(window)
  const { page } = window
  page.setDefaultTimeout(30_000)
  page.on('console', (message) => observer.keep('console', message.text()))
  const person: Person = {
    page,
    secrets: order.canaries,
    see: (name) => observer.observe(page, name),
    type: async (label, secret) => {
      const field = page.getByLabel(label, { exact: true })
      await field.focus()
      await page.keyboard.press('ControlOrMeta+A')
      await page.keyboard.type(order.canaries[secret])
    },
    press: (name) => page.getByRole('button', { name, exact: true }).click(),
  }
  try {
    await firstStart(person)
    await addConnections(person, order)
    await fillWizard(person)
    await compareFiles(person)
    await makeFactsTrue(program)
    secretFields = await everySecretField(person)
    await lockAndUnlock(person)
    await keepTheKeyring(person)
    await attackTheBridge(person)
  } catch (cause) {
    throw new Error(`the window shows: ${await page.locator('body').innerText()}`, { cause })
  }
  const browserProfile = join(
    tmpdir(),
    readdirSync(tmpdir()).find((name) => name.startsWith('keyturn-window-')) ?? '-',
  )
  observer.keepFolder('browser-profile', browserProfile)
  await window.close()
  const runState = program.engine.list()[0]?.state ?? 'none'
  await program.close()
  return { runState, failed: [...failed], profileFolderLeft: existsSync(browserProfile), secretFields }
}

const firstStart = async ({ page, press, type, see }: Person): Promise<void> => {
  await press('Connect a server')
  await type('Passphrase', 'passphrase too short')
  await press('Create keyring')
  await page.getByText('No keyring was made').first().waitFor()
  // What was refused stays in its field until it is typed over; nowhere else.
  await type('Passphrase', 'passphrase')
  await press('Create keyring')
  await page.getByRole('heading', { level: 1, name: /recovery sheet/i }).waitFor()
  await see('keyring-made')
  await press('Save to a folder')
  await chooseFolder(page, 'papers')
  await page.getByText(/^Written as/).waitFor()
  await press('Continue to connections')
}

const addConnections = async (
  { page, press, type, see }: Person,
  { servers: [server, second], login }: CanaryOrder,
): Promise<void> => {
  const beginning = async (name: string, to = server): Promise<void> => {
    await page.getByRole('button', { name: 'Add SQL Server' }).first().click()
    await page.getByLabel('Name', { exact: true }).fill(name)
    await page.getByLabel('Host', { exact: true }).fill('localhost')
    await page.getByLabel('Port number').fill(String(to?.port))
    await page.getByRole('radio', { name: 'Test' }).check()
    await page.getByRole('radio', { name: 'CA certificate' }).check()
    await page.getByLabel('CA certificate as PEM').fill(to?.caPem ?? '')
  }
  const signInWith = async (): Promise<void> => {
    await page.getByLabel('Login', { exact: true }).fill(login)
    await type('Password', 'login password')
    await press('Save connection')
  }
  await beginning(secondServer, second)
  await signInWith()
  await page.getByRole('button', { name: /^Test/ }).first().waitFor()
  await page.getByRole('link', { name: 'Connections' }).first().click()
  await beginning(firstServer)
  await signInWith()
  await page.getByRole('button', { name: /^Test/ }).first().click()
  await page
    .getByText(/checks answered/)
    .first()
    .waitFor()
  await see('connection-tested')
  await page.getByRole('link', { name: 'Connections' }).first().click()
  await beginning('CANARY-ENTRA')
  await page.getByRole('radio', { name: 'Entra service principal' }).check()
  await page.getByLabel('Tenant id').fill('00000000-0000-0000-0000-000000000001')
  await page.getByLabel('Client id').fill('00000000-0000-0000-0000-000000000002')
  await type('Client secret', 'client secret')
  await press('Save connection')
  await page.getByRole('button', { name: /^Test/ }).first().waitFor()
  await see('client-secret-kept')
}

const lockAndUnlock = async ({ page, press, type, see }: Person): Promise<void> => {
  await page.getByRole('button', { name: 'Lock', exact: true }).click()
  const label = 'Passphrase of the keyring'
  await page.getByLabel(label, { exact: true }).waitFor()
  await see('locked')
  await type(label, 'passphrase that is wrong')
  await press('Unlock Keyturn')
  await page.getByText('The keyring did not open with this passphrase').first().waitFor()
  await see('wrong-passphrase')
  await type(label, 'passphrase')
  await press('Unlock Keyturn')
  await page.getByRole('button', { name: 'Lock', exact: true }).waitFor()
  await see('unlocked')
}

/** A backup, a new passphrase after one that is refused, the backup restored with the old one, the list of passwords. */
const keepTheKeyring = async ({ page, press, type, see }: Person): Promise<void> => {
  await page.getByRole('link', { name: 'Settings' }).first().click()
  await press('Back up keyring')
  await press('Choose folder')
  await chooseFolder(page, 'backups')
  await type('Passphrase of the keyring', 'passphrase')
  await press('Write and reopen the backup')
  await page.getByText(/and reopened from there/).waitFor()
  await see('keyring-backed-up')
  await press('Change passphrase')
  await type('Present passphrase', 'passphrase')
  await type('New passphrase', 'new passphrase too short')
  await press('Change the passphrase')
  await page.getByText('The passphrase is as it was').waitFor()
  await type('New passphrase', 'new passphrase')
  await press('Change the passphrase')
  await page.getByText(/opens with the new passphrase/).waitFor()
  await see('passphrase-changed')
  await press('Restore a backup')
  await press('Choose folder with backups')
  await chooseFolder(page, 'backups')
  await page.getByRole('radio', { name: /keyturn-keyring-/ }).check()
  await type('Passphrase of the backup', 'passphrase that is wrong')
  await press('Restore this backup')
  await page.getByText('The keyring did not open with this passphrase').first().waitFor()
  await see('wrong-passphrase-of-backup')
  await type('Passphrase of the backup', 'passphrase')
  await press('Restore this backup')
  await page
    .getByText(/The keyring was restored from/)
    .first()
    .waitFor()
  await see('keyring-restored')
  await press('Open kept passwords')
  await page.getByRole('gridcell').first().waitFor()
  await see('kept-passwords')
}

/** Two requests that no page of ours makes: a secret against its rule, and a secret that is no bytes. */
const attackTheBridge = async ({ page, secrets, see }: Person): Promise<void> => {
  const answers = await page.evaluate(askBadly, {
    short: secrets['secret that main refuses'],
    text: secrets['secret in a request of the wrong form'],
  })
  if (answers.some(({ ok }) => ok)) throw new Error('main took a secret that it had to refuse')
  await see('refused-by-main')
}

const askBadly = async ({ short, text }: { short: string; text: string }): Promise<{ ok: boolean }[]> => {
  const { keyturn } = globalThis as unknown as {
    keyturn: { ask: (name: string, request: unknown) => Promise<{ ok: boolean }> }
  }
  const keep = { purpose: 'sql.key-file-password', target: null, label: 'Canary', rule: 'key-file-password' }
  // A line end is against the rule of a key file's password.
  const bytes = new TextEncoder().encode(`${short}\n`)
  return [
    await keyturn.ask('secrets.keep', { ...keep, bytes }),
    await keyturn.ask('secrets.keep', { ...keep, bytes: text }),
    await keyturn.ask('keyring.unlock', { passphrase: text }),
  ]
}

/** In main's own folder list. */
export const chooseFolder = async (page: Page, name: string): Promise<void> => {
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name, exact: true }).click()
  await dialog.getByText(name, { exact: false }).first().waitFor()
  await dialog.getByRole('button', { name: 'Use this folder' }).click()
  await dialog.waitFor({ state: 'detached' })
}
