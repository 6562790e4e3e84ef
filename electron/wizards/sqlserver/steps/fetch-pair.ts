import { join } from 'node:path'
import { KeyturnError, problemOf } from '../../../../shared/errors/problem.ts'
import { asPlaceId } from '../../../../shared/model/ids.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { openPair, type OpenedPair } from '../../../formats/pair.ts'
import { removeLeftovers, writeFileAtomic, writeNewFile } from '../../../platform/atomic-file.ts'
import { isMissing, readFileCapped } from '../../../platform/read-file.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import {
  certificateOfRun,
  evidenceOf,
  foreign,
  hasIntent,
  needed,
  notVerified,
  satisfied,
  scriptOf,
  send,
} from './help.ts'

const passwordHole = 'certificate_file_password'
/** A pair of 4096 bits has under 4 KB; more is not a pair. */
const mostBytes = 65_536

interface LocalPair {
  certificate: string
  privateKey: string
}

const pathsOf = (ctx: StepContext): LocalPair => {
  const params = readParams('fetch-certificate-pair', ctx.step.params)
  const folder = ctx.places.folderOf(asPlaceId(params.place))
  return {
    certificate: join(folder, params.certificateFile),
    privateKey: join(folder, params.privateKeyFile),
  }
}

const readIfThere = async (path: string): Promise<Buffer | null> => {
  try {
    return await readFileCapped(path, mostBytes)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** Opens bytes with the kept password; the names are those of the files, for errors. */
const openWith = (ctx: StepContext, certificate: Uint8Array, privateKey: Uint8Array): OpenedPair => {
  const params = readParams('fetch-certificate-pair', ctx.step.params)
  const password = ctx.secrets.get(passwordHole)
  if (password === undefined) throw new KeyturnError('internal')
  return password.use((bytes) =>
    openPair(certificate, privateKey, bytes, {
      certificate: params.certificateFile,
      privateKey: params.privateKeyFile,
    }),
  )
}

const opensFromDisk = async (ctx: StepContext, expected: string): Promise<boolean> => {
  const paths = pathsOf(ctx)
  const [certificate, privateKey] = [
    await readIfThere(paths.certificate),
    await readIfThere(paths.privateKey),
  ]
  if (certificate === null || privateKey === null) return false
  try {
    return openWith(ctx, certificate, privateKey).thumbprint === expected
  } catch (error) {
    if (problemOf(error).code === 'internal') throw error
    return false
  }
}

/**
 * Resume: marked, by file names. Files of those names are written over only after this run recorded that they were not
 * there.
 */
export const fetchCertificatePairStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('fetch-certificate-pair', ctx.step.params)
    const paths = pathsOf(ctx)
    const there = [await readIfThere(paths.certificate), await readIfThere(paths.privateKey)]
    if (there.every((bytes) => bytes === null)) return needed({ filesThere: false })
    if (!hasIntent(ctx)) {
      const file = there[0] === null ? params.privateKeyFile : params.certificateFile
      return foreign('local-file-exists', { file })
    }
    const { thumbprint } = await certificateOfRun(ctx, params)
    return (await opensFromDisk(ctx, thumbprint)) ? satisfied(ctx.before) : needed(ctx.before)
  },
  apply: async (ctx) => {
    const params = readParams('fetch-certificate-pair', ctx.step.params)
    const paths = pathsOf(ctx)
    const { thumbprint } = await certificateOfRun(ctx, params)
    const { resultSets } = await send(ctx, scriptOf(ctx))
    const row = resultSets.at(-1)?.[0]
    const [certificate, privateKey] = [row?.['certificate'], row?.['private_key']]
    if (!(certificate instanceof Uint8Array) || !(privateKey instanceof Uint8Array)) {
      throw new KeyturnError('sql-permission', {
        target: ctx.sql.ref.name,
        what: 'it gave no bytes for CERTENCODED and CERTPRIVATEKEY',
        permission: `CONTROL on certificate ${params.certificate}`,
      })
    }
    // Opened before anything is written: what does not open is no copy and must not look like one.
    const opened = openWith(ctx, certificate, privateKey)
    if (opened.thumbprint !== thumbprint) {
      throw notVerified(ctx, `the server sent thumbprint ${opened.thumbprint}, its catalog has ${thumbprint}`)
    }
    await write(paths.privateKey, privateKey)
    await write(paths.certificate, certificate)
  },
  verify: async (ctx) => {
    const params = readParams('fetch-certificate-pair', ctx.step.params)
    const paths = pathsOf(ctx)
    const { thumbprint } = await certificateOfRun(ctx, params)
    const opened = openWith(
      ctx,
      await readFileCapped(paths.certificate, mostBytes),
      await readFileCapped(paths.privateKey, mostBytes),
    )
    if (opened.thumbprint !== thumbprint) {
      throw notVerified(ctx, `the files hold thumbprint ${opened.thumbprint}, master has ${thumbprint}`)
    }
    const location = `${ctx.places.label(asPlaceId(params.place))}: ${params.certificateFile}, ${params.privateKeyFile}`
    const at = ctx.clock.now().toISOString()
    return {
      evidence: [
        {
          statement:
            'Read again from your folder and opened with the kept password; thumbprint the same as in master',
          value: opened.thumbprint,
          source: `Keyturn, ${location}`,
          at,
          data: { thumbprint: opened.thumbprint, bits: opened.bits },
        },
        evidenceOf(ctx, 'CERTENCODED, CERTPRIVATEKEY', 'Size of its key', `${opened.bits} bits`),
      ],
      proofs: [
        {
          key: `Certificate ${params.certificate}`,
          kind: 'certificate',
          location,
          level: 'opened',
          by: 'keyturn',
          at,
          thumbprint: opened.thumbprint,
          note: 'Opened by Keyturn: read again from where it was written, private key opened with the kept password and matched with the certificate',
        },
      ],
    }
  },
}

const write = async (path: string, bytes: Uint8Array): Promise<void> => {
  await removeLeftovers(path)
  if ((await readIfThere(path)) === null) await writeNewFile(path, bytes)
  else await writeFileAtomic(path, bytes)
}
