import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asRunId } from '../../shared/model/ids.ts'
import { moveDatabase } from '../crash/scenarios/move-database.ts'
import type { Stage } from '../crash/scenario.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import { simulatorsOf } from '../support/simulators.ts'
import { buildHouse, heading, visit, type Visit } from './house.ts'
import { faultsOf } from './layout.ts'

describe('a move in the window', () => {
  const house = buildHouse()
  let window: Visit
  let page: Page
  let stage: Stage

  beforeAll(async () => {
    window = await house.open()
    page = window.page
    stage = { program: window.program, ask: window.ask, simulators: simulatorsOf(house.profile) }
    await moveDatabase.prepare?.(stage)
  }, 120_000)
  afterAll(async () => {
    await window?.close()
    await house.end()
  }, 60_000)

  const looksRight = async (): Promise<void> => expect(await faultsOf(page, window.ask)).toEqual([])

  test('screens, review, a run that waits for the person, and its result', async () => {
    const draft = await saveDraft(window.ask, await moveDatabase.answers(stage), 'move-database')
    await visit(page, `#/setup/move-database/${draft}/servers`, 'Which database moves where?')
    await looksRight()
    for (const question of [
      'How do the keys come along?',
      'How does the database travel?',
      'What happens afterwards?',
    ]) {
      await page.getByRole('button', { name: 'Next' }).click()
      await heading(page, question).waitFor()
      await looksRight()
    }
    await page.getByRole('button', { name: 'Review plan' }).click()
    await heading(page, 'Is this what should run?').waitFor()
    await page.getByRole('button', { name: /^Run \d+ steps/ }).waitFor()
    // The plan goes from one server to the other and back; its steps stand in the order in which they run.
    const shown = await page.getByRole('button', { name: /^Show script of step/ }).allTextContents()
    expect(shown).toEqual(shown.map((_text, index) => `Show script of step ${index + 1}`))
    await looksRight()
    await page.getByLabel('Ticket number').fill('MOVE-1')
    await page.getByLabel('Reason', { exact: true }).fill('Sales moves to the other server')
    await page.getByRole('button', { name: /^Run \d+ steps/ }).click()
    await page
      .getByText(/icacls/)
      .first()
      .waitFor({ timeout: 60_000 })
    await looksRight()
    const [run] = await window.ask('runs.list', {})
    const waiting = await window.program.engine.settled(asRunId(String(run?.id)))
    await moveDatabase.help?.(stage, 'move-file-denied', waiting)
    await page.getByRole('button', { name: /^Retry/ }).click()
    await page.getByRole('heading', { name: 'Not checked' }).waitFor({ timeout: 60_000 })
    await looksRight()
    expect(await page.getByText(/orphaned users/).count()).toBe(1)
    await heading(
      page,
      /^The move brought Sales: ONLINE, DBCC CHECKDB counted no errors, read from ktr-sqlempty-01 on/,
    ).waitFor()
  }, 150_000)
})
