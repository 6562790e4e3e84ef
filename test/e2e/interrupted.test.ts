import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asRunId } from '../../shared/model/ids.ts'
import type { ChildOrder } from '../crash/child.ts'
import { violationsInEveryLook } from './axe.ts'
import { buildHouse, completeDraft, heading, until, visit, type Visit } from './house.ts'

/** The backup of the one database, in a plan that makes both keys first. */
const backupStep = 's08'

/**
 * Lives once as the main process and is killed (SIGKILL) when the backup was sent and nothing of it recorded yet. Says
 * how it ended; where it ended otherwise, also what it said.
 */
const runUntilKilled = (folder: string, home: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const order: ChildOrder = {
      folder,
      job: 'encrypted-backup',
      does: 'run',
      kill: { at: 'after-apply', step: backupStep },
    }
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, '../crash/child.ts'), JSON.stringify(order)],
      {
        env: { ...process.env, HOME: home },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    let errors = ''
    child.stderr.on('data', (part: Buffer) => (errors += part.toString()))
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(signal ?? `exit ${code}: ${errors}`))
  })

describe('a run whose program was killed', () => {
  const house = buildHouse()
  let window: Visit
  let page: Page

  beforeAll(async () => {
    expect(await runUntilKilled(house.profile, house.home)).toBe('SIGKILL')
    window = await house.open()
    page = window.page
  })
  afterAll(async () => {
    try {
      await window.close()
    } finally {
      await house.end()
    }
  })

  const banner = () => page.getByRole('region', { name: 'Interrupted run' })

  test('is named on every page, and the strip has no way to close it', async () => {
    for (const hash of [
      'overview',
      'setup',
      'keys',
      'backups',
      'escrow',
      'calendar',
      'audit',
      'connections',
      'settings',
    ]) {
      await page.evaluate((to) => {
        location.hash = to
      }, `#/${hash}`)
      await heading(page).waitFor()
      await banner().waitFor()
      expect(await banner().textContent()).toMatch(
        /^Run \w+ stopped during step \d+ of \d+ on ktr-sqlprod-01 .*Keyturn has done nothing since/,
      )
      expect(await banner().getByRole('button').count()).toBe(0)
    }
  })

  test('refuses another run on its server, with a link to it', async () => {
    const draft = await completeDraft(window.ask, ['Payroll'], 'there')
    await visit(page, `#/setup/encrypted-backup/${draft}/review`, 'Is this what should run?')
    await page.getByLabel('Ticket number').fill('SECOND-1')
    await page.getByLabel('Reason', { exact: true }).fill('A second run on the same server')
    await page.getByRole('button', { name: /^Run \d+ step/ }).click()
    const refused = page.getByRole('main').getByRole('alert')
    await refused.waitFor()
    expect(await window.ask('runs.list', {})).toHaveLength(1)
    await refused.getByRole('link', { name: 'Open the interrupted run' }).click()
    await heading(page, /^Interrupted during step/).waitFor()
  })

  test('its page says what the journal and the target say, and offers three ways', async () => {
    const decide = (name: RegExp) => page.getByRole('button', { name })
    await decide(/^Resume from step \d+$/).waitFor()
    await decide(/^Undo steps? /).waitFor()
    await decide(/^Leave as it is/).waitFor()
    await page.getByRole('columnheader', { name: 'The journal says' }).waitFor()
    // The backup was sent and its outcome not recorded: the target is asked, and says that the file is there.
    const stopped = page.getByRole('row', { name: /Back up Sales/ })
    await stopped.getByText('Begun, no outcome').waitFor()
    await stopped.getByText('Its effect is there').waitFor()
    expect(await stopped.textContent()).toMatch(/ktr-sqlprod-01, \d+ \w{3} \d{4}.*it is not done again/)
    await page.getByText(/Done and read back: steps 1–7\. Step 8 was begun/).waitFor()
    await decide(/^Undo steps 1–8$/).waitFor()
    expect(await violationsInEveryLook(page, window.ask)).toEqual([])
  })

  test('leaving it needs a reason', async () => {
    await page.getByRole('button', { name: /^Leave as it is/ }).click()
    await page.getByRole('button', { name: 'Leave the run as it is' }).click()
    await page.getByText('The reason is empty. Leaving needs one').waitFor()
    await heading(page, /^Interrupted during step/).waitFor()
  })

  test('resumes to its end, and the strip goes away', async () => {
    await page.getByRole('button', { name: /^Resume from step/ }).click()
    const [run] = await window.ask('runs.list', {})
    await until(
      'the run goes on',
      async () => (await window.ask('runs.list', {}))[0]?.state !== 'interrupted',
    )
    const { state, steps } = await window.program.engine.settled(asRunId(String(run?.id)))
    expect(state, steps.map((step) => `${step.state} ${step.problem?.code ?? ''}`).join(', ')).toBe(
      'verified',
    )
    await heading(page, /^(\d+) of \1 steps verified on ktr-sqlprod-01/).waitFor()
    await banner().waitFor({ state: 'detached' })
    expect(window.program.record.verifyChain().unbroken).toBe(true)
  })
})
