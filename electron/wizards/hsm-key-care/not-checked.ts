import type { Plan } from '../../../shared/model/plan.ts'

/** Sentences for the result page: what nobody checked in a run of this plan. Pure. */
export const notChecked = ({ steps }: Plan): readonly string[] =>
  steps.some(({ kind }) => kind === 'destroy-hsm-half')
    ? [
        'Whether the token’s memory was overwritten: the vendor’s certificate says what destroying does',
        'Copies that the vendor’s own backup of the token holds, and what somebody with the PIN wrapped elsewhere',
        'Which programs outside of Keyturn needed the key',
      ]
    : ['Which programs outside of Keyturn look for the key by its old label']
