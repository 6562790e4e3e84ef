import { KeyturnError } from '../../../../../shared/errors/problem.ts'
import type { StepContext } from '../../../../engine/contract.ts'
import type { DatabaseKey } from '../../database-keys.ts'
import { readProviderKey } from '../../read-ekm.ts'
import { certificateOfRun, notVerified } from '../help.ts'

/** As the params of a step name what a database encryption key is under. */
export type ProtectorParams =
  | { certificate: string; thumbprint: string | null }
  | { asymmetricKey: string; provider: string; thumbprint: string | null }

export interface ProtectorOfRun {
  name: string
  /** Hex, upper case. */
  thumbprint: string
  /** How `encryptor_type` begins for it. */
  type: 'CERTIFICATE' | 'ASYMMETRIC KEY'
}

export const protectorName = (params: ProtectorParams): string =>
  'certificate' in params ? params.certificate : params.asymmetricKey

/**
 * The protector that this run is about: of the planned thumbprint, or of the one that this run made, so that another one
 * put in its place under the same name is noticed. Throws `step-not-verified`.
 */
export const protectorOfRun = async (ctx: StepContext, params: ProtectorParams): Promise<ProtectorOfRun> => {
  if ('certificate' in params) {
    const { thumbprint } = await certificateOfRun(ctx, params)
    return { name: params.certificate, thumbprint, type: 'CERTIFICATE' }
  }
  const { asymmetricKey, provider } = params
  const found = await readProviderKey(ctx.sql, asymmetricKey)
  if (found === null) throw notVerified(ctx, `master shows no asymmetric key ${asymmetricKey}`)
  if (found.provider !== provider)
    throw notVerified(ctx, `asymmetric key ${asymmetricKey} is of provider ${found.provider ?? 'not shown'}`)
  const expected = params.thumbprint ?? madeInThisRun(ctx, asymmetricKey)
  if (expected !== null && found.thumbprint !== expected) {
    throw notVerified(
      ctx,
      `asymmetric key ${asymmetricKey} has thumbprint ${found.thumbprint}; this run is about ${expected}`,
    )
  }
  return { name: asymmetricKey, thumbprint: found.thumbprint, type: 'ASYMMETRIC KEY' }
}

/** For an undo: a protector that somebody set after this run is theirs. Throws `undo-refused`. */
export const refuseForeign = (
  database: string,
  { thumbprint }: Pick<DatabaseKey, 'thumbprint'>,
  ofRun: string,
): void => {
  if (thumbprint === ofRun) return
  throw new KeyturnError('undo-refused', {
    what: `The protector of ${database} (thumbprint ${thumbprint ?? 'not shown'})`,
    user: 'somebody who set it after this run',
  })
}

const madeInThisRun = (ctx: StepContext, key: string): string | null => {
  const made = ctx.earlier.findLast(({ data }) => data?.['asymmetricKey'] === key && 'thumbprint' in data)
  const thumbprint = made?.data?.['thumbprint']
  return typeof thumbprint === 'string' ? thumbprint : null
}
