import { KeyturnError } from '../../../../shared/errors/problem.ts'
import { asTargetId, runMark } from '../../../../shared/model/ids.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { openKeyFiles } from '../../../formats/key-files.ts'
import { writePvk } from '../../../formats/pvk.ts'
import { generatePassword } from '../../../platform/generate-password.ts'
import { systemRandom } from '../../../platform/random.ts'
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
    const pair = await fetchPair(ctx, params)
    // Under a second password of its own: the one that the source saw means nothing to the copy.
    await sendPair(ctx, {
      certificate: pair.certificate,
      pvk: (password) => writePvk(pair.privateKey, password, systemRandom(16)),
    })
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
const fetchPair = async (ctx: StepContext, params: ParamsOf<'copy-certificate'>) => {
  const source = ctx.server(asTargetId(params.from))
  using password = generatePassword()
  const session = await source.session({ programName: `Keyturn run ${runMark(ctx.runId)}` })
  try {
    const { resultSets } = await session.execute(scriptOf(ctx, 1), {
      secrets: new Map([[pairHoles.throwAway, password]]),
    })
    const row = resultSets.at(-1)?.[0]
    const [certificate, privateKey] = [row?.['certificate'], row?.['private_key']]
    if (!(certificate instanceof Uint8Array) || !(privateKey instanceof Uint8Array)) {
      throw new KeyturnError('sql-permission', {
        target: source.ref.name,
        what: 'it gave no bytes for CERTENCODED and CERTPRIVATEKEY',
        permission: `CONTROL on certificate ${params.certificate}`,
      })
    }
    const opened = password.use((bytes) =>
      openKeyFiles(
        {
          certificate: { name: 'The certificate that the server sent', bytes: certificate },
          privateKey: { name: 'The private key that the server sent', bytes: privateKey },
        },
        bytes,
      ),
    )
    if (opened.facts.thumbprint !== params.thumbprint) {
      throw notVerified(ctx, `${source.ref.name} sent thumbprint ${opened.facts.thumbprint}`)
    }
    return opened
  } finally {
    await session.close()
  }
}
