import type { Plan } from '../../../shared/model/plan.ts'

/** Whole sentences for the result page: what a run of this plan leaves open. */
export const notChecked = (plan: Plan): string[] => {
  const write = plan.steps.find(({ kind }) => kind === 'write-escrow-package')
  return [
    'The package was not opened: nobody brought shares or a recipient’s private key. That it opens is shown by a drill.',
    'It was read back through the operating system, which may answer from memory. To read a medium itself, take it out, put it in again, and verify the package.',
    ...(write !== undefined && JSON.stringify(write.params).includes('"passphrase-record"')
      ? ['Whether the kept passwords open their key files was not tried.']
      : []),
    'Whether the places outlast this computer, and who else can reach them, was not looked at.',
    'Key files of the same keys elsewhere were not compared with the package.',
  ]
}
