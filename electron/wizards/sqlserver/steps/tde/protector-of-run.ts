import type { StepContext } from '../../../../engine/contract.ts'
import type { SqlServer } from '../../../../ports/sql-server.ts'
import type { Protector } from '../../../../scripts/tsql/tde.ts'
import { readProviderKey } from '../../read-ekm.ts'
import { certificateOfRun, certificateOn, notVerified } from '../help.ts'

/** What params call the protector of a database encryption key: `certificate` is its name, whichever kind it is. */
export interface NamedProtector {
  protector: 'certificate' | 'asymmetric-key'
  certificate: string
  /** Null: this run makes it. */
  thumbprint: string | null
}

export const protectorUnder = ({ protector, certificate }: Omit<NamedProtector, 'thumbprint'>): Protector =>
  protector === 'certificate' ? { certificate } : { asymmetricKey: certificate }

/**
 * Thumbprint of the protector that this run is about: the planned one, or of the one that this run made, so that another
 * one put in its place under the same name is noticed. Throws `step-not-verified`.
 */
export const protectorOfRun = async (ctx: StepContext, named: NamedProtector): Promise<string> => {
  if (named.protector === 'certificate') return (await certificateOfRun(ctx, named)).thumbprint
  const { certificate: key } = named
  const found = await readProviderKey(ctx.sql, key)
  if (found === null) throw notVerified(ctx, `master shows no asymmetric key ${key}`)
  const expected = named.thumbprint ?? madeInThisRun(ctx, key)
  if (expected !== null && found.thumbprint !== expected) {
    throw notVerified(
      ctx,
      `asymmetric key ${key} has thumbprint ${found.thumbprint}; this run is about ${expected}`,
    )
  }
  return found.thumbprint
}

const madeInThisRun = (ctx: StepContext, key: string): string | null => {
  const made = ctx.earlier.findLast(({ data }) => data?.['asymmetricKey'] === key)?.data?.['thumbprint']
  return typeof made === 'string' ? made : null
}

/** Thumbprint of a protector that the server can use by itself; null: it is not there so. */
export const protectorThere = async (
  ctx: StepContext,
  named: Omit<NamedProtector, 'thumbprint'>,
): Promise<string | null> => protectorOn(ctx.sql, named)

const protectorOn = async (
  sql: SqlServer,
  { protector, certificate }: Omit<NamedProtector, 'thumbprint'>,
): Promise<string | null> => {
  if (protector === 'asymmetric-key') return (await readProviderKey(sql, certificate))?.thumbprint ?? null
  const found = await certificateOn(sql, certificate)
  return found?.privateKey === 'MK' ? found.thumbprint : null
}
