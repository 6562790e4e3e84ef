import type { Plan } from '../../../shared/model/plan.ts'
import { readParams } from '../../scripts/runbook/step-params.ts'
import { passphraseHole } from './items.ts'

/** Whole sentences for the result page: what a run of this plan leaves open. */
export const notChecked = (plan: Plan): string[] => {
  const items = plan.steps
    .filter(({ kind }) => kind === 'write-escrow-package')
    .flatMap(({ params }) => readParams('write-escrow-package', params).items)
  const records = items.flatMap((item) => (item.kind === 'passphrase-record' ? [item.hole] : []))
  const places = plan.steps
    .filter(({ kind }) => kind === 'register-escrow-package')
    .flatMap(({ params }) => readParams('register-escrow-package', params).places)
  const inContainer = places.some(({ kind }) => kind === 'blob-container')
  return [
    'The package was not opened: nobody brought shares or a recipient’s private key. That it opens is shown by a drill.',
    ...(places.every(({ kind }) => kind === 'blob-container')
      ? []
      : [
          'From folders it was read back through the operating system, which may answer from memory. To read a medium itself, take it out, put it in again, and verify the package.',
        ]),
    ...(inContainer
      ? [
          'Who else may read or delete blobs of the container was not looked at, nor whether its copies in other regions have the package yet.',
        ]
      : []),
    ...(items.some(({ kind }) => kind === 'vault-key')
      ? [
          'Whether a vault restores the backups of its keys was not tried: only one of the same subscription and geography can.',
        ]
      : []),
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
