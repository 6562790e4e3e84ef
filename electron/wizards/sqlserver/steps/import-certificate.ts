import type { Thumbprint } from '../../../../shared/model/ids.ts'
import type { Script } from '../../../../shared/model/script.ts'
import type { CheckResult, StepContext, StepHandler, StepOutcome } from '../../../engine/contract.ts'
import { keySizeProblem } from '../../../formats/key-files.ts'
import { writePvk } from '../../../formats/pvk.ts'
import { readCertificate } from '../../../formats/x509.ts'
import { generatePassword } from '../../../platform/generate-password.ts'
import { systemRandom } from '../../../platform/random.ts'
import { SecretBytes } from '../../../platform/secret-bytes.ts'
import { pairHoles, showPublicCertificate } from '../../../scripts/tsql/certificate.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import {
  certificateInMaster,
  evidenceOf,
  foreign,
  needed,
  notVerified,
  pairFiles,
  satisfied,
  scriptOf,
  send,
  thumbprintsInMaster,
} from './help.ts'
import { openLocalPair } from './local-files.ts'
import { catalog, dropMade, madeBefore } from './made-certificate.ts'

/**
 * Whether a pair of a known thumbprint is in master under this name. The same key under another name is foreign: the
 * server holds each certificate once (SQL 15232). Also for copies to another server.
 */
export const checkImported = async (
  ctx: StepContext,
  certificate: string,
  thumbprint: string,
): Promise<CheckResult> => {
  const recorded = madeBefore.safeParse(ctx.before)
  const there = await thumbprintsInMaster(ctx)
  const before = recorded.success ? recorded.data : { thumbprints: there }
  const found = await certificateInMaster(ctx, certificate)
  const target = ctx.sql.ref.name
  if (found !== null && found.thumbprint !== thumbprint) {
    return foreign('sql-exists', { what: `Another certificate ${certificate} (${found.thumbprint})`, target })
  }
  if (found !== null && found.privateKey !== 'MK') {
    return foreign('sql-exists', {
      what: `Certificate ${certificate} of this thumbprint, its private key not under the master key,`,
      target,
    })
  }
  if (found !== null) return satisfied(before)
  return there.includes(thumbprint)
    ? foreign('sql-exists', { what: `The certificate ${thumbprint}, under another name,`, target })
    : needed(before)
}

/** Reads an imported pair back. `thumbprint` null: the server's own word is the first that is known of it. */
export const importedEvidence = async (
  ctx: StepContext,
  certificate: string,
  thumbprint: string | null,
): Promise<{ evidence: StepOutcome['evidence']; thumbprint: Thumbprint }> => {
  const found = await certificateInMaster(ctx, certificate)
  if (found === null) throw notVerified(ctx, `master shows no certificate ${certificate}`)
  if (thumbprint !== null && found.thumbprint !== thumbprint) {
    throw notVerified(ctx, `its thumbprint reads ${found.thumbprint}, expected was ${thumbprint}`)
  }
  if (found.privateKey !== 'MK') throw notVerified(ctx, 'its private key is not under the master key')
  return {
    thumbprint: found.thumbprint,
    evidence: [
      evidenceOf(
        ctx,
        catalog,
        thumbprint === null
          ? `Thumbprint of ${certificate}`
          : `Thumbprint of ${certificate}; the same as where it came from`,
        found.thumbprint,
        { thumbprint: found.thumbprint, certificate },
      ),
      evidenceOf(ctx, catalog, 'Its private key', 'under the database master key', {
        headline: 'Certificate',
        subject: certificate,
        fact: 'there, its private key under the database master key',
      }),
      evidenceOf(
        ctx,
        catalog,
        'It takes new backups until',
        found.expiry === null ? 'not read' : `${found.expiry.slice(0, 10)} (UTC)`,
      ),
    ],
  }
}

/** What goes to a server in one statement: the private key as a `.pvk` under a password that exists for this call only. */
export interface PairToSend {
  certificate: Uint8Array
  privateKey: SecretBytes
  throwAway: SecretBytes
}

export const sendPair = async (ctx: StepContext, script: Script, pair: PairToSend): Promise<void> => {
  using certificate = SecretBytes.take(Buffer.from(pair.certificate))
  const secrets = new Map([
    ...ctx.secrets,
    [pairHoles.throwAway, pair.throwAway],
    [pairHoles.privateKey, pair.privateKey],
    [pairHoles.certificate, certificate],
  ])
  await send(ctx, script, { secrets })
}

/**
 * From files on this computer. Resume: named, and the thumbprint compared. The key travels as a `.pvk` under a password
 * made for the statement, whatever the file's own form was.
 */
export const importKeyFilesStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('import-key-files', ctx.step.params)
    const { facts } = await openLocalPair(ctx, params)
    return checkImported(ctx, params.certificate, facts.thumbprint)
  },
  apply: async (ctx) => {
    const params = readParams('import-key-files', ctx.step.params)
    const opened = await openLocalPair(ctx, params)
    using throwAway = generatePassword()
    using privateKey = SecretBytes.take(
      throwAway.use((password) => writePvk(opened.privateKey, password, systemRandom(16))),
    )
    await sendPair(ctx, scriptOf(ctx), { certificate: opened.certificate, privateKey, throwAway })
  },
  verify: async (ctx) => {
    const params = readParams('import-key-files', ctx.step.params)
    const { facts } = await openLocalPair(ctx, params)
    const { evidence } = await importedEvidence(ctx, params.certificate, facts.thumbprint)
    return { evidence, proofs: [] }
  },
  undo: (ctx) => dropMade(ctx, readParams('import-key-files', ctx.step.params).certificate),
}

/** From files on the server's disk, which only the server reads. Resume: named, with a before-image. */
export const importServerFilesStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('import-server-files', ctx.step.params)
    const recorded = madeBefore.safeParse(ctx.before)
    const found = await certificateInMaster(ctx, params.certificate)
    if (found === null) {
      return needed(recorded.success ? ctx.before : { thumbprints: await thumbprintsInMaster(ctx) })
    }
    return recorded.success && !recorded.data.thumbprints.includes(found.thumbprint)
      ? satisfied(ctx.before)
      : foreign('sql-exists', { what: `Certificate ${params.certificate}`, target: ctx.sql.ref.name })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const params = readParams('import-server-files', ctx.step.params)
    const { evidence, thumbprint } = await importedEvidence(ctx, params.certificate, null)
    const bits = await bitsInMaster(ctx, params.certificate)
    const tooLarge = bits === null ? null : keySizeProblem(bits, params.forTde)
    if (tooLarge !== null) throw notVerified(ctx, `its key has ${bits} bits; ${tooLarge}`)
    return {
      evidence: [
        ...evidence,
        evidenceOf(ctx, 'CERTENCODED', 'Size of its key', bits === null ? 'not visible' : `${bits} bits`),
      ],
      proofs: [
        {
          key: `Certificate ${params.certificate}`,
          kind: 'certificate',
          location: `${ctx.sql.ref.name}: ${pairFiles(params).join(', ')}`,
          level: 'opened',
          by: 'server',
          at: ctx.clock.now().toISOString(),
          thumbprint,
          note: `Opened by ${ctx.sql.ref.name}: imported into master with the kept password`,
        },
      ],
    }
  },
  undo: (ctx) => dropMade(ctx, readParams('import-server-files', ctx.step.params).certificate),
}

/** Null: the server does not give this login the public half. */
const bitsInMaster = async (ctx: StepContext, certificate: string): Promise<number | null> => {
  const { resultSets } = await send(ctx, showPublicCertificate(certificate))
  const bytes = resultSets.at(-1)?.[0]?.['certificate']
  return bytes instanceof Uint8Array ? readCertificate(bytes, certificate).bits : null
}
