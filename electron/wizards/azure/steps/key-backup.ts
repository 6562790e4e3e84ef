import { join } from 'node:path'
import { vaultPlaceOf } from '../../../../shared/model/azure.ts'
import { asPlaceId } from '../../../../shared/model/ids.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { removeLeftovers, writeFileAtomic, writeNewFile } from '../../../platform/atomic-file.ts'
import { readFileCapped, readFileIfThere } from '../../../platform/read-file.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { foreign, hasIntent, needed, notVerified } from '../../sqlserver/steps/help.ts'
import { sha256Of } from '../../sqlserver/steps/local-files.ts'
import { backupOpensIn, keyAt } from '../words.ts'
import { line, withVault } from './help.ts'
import { keyOfRun } from './vault-key.ts'

/** 500 versions, which is the most that Azure backs up, have about 4 MB. */
const mostBytes = 16 * 1024 * 1024

type Params = ParamsOf<'back-up-vault-key'>

const pathOf = (ctx: StepContext, { place, file }: Params): string =>
  join(ctx.places.folderOf(asPlaceId(place)), file)

/**
 * Azure's encrypted backup of all versions, in a file of the person. Resume: marked, by the file's name; a file of that
 * name is written over only after this run recorded that it was not there. Azure gives another blob each time, so a
 * file of a broken-off attempt is replaced rather than compared.
 */
export const backUpVaultKeyStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('back-up-vault-key', ctx.step.params)
    const there = await readFileIfThere(pathOf(ctx, params), mostBytes)
    if (there !== null && !hasIntent(ctx)) return foreign('local-file-exists', { file: params.file })
    return needed({ fileThere: false })
  },
  apply: async (ctx) => {
    const params = readParams('back-up-vault-key', ctx.step.params)
    const path = pathOf(ctx, params)
    const blob = await withVault(ctx, params.host, async (vault) => {
      await keyOfRun(ctx, vault, params)
      return vault.backUpKey(params.key)
    })
    if (blob.length === 0) throw notVerified(ctx, 'the vault gave an empty backup')
    await removeLeftovers(path)
    if ((await readFileIfThere(path, mostBytes)) === null) await writeNewFile(path, blob)
    else await writeFileAtomic(path, blob)
    const written = await readFileCapped(path, mostBytes)
    if (sha256Of(written) !== sha256Of(blob)) {
      throw notVerified(ctx, `${params.file} does not hold what the vault gave`)
    }
  },
  verify: async (ctx) => {
    const params = readParams('back-up-vault-key', ctx.step.params)
    const version = await withVault(
      ctx,
      params.host,
      async (vault) => (await keyOfRun(ctx, vault, params)).version,
    )
    const bytes = await readFileIfThere(pathOf(ctx, params), mostBytes)
    if (bytes === null || bytes.length === 0) throw notVerified(ctx, `${params.file} is not there, or empty`)
    const sha256 = sha256Of(bytes)
    const location = `${ctx.places.label(asPlaceId(params.place))}: ${params.file}`
    const at = ctx.clock.now().toISOString()
    return {
      evidence: [
        {
          statement: 'Backup of the key read again from your folder; SHA-256',
          value: sha256,
          source: `Keyturn, ${location}`,
          at,
          data: {
            vaultKey: params.key,
            vaultHost: params.host,
            keyVersion: version,
            file: params.file,
            sha256,
            bytes: bytes.length,
          },
        },
        line(
          ctx,
          keyAt(params.host, params.key),
          'Version that is present, and the newest in the backup',
          version,
        ),
      ],
      proofs: [
        {
          key: `Vault key ${params.key}`,
          kind: 'vault-key',
          location,
          level: 'seen',
          by: 'keyturn',
          at,
          thumbprint: null,
          note: `Written before this run let anything use it, and read again with the same SHA-256. Only ${backupOpensIn(vaultPlaceOf(params.host)?.service ?? 'vault')} opens it; that was not tried`,
        },
      ],
    }
  },
}
