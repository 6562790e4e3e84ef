import type { Plan } from '../../../shared/model/plan.ts'

/** Whole sentences for the result page: what a run of this plan leaves open. */
export const notChecked = ({ steps }: Plan): readonly string[] => {
  const has = (kind: string): boolean => steps.some((step) => step.kind === kind)
  return [
    ...(has('import-transfer-file')
      ? [
          'Whether the key is anywhere else was not looked for: whoever had the token’s PIN before it was locked could wrap it.',
          'Whether SQL Server’s application may use the key was not checked, and Azure’s own backup of it was not written. Vault does both.',
        ]
      : []),
    ...(has('create-exchange-key') ? ['Whether a token can wrap a key for it was not tried.'] : []),
    ...(has('restore-vault-key')
      ? ['Whether the restored key opens what was encrypted under it was not tried.']
      : []),
    ...(has('compare-key-chain') && !has('compare-server-key')
      ? ['Whether a SQL Server has this key was not looked at.']
      : []),
    'Other people’s and programs’ rights on the vault were not judged.',
  ]
}
