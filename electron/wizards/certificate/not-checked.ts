import type { Plan } from '../../../shared/model/plan.ts'

/** Whole sentences for the result page: what a run of this plan leaves open. */
export const notChecked = (plan: Plan): string[] => {
  const has = (kind: string): boolean => plan.steps.some((step) => step.kind === kind)
  return [
    ...(has('create-certificate')
      ? [
          'What older certificates encrypted was not looked at: each backup and each TDE database needs the pair it was made with, so those pairs must stay.',
        ]
      : []),
    ...(has('back-up-certificate')
      ? [
          has('prove-on-server')
            ? 'The key files were opened on this server, minutes after they were written. Whether they are still there later was not checked.'
            : 'The key files on the server were written but not opened.',
          has('fetch-certificate-pair')
            ? 'Whether the password is kept outside this computer was not checked.'
            : 'No copy of the pair was fetched from the server.',
        ]
      : []),
    ...(has('import-key-files') || has('import-server-files')
      ? ['Whether a backup restores with the imported certificate was not tried.']
      : []),
    ...(has('compare-certificate')
      ? [
          'Only this file and this server were compared; a private key on the server was not compared with the one of the file: the thumbprint stands for it.',
        ]
      : []),
    ...(has('copy-certificate')
      ? [
          'Only the chosen servers were asked. Whether a backup restores there was not tried.',
          'Servers that the catalog names as replicas and that were not chosen were not asked.',
        ]
      : ['Other replicas and other servers were not asked whether they have the certificate.']),
  ]
}
