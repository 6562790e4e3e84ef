import { join } from 'node:path'
import { openSandbox } from '../../electron/rehearsal/sandbox-process.ts'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import {
  answerWizard,
  auditAndKeys,
  exportRunbook,
  firstStart,
  folderFor,
  runAndLook,
  type Telling,
} from './scenario.ts'
import type { Program } from '../../electron/program.ts'
import { tourTdeVaultKey } from './tour-tde-vault-key.ts'
import { tourCredential } from './tour-credential.ts'
import { tourConnectorUpgrade } from './tour-connector-upgrade.ts'
import { tourCleanUp } from './tour-ekm-clean-up.ts'
import { tourEscrow } from './tour-escrow.ts'
import { tourVaultKeyRotation } from './tour-vault-key-rotation.ts'
import { tourUrl } from './tour-url.ts'
import { otherJobs } from './tour-jobs.ts'
import { openWindow } from './window-harness.ts'

export interface TourOptions {
  /** Everything that the tour makes goes here. */
  folder: string
  say(text: string): void
  /** Called with each program before it closes, while its keyring is open. */
  beforeClose?: (program: Program) => Promise<void>
  /** Called on each screen of the jobs of EKM and storage; the other jobs have tests of their own. */
  look?: NonNullable<Telling['look']>
}

export interface TourResult {
  refusedConnections: number
  pictures: string
}

/** Points 2 to 4 of what a person can do, on the real program. Ends every process that it started. */
export const takeTour = async ({
  folder,
  say,
  beforeClose = () => Promise.resolve(),
  look,
}: TourOptions): Promise<TourResult> => {
  const pictures = folderFor(folder, 'pictures')
  const telling: Telling = {
    say,
    shot: async (page, name) => {
      await page.screenshot({ path: join(pictures, `${name}.png`) })
    },
  }
  const sandbox = await openSandbox({ folder: folderFor(folder, 'stand-in'), entry: sandboxEntry })
  try {
    await firstDoor(folder, telling, sandbox.servers[0], beforeClose)
  } finally {
    await sandbox.shutdown()
  }
  return { refusedConnections: await rehearse(folder, telling, beforeClose, look), pictures }
}

export const tourPassphrase = 'orchard lantern violet 47'

const firstDoor = async (
  folder: string,
  telling: Telling,
  server: { host: string; port: number; caPem: string; login: string; password: string } | undefined,
  beforeClose: (program: Program) => Promise<void>,
): Promise<void> => {
  if (!server) throw new Error('the simulators name no server')
  let asked: string | null = null
  const window = await openWindow({
    profile: 'main',
    dataFolder: folderFor(folder, 'profile-main'),
    startFolder: folder,
    onProfile: (profile) => (asked = profile),
  })
  try {
    await window.page.getByRole('button', { name: /^Rehearse/ }).click()
    await until(() => asked === 'rehearsal')
    telling.say('The first door, Rehearse, opens a profile and a process of its own')
    await firstStart(window, telling, { ...server, passphrase: tourPassphrase })
    await beforeClose(window.program)
  } finally {
    await window.close()
  }
}

const rehearse = async (
  folder: string,
  telling: Telling,
  beforeClose: (program: Program) => Promise<void>,
  look: TourOptions['look'],
): Promise<number> => {
  folderFor(folder, 'escrow')
  const window = await openWindow({
    profile: 'rehearsal',
    dataFolder: folderFor(folder, 'profile-rehearsal'),
    startFolder: folder,
  })
  try {
    await window.program.ready()
    telling.say('The rehearsal: two simulated SQL Servers answer over TDS with TLS')
    await window.page.getByRole('radiogroup', { name: 'Simulated server' }).waitFor()
    await telling.shot(window.page, '05-rehearsal-overview')
    await answerWizard(window, telling, {
      server: 'ktr-sqlprod-01',
      databases: ['Sales', 'Payroll'],
      localFolder: 'escrow',
    })
    await exportRunbook(window, telling, 'pictures')
    await runAndLook(window, telling, 'pictures')
    await auditAndKeys(window, telling)
    const profile = join(folder, 'profile-rehearsal')
    await otherJobs(window, telling, profile)
    const looking = look === undefined ? telling : { ...telling, look }
    const parts = [
      tourCredential,
      tourTdeVaultKey,
      tourVaultKeyRotation,
      tourConnectorUpgrade,
      tourUrl,
      tourCleanUp,
      tourEscrow,
    ]
    for (const part of parts) await part(window, looking, profile)
    await beforeClose(window.program)
    return window.program.egress?.attempts ?? -1
  } finally {
    await window.program.rehearsal?.endSimulators()
    await window.close()
  }
}

const until = async (holds: () => boolean): Promise<void> => {
  for (let tries = 0; tries < 600 && !holds(); tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 50))
  if (!holds()) throw new Error('waited in vain')
}
