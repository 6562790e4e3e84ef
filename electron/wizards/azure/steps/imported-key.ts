import { join } from 'node:path'
import { KeyturnError } from '../../../../shared/errors/problem.ts'
import { asPlaceId } from '../../../../shared/model/ids.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { openKeyFiles, type OpenedKeyFiles } from '../../../formats/key-files.ts'
import { pkcs12Limit } from '../../../formats/pkcs12.ts'
import { numbersOf, wipeNumbers } from '../../../formats/rsa-numbers.ts'
import { readFileCapped } from '../../../platform/read-file.ts'
import { SecretBytes } from '../../../platform/secret-bytes.ts'
import type { VaultKey } from '../../../ports/key-vault.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { hasIntent, notVerified } from '../../sqlserver/steps/help.ts'
import { sha256Of } from '../../sqlserver/steps/local-files.ts'
import { keyAt } from '../words.ts'
import { line, markOf, withVault } from './help.ts'
import { checkNewKey, deleteNewKey, newKeyDifference, newKeyEvidence, onlyVersion } from './vault-key.ts'

export const importPasswordHole = 'key_file_password'

type Params = ParamsOf<'import-vault-key'>

/**
 * The file of the plan, byte for byte, opened with the kept password. `file-changed` where it was written again since
 * the review, `file-key-size` for what SQL Server's connector does not take, and the errors of `openKeyFiles`.
 */
const openFile = async (ctx: StepContext, { place, file, sha256 }: Params): Promise<OpenedKeyFiles> => {
  const bytes = await readFileCapped(join(ctx.places.folderOf(asPlaceId(place)), file), pkcs12Limit)
  if (sha256Of(bytes) !== sha256) throw new KeyturnError('file-changed', { file })
  const files = { certificate: { name: file, bytes }, privateKey: null }
  const password = ctx.secrets.get(importPasswordHole)
  const opened =
    password === undefined ? openKeyFiles(files, null) : password.use((typed) => openKeyFiles(files, typed))
  const { bits } = opened.facts
  if (bits !== 2048 && bits !== 3072) {
    throw new KeyturnError('file-key-size', {
      file,
      bits,
      what: 'SQL Server’s connector takes 2,048 and 3,072',
    })
  }
  return opened
}

/** Whether the vault has the public half of the file's key. */
const isSameKey = ({ privateKey }: OpenedKeyFiles, { publicKey }: VaultKey): boolean => {
  const numbers = numbersOf(privateKey)
  try {
    return publicKey !== null && withoutZeros(publicKey.modulus).equals(withoutZeros(numbers.n))
  } finally {
    wipeNumbers(numbers)
  }
}

const withoutZeros = (bytes: Uint8Array): Buffer => {
  const first = bytes.findIndex((byte) => byte !== 0)
  return Buffer.from(first < 0 ? [] : bytes.subarray(first))
}

/**
 * Resume: marked, as a key that is made; what is there is compared with the file, so a killed import is not sent again.
 * The private key leaves this computer in one request, to the vault.
 */
export const importVaultKeyStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('import-vault-key', ctx.step.params)
    const found = await checkNewKey(ctx, params)
    // After the intent an undo asks too, and needs no file; `apply` opens it again.
    if (found.state === 'needed' && !hasIntent(ctx)) await openFile(ctx, params)
    return found
  },
  apply: async (ctx) => {
    const params = readParams('import-vault-key', ctx.step.params)
    const { privateKey } = await openFile(ctx, params)
    using der = SecretBytes.take(privateKey.export({ format: 'der', type: 'pkcs8' }))
    await withVault(ctx, params.host, (vault) =>
      vault.importKey({
        name: params.key,
        mark: markOf(ctx),
        material: { kind: 'pkcs8', der, hardware: params.type === 'RSA-HSM' },
        ...(params.expires === null ? {} : { expires: params.expires }),
      }),
    )
  },
  verify: async (ctx) => {
    const params = readParams('import-vault-key', ctx.step.params)
    const opened = await openFile(ctx, params)
    return withVault(ctx, params.host, async (vault) => {
      const key = await onlyVersion(ctx, vault, params)
      const wrong = newKeyDifference(params, key)
      if (wrong !== null) throw notVerified(ctx, wrong)
      if (!isSameKey(opened, key)) throw notVerified(ctx, 'its public key is not that of the file')
      const label = `${ctx.places.label(asPlaceId(params.place))}: ${params.file}`
      return {
        evidence: [
          ...newKeyEvidence(ctx, params, key, 'Key imported'),
          line(ctx, keyAt(params.host, params.key), 'Its public key, compared with the file', 'the same'),
          line(ctx, keyAt(params.host, params.key), 'Can be escrowed', `yes: ${label} holds it`),
        ],
        proofs: [
          {
            key: `Key ${params.key} of ${params.host}`,
            kind: 'vault-key',
            location: label,
            level: 'opened',
            by: 'keyturn',
            at: ctx.clock.now().toISOString(),
            thumbprint: null,
            note: 'Opened by Keyturn with the kept password; its public half is that of the vault’s key',
          },
        ],
      }
    })
  },
  undo: (ctx) => deleteNewKey(ctx, readParams('import-vault-key', ctx.step.params)),
}
