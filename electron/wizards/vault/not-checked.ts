import type { Plan } from '../../../shared/model/plan.ts'

/** Whole sentences for the result page: what a run of this plan leaves open. */
export const notChecked = (plan: Plan): string[] => {
  const has = (kind: string): boolean => plan.steps.some((step) => step.kind === kind)
  return [
    'Whether the backup of the key restores was not tried: that needs a second vault (same subscription and geography) or managed HSM (same security domain).',
    'Whether SQL Server itself reaches the vault was not tried: this computer asked, not the server’s service account and its proxy.',
    ...(has('create-client-secret')
      ? ['Whether the secret is kept anywhere but in this keyring was not checked. Back the keyring up.']
      : []),
    ...(has('change-vault')
      ? ['What else uses this vault, and is touched by the changed settings, was not looked for.']
      : []),
    ...(has('send-vault-log') ? ['Whether the first lines arrived in the log was not waited for.'] : []),
    'Other people’s and programs’ rights on the vault were not judged.',
  ]
}
