import type { Plan } from '../../../shared/model/plan.ts'

/** Whole sentences for the result page: what a run of this plan leaves open. */
export const notChecked = (plan: Plan): string[] => {
  const has = (kind: string): boolean => plan.steps.some((step) => step.kind === kind)
  const replaced = has('regenerate-master-key') || has('restore-master-key')
  return [
    ...(has('prove-master-key-file')
      ? [
          'The key that came out of the file was not compared with the one in the database: the server shows nothing to compare.',
        ]
      : []),
    ...(has('back-up-master-key') && !has('prove-master-key-file')
      ? ['The key file on the server was written but not opened.']
      : []),
    ...(has('back-up-service-master-key')
      ? [
          'The service master key file was not opened: that is possible only by restoring it over an instance’s own key.',
        ]
      : []),
    ...(replaced
      ? [
          'Private keys under the new key were not used: the catalog lists them, no data was decrypted with them.',
        ]
      : []),
    ...(has('regenerate-service-master-key') || has('restore-service-master-key')
      ? ['Secrets of credentials and of linked servers were not used.']
      : []),
    'Whether the passwords are kept outside this computer was not checked.',
    'No restart was made: what the server opens at a restart is read from the catalog.',
  ]
}
