import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { DraftId } from '../../shared/model/ids.ts'
import { askOf, type Ask } from '../support/ask.ts'
import { answersOfEncryptedBackup, saveDraft } from '../support/encrypted-backup-answers.ts'
import { stopSimulators } from '../support/simulators.ts'
import { openWindow, type OpenedWindow } from './window-harness.ts'

/** A rehearsal in a temporary folder. Its program can be closed and opened again; the simulators go on meanwhile. */
export interface House {
  readonly root: string
  readonly profile: string
  /** Where main's folder list begins. */
  readonly home: string
  open(size?: { width: number; height: number }): Promise<Visit>
  /** Ends the simulators and removes every file. */
  end(): Promise<void>
}

export interface Visit extends OpenedWindow {
  readonly ask: Ask
}

export const prodServer = 'ktr-sqlprod-01'
export const localFolder = 'escrow'

export const buildHouse = (): House => {
  const root = mkdtempSync(join(tmpdir(), 'keyturn-e2e-'))
  const profile = join(root, 'profile')
  const home = join(root, 'home')
  mkdirSync(join(home, localFolder), { recursive: true })
  return {
    root,
    profile,
    home,
    open: async (size) => {
      const window = await openWindow({
        profile: 'rehearsal',
        dataFolder: profile,
        startFolder: home,
        ...(size ? { size } : {}),
      })
      await window.program.ready()
      await window.page.emulateMedia({ reducedMotion: 'reduce' })
      await heading(window.page).waitFor()
      return { ...window, ask: askOf(window.program) }
    },
    end: async () => {
      await stopSimulators(profile)
      rmSync(root, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

export const heading = (page: Page, name?: string | RegExp) =>
  page.getByRole('heading', { level: 1, ...(name === undefined ? {} : { name }) })

/** Goes to an address of the window and waits until its page has the heading. */
export const visit = async (page: Page, hash: string, title: string | RegExp): Promise<void> => {
  await page.evaluate((wanted) => {
    window.location.hash = wanted
  }, hash)
  await heading(page, title).waitFor()
}

/** A draft of an encrypted backup with every answer. `keys`: made by this backup, or by one before it. */
export const completeDraft = async (
  ask: Ask,
  databases: string[] = ['Sales'],
  keys: 'new' | 'there' = 'new',
): Promise<DraftId> => {
  const { answers } = await answersOfEncryptedBackup(ask, { server: prodServer, databases, localFolder })
  const there = { masterKeyMode: 'use', masterKeyPassword: null, certificateMode: 'use' }
  return saveDraft(ask, keys === 'new' ? answers : { ...answers, ...there })
}

/** Waits for something outside the page. */
export const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  const latest = Date.now() + 30_000
  while (!(await holds())) {
    if (Date.now() > latest) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
