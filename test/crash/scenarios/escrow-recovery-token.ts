import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { openRegister } from '../../../electron/escrow/register.ts'
import { asPackageId } from '../../../shared/model/ids.ts'
import { answersOfTokenDrill, notedOf, tokenPackageToDrill } from '../../support/escrow-drill-answers.ts'
import { keysOn, ownToken, tokenRefOf } from '../../support/hsm-key-answers.ts'
import type { CrashScenario } from '../scenario.ts'

const profile = (): string => join(dirname(homedir()), 'profile')

/** Two keys of a token that is gone, put on another one to stay: each once, whole, whenever the process ends. */
export const escrowRecoveryToken: CrashScenario = {
  job: 'escrow-drill',
  name: 'escrow-recovery-token',
  servers: [],
  prepare: async ({ ask }) => {
    await tokenPackageToDrill({ profile: profile(), home: homedir() })
    const hsm = await tokenRefOf(ask)
    if (hsm === null) throw new Error('SoftHSM and pkcs11js are needed for this scenario')
    await ask('hsm.probe', { id: hsm.id, seen: null })
  },
  answers: (stage) => answersOfTokenDrill(stage, homedir(), { purpose: 'recovery' }),
  middle: null,
  endState: async ({ ask, simulators }) => {
    const last = (await openRegister(profile())).lastDrill(asPackageId(notedOf(homedir()).package))
    const page = { sort: null, search: '', filters: [], offset: 0, limit: 100 }
    const { rows } = await ask('secrets.list', { page })
    const own = await ownToken(simulators)
    try {
      return [
        `last drill: ${last?.purpose}, ${last?.openedBy}, ${last?.items.map(({ level }) => level).join(', ')}`,
        `shares that are kept: ${rows.filter(({ purpose }) => purpose === 'escrow.share').length}`,
        ...(await keysOn(own.token)).map((line) => `token: ${line}`),
      ]
    } finally {
      await own.end()
    }
  },
  killsModule: true,
  shortPoints: 3,
}
