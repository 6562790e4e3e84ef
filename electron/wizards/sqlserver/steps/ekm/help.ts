import { clientSecretProblem } from '../../../../../shared/model/ekm.ts'
import { KeyturnError } from '../../../../../shared/errors/problem.ts'
import { asTargetId } from '../../../../../shared/model/ids.ts'
import type { StepContext } from '../../../../engine/contract.ts'
import type { SecretBytes } from '../../../../platform/secret-bytes.ts'
import { verdictOn } from '../../../../ports/verdicts.ts'
import type { SecretSource } from '../../../../scripts/runbook/ekm-params.ts'
import { ekmSecretHole } from '../../../../scripts/tsql/ekm.ts'
import { scriptOf, send } from '../help.ts'

export const views = {
  credentials: 'sys.credentials',
  mappings: 'sys.server_principal_credentials',
  keys: 'master.sys.asymmetric_keys',
  providers: 'sys.cryptographic_providers',
  logins: 'sys.server_principals',
  options: 'sys.configurations',
  service: 'sys.dm_os_sys_info',
} as const

/** What the keyring calls a secret of an application: kept for the Azure target where it was made. */
export const keptSecret = ({ target, label }: { target: string; label: string }) => ({
  purpose: 'ekm.client-secret' as const,
  target: asTargetId(target),
  label,
})

/**
 * Sends the script of the step with the application's secret in its hole. One that the keyring keeps is opened here and
 * wiped again. `ekm-secret-long` before anything is sent: the server would say it too, but after other statements.
 */
export const sendWithSecret = async (ctx: StepContext, { kept }: SecretSource): Promise<void> => {
  if (kept === null) {
    const sealed = ctx.secrets.get(ekmSecretHole)
    if (sealed === undefined) throw new KeyturnError('internal')
    return sendSecret(ctx, sealed)
  }
  ctx.keeper.ready()
  using opened = await ctx.keeper.open(keptSecret(kept))
  await sendSecret(ctx, opened)
}

const sendSecret = async (ctx: StepContext, secret: SecretBytes): Promise<void> => {
  if (clientSecretProblem(charactersOf(secret)) !== null) {
    throw new KeyturnError('ekm-secret-long', { target: ctx.sql.ref.name })
  }
  await send(ctx, scriptOf(ctx), { secrets: new Map([...ctx.secrets, [ekmSecretHole, secret]]) })
}

export const charactersOf = (secret: SecretBytes): number =>
  secret.use((bytes) => bytes.toString('utf8').length)

/** An undo asks the same verdict as the clean-up: who needs the key, and what was not told. Throws `undo-refused`. */
export const refuseUsedKey = async (ctx: StepContext, what: string, thumbprint: string): Promise<void> => {
  const verdict = verdictOn(await ctx.verdicts.asymmetricKey(ctx.step.target, thumbprint))
  if (verdict.state === 'in-use') refuseUsed(what, verdict.users)
  if (verdict.state === 'unknown') refuseUsed(what, [`what was not read (${verdict.why})`])
}

export const refuseUsed = (what: string, users: readonly string[]): void => {
  if (users.length > 0) throw new KeyturnError('undo-refused', { what, user: users.join(', ') })
}
