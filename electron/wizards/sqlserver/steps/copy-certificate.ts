import { KeyturnError } from '../../../../shared/errors/problem.ts'
import { asTargetId, runMark } from '../../../../shared/model/ids.ts'
import type { Script } from '../../../../shared/model/script.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { openPair } from '../../../formats/pair.ts'
import { generatePassword } from '../../../platform/generate-password.ts'
import { SecretBytes } from '../../../platform/secret-bytes.ts'
import type { SqlServer, SqlSession } from '../../../ports/sql-server.ts'
import { pairHoles } from '../../../scripts/tsql/certificate.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { certificateOn, evidenceOf, notVerified, scriptOf } from './help.ts'
import { checkImported, importedEvidence, sendPair } from './import-certificate.ts'
import { dropMade } from './made-certificate.ts'

/**
 * From one server to another over the two connections; no file is written anywhere. Resume: named, and the thumbprint
 * compared: a certificate of that name with another thumbprint is never written over.
 */
export const copyCertificateStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('copy-certificate', ctx.step.params)
    await sourceStillHas(ctx, params)
    return checkImported(ctx, params.certificate, params.thumbprint)
  },
  apply: async (ctx) => {
    const params = readParams('copy-certificate', ctx.step.params)
    using throwAway = generatePassword()
    const pair = await fetchPair(ctx, params, throwAway)
    using privateKey = SecretBytes.take(pair.privateKey)
    await sendPair(ctx, scriptOf(ctx, 1), { certificate: pair.certificate, privateKey, throwAway })
  },
  verify: async (ctx) => {
    const params = readParams('copy-certificate', ctx.step.params)
    const source = await sourceStillHas(ctx, params)
    const { evidence } = await importedEvidence(ctx, params.certificate, source)
    const from = ctx.server(asTargetId(params.from)).ref.name
    return {
      evidence: [...evidence, evidenceOf(ctx, 'master.sys.certificates', 'It came from', from)],
      proofs: [],
    }
  },
  undo: (ctx) => dropMade(ctx, readParams('copy-certificate', ctx.step.params).certificate),
}

const sourceStillHas = async (ctx: StepContext, params: ParamsOf<'copy-certificate'>): Promise<string> => {
  const source = ctx.server(asTargetId(params.from))
  const found = await certificateOn(source, params.certificate)
  if (found?.thumbprint !== params.thumbprint) {
    throw notVerified(
      ctx,
      `${source.ref.name} shows ${found === null ? 'no such certificate' : `thumbprint ${found.thumbprint}`}; this run is about ${params.thumbprint}`,
    )
  }
  return found.thumbprint
}

/** Opened before it is passed on: what does not open, or is another key, goes nowhere. */
const fetchPair = async (ctx: StepContext, params: ParamsOf<'copy-certificate'>, throwAway: SecretBytes) => {
  const source = ctx.server(asTargetId(params.from))
  const session = await source.session({ programName: `Keyturn run ${runMark(ctx.runId)}` })
  try {
    return await fetchOpened(ctx, { source, session, script: scriptOf(ctx, 0) }, params, throwAway)
  } finally {
    await session.close()
  }
}

/** A pair that a server hands out under a password of this call: opened here, and of that thumbprint. */
export const fetchOpened = async (
  ctx: StepContext,
  { source, session, script }: { source: SqlServer; session: SqlSession; script: Script },
  { certificate: name, thumbprint }: { certificate: string; thumbprint: string },
  throwAway: SecretBytes,
): Promise<{ certificate: Uint8Array; privateKey: Uint8Array }> => {
  const { resultSets } = await session.execute(script, {
    secrets: new Map([[pairHoles.throwAway, throwAway]]),
  })
  const row = resultSets.at(-1)?.[0]
  const [certificate, privateKey] = [row?.['certificate'], row?.['private_key']]
  if (!(certificate instanceof Uint8Array) || !(privateKey instanceof Uint8Array)) {
    throw new KeyturnError('sql-permission', {
      target: source.ref.name,
      what: 'it gave no bytes for CERTENCODED and CERTPRIVATEKEY',
      permission: `CONTROL on certificate ${name}`,
    })
  }
  const opened = throwAway.use((bytes) =>
    openPair(certificate, privateKey, bytes, {
      certificate: 'The certificate that the server sent',
      privateKey: 'The private key that the server sent',
    }),
  )
  if (opened.thumbprint !== thumbprint) {
    throw notVerified(ctx, `${source.ref.name} sent thumbprint ${opened.thumbprint}`)
  }
  return { certificate, privateKey }
}
