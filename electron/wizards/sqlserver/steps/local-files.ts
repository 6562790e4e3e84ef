import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { KeyturnError } from '../../../../shared/errors/problem.ts'
import { asPlaceId } from '../../../../shared/model/ids.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import {
  keySizeProblem,
  openKeyFiles,
  type KeyFiles,
  type NamedFile,
  type OpenedKeyFiles,
} from '../../../formats/key-files.ts'
import { pkcs12Limit } from '../../../formats/pkcs12.ts'
import { readFileCapped } from '../../../platform/read-file.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { needed, notVerified, pairFiles } from './help.ts'

export const filePasswordHole = 'certificate_file_password'

type LocalFiles = Omit<ParamsOf<'open-key-files'>, 'forTde'>

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** The files of the plan, byte for byte: a file that was written again since the review is `file-changed`. */
export const readLocalFiles = async (ctx: StepContext, params: LocalFiles): Promise<KeyFiles> => {
  const folder = ctx.places.folderOf(asPlaceId(params.place))
  const read = async (name: string, expected: string | null): Promise<NamedFile> => {
    const bytes = await readFileCapped(join(folder, name), pkcs12Limit)
    if (sha256Of(bytes) !== expected) throw new KeyturnError('file-changed', { file: name })
    return { name, bytes }
  }
  const { certificateFile, privateKeyFile, sha256 } = params
  return {
    certificate: await read(certificateFile, sha256.certificate),
    privateKey: privateKeyFile === null ? null : await read(privateKeyFile, sha256.privateKey),
  }
}

/** Opens them with the kept password, where there is one. Nothing leaves this computer. */
export const openWithKept = (ctx: StepContext, files: KeyFiles): OpenedKeyFiles => {
  const password = ctx.secrets.get(filePasswordHole)
  return password === undefined
    ? openKeyFiles(files, null)
    : password.use((bytes) => openKeyFiles(files, bytes))
}

/** The pair, opened, matched, and of a size that its use takes. */
export const openLocalPair = async (
  ctx: StepContext,
  params: ParamsOf<'open-key-files'>,
): Promise<OpenedKeyFiles> => {
  const opened = openWithKept(ctx, await readLocalFiles(ctx, params))
  const { bits, thumbprint } = opened.facts
  const what = keySizeProblem(bits, params.forTde)
  if (what !== null) throw new KeyturnError('file-key-size', { file: params.certificateFile, bits, what })
  if (params.thumbprint !== null && params.thumbprint !== thumbprint) {
    throw notVerified(ctx, `the files hold thumbprint ${thumbprint}; this run is about ${params.thumbprint}`)
  }
  return opened
}

export const placeOf = (ctx: StepContext, params: LocalFiles): string =>
  `${ctx.places.label(asPlaceId(params.place))}: ${pairFiles(params).join(', ')}`

/** Only reads, so it runs again after a crash. A `.pvk` of another certificate ends the run here, before anything is sent. */
export const openKeyFilesStep: StepHandler = {
  check: async () => needed({}),
  apply: async () => undefined,
  verify: async (ctx) => {
    const params = readParams('open-key-files', ctx.step.params)
    const { facts } = await openLocalPair(ctx, params)
    const location = placeOf(ctx, params)
    const at = ctx.clock.now().toISOString()
    const line = (statement: string, value: string) => ({
      statement,
      value,
      source: `Keyturn, ${location}`,
      at,
    })
    return {
      evidence: [
        {
          ...line(
            'The files open, and the private key belongs to the certificate; thumbprint',
            facts.thumbprint,
          ),
          data: { thumbprint: facts.thumbprint, bits: facts.bits },
        },
        line('Size of its key', `${facts.bits} bits`),
        line('It takes new backups until', `${facts.notAfter.toISOString().slice(0, 10)} (UTC)`),
      ],
      proofs: [
        {
          key: `Certificate ${facts.subject}`,
          kind: 'certificate',
          location,
          level: 'opened',
          by: 'keyturn',
          at,
          thumbprint: facts.thumbprint,
          note: 'Opened by Keyturn: private key opened and matched with the certificate',
        },
      ],
    }
  },
}
