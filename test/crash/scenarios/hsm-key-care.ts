import type { Answers } from '../../../shared/forms/form.ts'
import { careAnswers, readKeys } from '../../support/hsm-key-care-answers.ts'
import { keysOn, ownToken, tokenRefOf } from '../../support/hsm-key-answers.ts'
import type { CrashScenario, Stage } from '../scenario.ts'

const keyId = 'a1'

const scenario = (name: string, changes: Answers): CrashScenario => ({
  job: 'hsm-key-care',
  name,
  servers: [],
  prepare: async ({ simulators }) => {
    const own = await ownToken(simulators)
    try {
      for (const [label, id] of [
        ['KTR-OLD', keyId],
        ['KTR-OTHER', 'b1'],
      ] as const)
        await own.token.generateRsa({ label, id, bits: 2048, extractable: false })
    } finally {
      await own.end()
    }
  },
  answers: async ({ ask }: Stage) => {
    const hsm = (await tokenRefOf(ask))?.id
    if (hsm === undefined) throw new Error('SoftHSM and pkcs11js are needed for this scenario')
    await readKeys(ask, hsm)
    return careAnswers(hsm, { key: keyId, ...changes })
  },
  middle: null,
  endState: async ({ simulators }) => {
    const own = await ownToken(simulators)
    try {
      return (await keysOn(own.token)).map((line) => `token: ${line}`)
    } finally {
      await own.end()
    }
  },
  shortPoints: 1,
})

/** Both halves have the new label, or after an undo the old one: never one of each. */
export const hsmKeyLabel = scenario('hsm-key-care-label', { task: 'label', newLabel: 'KTR-NEW' })

/** The key is gone whenever the process ends, and the other key never. */
export const hsmKeyDestroyed = scenario('hsm-key-care-destroy', {
  task: 'destroy',
  confirmation: 'KTR-OLD',
})
