import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { openRegister } from '../../../electron/escrow/register.ts'
import { asPackageId } from '../../../shared/model/ids.ts'
import { answersOfEscrowDrill, notedOf, packageToDrill } from '../../support/escrow-drill-answers.ts'
import { drillServer, drillSource } from '../../support/restore-drill-answers.ts'
import type { CrashScenario } from '../scenario.ts'

const profile = (): string => join(dirname(homedir()), 'profile')

/** From a package alone: two shares, a certificate that opens a real backup, a passphrase; nothing may be left. */
export const escrowDrill: CrashScenario = {
  job: 'escrow-drill',
  servers: [drillServer, drillSource],
  prepare: async (stage) => void (await packageToDrill(stage, { profile: profile(), home: homedir() })),
  answers: (stage) => answersOfEscrowDrill(stage, homedir()),
  middle: null,
  endState: async ({ ask }) => {
    const last = (await openRegister(profile())).lastDrill(asPackageId(notedOf(homedir()).package))
    const page = { sort: null, search: '', filters: [], offset: 0, limit: 100 }
    const { rows } = await ask('secrets.list', { page })
    return [
      `last drill: ${last?.purpose}, ${last?.openedBy}, ${last?.items.map(({ level }) => level).join(', ')}`,
      `shares that are kept: ${rows.filter(({ purpose }) => purpose === 'escrow.share').length}`,
    ]
  },
  shortPoints: 3,
}
