import type { Plan } from '../../../shared/model/plan.ts'

/** Sentences for the result page: what nobody checked in a run of this plan. Pure. */
export const notChecked = ({ steps }: Plan): readonly string[] => {
  const has = (wanted: string): boolean => steps.some(({ kind }) => kind === wanted)
  const wraps = has('wrap-hsm-key')
  const escrows = has('escrow-hsm-key')
  return [
    'How good the token’s random numbers are: the vendor’s certificate says what was tested',
    'Whether the vendor’s own backup of the token exists, and opens',
    ...(wraps ? ['Whether the vaults take the transfer files: importing them shows it'] : []),
    ...(escrows
      ? [
          'Whether the package opens with shares or a recipient’s private key: nobody brought any; a drill shows it',
        ]
      : []),
    ...(wraps || escrows
      ? [
          'Whether somebody with the PIN wrapped the key elsewhere before it was locked: a token keeps no list of that',
        ]
      : []),
  ]
}
