import type { Plan } from '../../../shared/model/plan.ts'

/** Sentences for the result page: what nobody checked in a run of this plan. Pure. */
export const notChecked = ({ steps }: Plan): readonly string[] => {
  const wraps = steps.some(({ kind }) => kind === 'wrap-hsm-key')
  return [
    'How good the token’s random numbers are: the vendor’s certificate says what was tested',
    'Whether the vendor’s own backup of the token exists, and opens',
    ...(wraps
      ? [
          'Whether the vaults take the transfer files: importing them shows it',
          'Whether somebody with the PIN wrapped the key elsewhere before it was locked: a token keeps no list of that',
        ]
      : []),
  ]
}
