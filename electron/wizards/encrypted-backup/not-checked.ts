import type { Plan } from '../../../shared/model/plan.ts'

/** Whole sentences for the result page: what a run of this plan leaves open. */
export const notChecked = (plan: Plan): string[] => {
  const has = (kind: string): boolean => plan.steps.some((step) => step.kind === kind)
  return [
    'No backup was restored. Reading a file again uses this server’s own key; it does not show that another server can restore it.',
    has('prove-on-server')
      ? 'The key files were opened on this server, minutes after they were written. Whether they are still there later was not checked.'
      : 'The key files on the server were written but not opened.',
    ...(has('prove-on-server')
      ? [
          'The master key that came out of its file was not compared with the one in master: the server shows nothing to compare.',
        ]
      : []),
    ...(has('back-up-service-master-key')
      ? [
          'The service master key file was not opened: that is possible only by restoring it over an instance’s own key.',
        ]
      : []),
    ...(has('fetch-certificate-pair')
      ? ['Whether the passwords are kept outside this computer was not checked.']
      : ['No copy of the certificate pair was fetched from the server.']),
    ...(has('verify-backup') ? [] : ['The backup files were not read again after they were written.']),
    'Other replicas and other servers were not asked whether they have the certificate.',
  ]
}
