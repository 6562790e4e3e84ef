import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { findElectron } from '../../build/shell-choice.mjs'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import type { Profile } from '../../electron/platform/paths.ts'
import { openSandbox } from '../../electron/rehearsal/sandbox-process.ts'
import { stopSimulators } from '../support/simulators.ts'
import { openElectron, type ElectronSeat } from './electron-seat.ts'
import {
  answerWizard,
  auditAndKeys,
  exportRunbook,
  firstStart,
  folderFor,
  runAndLook,
  type Telling,
} from './scenario.ts'
import { tourPassphrase } from './take-tour.ts'

const binary = findElectron()
const required = process.env['KEYTURN_REQUIRE_ELECTRON'] === '1'
const silent: Telling = { say: () => undefined, shot: () => Promise.resolve() }

describe('the path of the tour in Electron', () => {
  if (binary === null) {
    test.skipIf(!required)('skipped: Electron’s binary is not on this machine', () => {
      throw new Error('KEYTURN_REQUIRE_ELECTRON is set and Electron’s binary is not on this machine')
    })
    return
  }

  const root = mkdtempSync(join(tmpdir(), 'keyturn-e2e-electron-'))
  const rehearsal = join(root, 'rehearsal')
  const open = (profile: Profile): Promise<ElectronSeat> =>
    openElectron({
      executablePath: binary,
      profile,
      dataFolder: folderFor(root, profile),
      startFolder: root,
    })

  afterAll(async () => {
    await stopSimulators(rehearsal)
    rmSync(root, { recursive: true, force: true, maxRetries: 10 })
  })

  test('first start, a connection that is tested', async () => {
    const sandbox = await openSandbox({ folder: folderFor(root, 'stand-in'), entry: sandboxEntry })
    const seat = await open('main')
    try {
      const [server] = sandbox.servers
      if (!server) throw new Error('the simulators name no server')
      await firstStart(seat, silent, { ...server, passphrase: tourPassphrase })
    } finally {
      await seat.app.close()
      await sandbox.shutdown()
    }
  })

  test('an encrypted backup from set up to audit', async () => {
    const pictures = folderFor(root, 'pictures')
    folderFor(root, 'escrow')
    const seat = await open('rehearsal')
    try {
      await answerWizard(seat, silent, {
        server: 'ktr-sqlprod-01',
        databases: ['Sales', 'Payroll'],
        localFolder: 'escrow',
      })
      await exportRunbook(seat, silent, 'pictures')
      await runAndLook(seat, silent, 'pictures')
      await auditAndKeys(seat, silent)
      expect(
        readdirSync(pictures)
          .map((name) => name.split('.').at(-1))
          .toSorted(),
      ).toEqual(['md', 'md', 'sql'])
    } finally {
      await seat.app.close()
    }
  })
})
