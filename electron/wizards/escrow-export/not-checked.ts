import type { Plan } from '../../../shared/model/plan.ts'
import { readParams } from '../../scripts/runbook/step-params.ts'
import { passphraseHole } from './items.ts'

/** Whole sentences for the result page: what a run of this plan leaves open. */
export const notChecked = (plan: Plan): string[] => {
  const records = plan.steps
    .filter(({ kind }) => kind === 'write-escrow-package')
    .flatMap(({ params }) => readParams('write-escrow-package', params).items)
    .flatMap((item) => (item.kind === 'passphrase-record' ? [item.hole] : []))
  return [
    'The package was not opened: nobody brought shares or a recipient’s private key. That it opens is shown by a drill.',
    'It was read back through the operating system, which may answer from memory. To read a medium itself, take it out, put it in again, and verify the package.',
    ...(records.some((hole) => hole !== passphraseHole)
      ? ['Whether the kept passwords open their key files was not tried.']
      : []),
    ...(records.includes(passphraseHole)
      ? ['Whether the typed passphrase opens its backup was not tried.']
      : []),
    'Whether the places outlast this computer, and who else can reach them, was not looked at.',
    'Key files of the same keys elsewhere were not compared with the package.',
  ]
}
