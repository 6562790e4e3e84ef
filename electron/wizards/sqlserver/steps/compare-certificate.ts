import { KeyturnError, problemOf } from '../../../../shared/errors/problem.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import type { KeyFiles } from '../../../formats/key-files.ts'
import { isPkcs12 } from '../../../formats/pkcs12.ts'
import { readCertificate } from '../../../formats/x509.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { certificateOfRun, evidenceOf, needed, scriptOf, send } from './help.ts'
import { openWithKept, placeOf, readLocalFiles } from './local-files.ts'

type Params = ParamsOf<'compare-certificate'>

/** What the file says of itself, and how its private key fared. "Does not fit" is an answer here, not a failure. */
interface FileAnswer {
  thumbprint: string
  privateKey: string
  opened: boolean
}

const answerOf = (ctx: StepContext, files: KeyFiles): FileAnswer => {
  const { certificate, privateKey } = files
  const holdsBoth = privateKey === null && isPkcs12(certificate.bytes)
  if (privateKey === null && !holdsBoth) {
    const { thumbprint } = readCertificate(certificate.bytes, certificate.name)
    return { thumbprint, privateKey: 'no private key file was given', opened: false }
  }
  try {
    const { facts } = openWithKept(ctx, files)
    return {
      thumbprint: facts.thumbprint,
      privateKey: 'opened with the kept password; it belongs to the certificate of the file',
      opened: true,
    }
  } catch (error) {
    const problem = problemOf(error)
    // A .pfx that does not open shows no certificate to compare with.
    if (holdsBoth || !keyAnswers.has(problem.code)) throw error
    const { thumbprint } = readCertificate(certificate.bytes, certificate.name)
    return { thumbprint, privateKey: problem.title, opened: false }
  }
}

const keyAnswers: ReadonlySet<string> = new Set([
  'file-key-mismatch',
  'file-wrong-password',
  'file-needs-password',
  'file-not-private-key',
  'file-damaged',
])

/** `same`, or the first group of four that differs, counted from 1. */
export const comparedThumbprints = (one: string, other: string): string => {
  if (one === other) return 'same'
  const group = Array.from({ length: 10 }, (_, at) => at).find(
    (at) => one.slice(at * 4, at * 4 + 4) !== other.slice(at * 4, at * 4 + 4),
  )
  return `differs from group ${(group ?? 0) + 1}`
}

/** Only reads, on both sides; runs again after a crash. */
export const compareCertificateStep: StepHandler = {
  check: async () => needed({}),
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const params: Params = readParams('compare-certificate', ctx.step.params)
    const inMaster = await certificateOfRun(ctx, {
      certificate: params.certificate,
      thumbprint: params.inMaster,
    })
    const answer = answerOf(ctx, await readLocalFiles(ctx, params))
    const { thumbprint } = answer
    if (params.thumbprint !== null && params.thumbprint !== thumbprint) throw new KeyturnError('internal')
    const location = placeOf(ctx, params)
    const at = ctx.clock.now().toISOString()
    const here = (statement: string, value: string): Evidence => ({
      statement,
      value,
      source: `Keyturn, ${location}`,
      at,
    })
    const same = thumbprint === inMaster.thumbprint
    return {
      evidence: [
        evidenceOf(
          ctx,
          'master.sys.certificates',
          `Thumbprint of ${params.certificate}`,
          inMaster.thumbprint,
          {
            thumbprint: inMaster.thumbprint,
          },
        ),
        here('Thumbprint of the file', thumbprint),
        here('File and server', comparedThumbprints(inMaster.thumbprint, thumbprint)),
        here('Private key of the file', answer.privateKey),
      ],
      proofs: same
        ? [
            {
              key: `Certificate ${params.certificate}`,
              kind: 'certificate',
              location,
              level: answer.opened ? 'opened' : 'matched',
              by: 'keyturn',
              at,
              thumbprint,
              note: answer.opened
                ? 'Opened by Keyturn: private key opened and matched; thumbprint the same as in master'
                : 'Thumbprint the same as in master; the private key was not opened',
            },
          ]
        : [],
    }
  },
}
