import type { KeyCopyProof } from '../../../../shared/model/evidence.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { openCertificateItem } from '../../../escrow/escrowed-certificate.ts'
import { writePvk } from '../../../formats/pvk.ts'
import { generatePassword } from '../../../platform/generate-password.ts'
import { systemRandom } from '../../../platform/random.ts'
import { SecretBytes } from '../../../platform/secret-bytes.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { dropDrillCertificateOf } from '../../sqlserver/steps/drill/certificate.ts'
import { fetchOpened } from '../../sqlserver/steps/copy-certificate.ts'
import { certificateInMaster, evidenceOf, needed, notVerified, scriptOf } from '../../sqlserver/steps/help.ts'
import { checkImported, importedEvidence, sendPair } from '../../sqlserver/steps/import-certificate.ts'
import { assertMade, dropMade } from '../../sqlserver/steps/made-certificate.ts'
import { headlineOf } from './headline.ts'
import { copyPlace, withOpened } from '../../escrow/steps/opened-package.ts'

/** Thumbprint of an item as an earlier step of this run opened it. `step-not-verified` where none did. */
export const openedThumbprint = (ctx: StepContext, number: number): string => {
  const found = ctx.earlier.findLast(({ data }) => data?.['openedItem'] === true && data['item'] === number)
    ?.data?.['thumbprint']
  if (typeof found !== 'string') throw notVerified(ctx, `no step of this run opened item ${number}`)
  return found
}

/**
 * From the package into master, as bytes of one statement. Resume: named, and the thumbprint compared: that of the item
 * as this run opened it, so checking needs no secret. Layer: restore.
 */
export const restoreCertificateStep: StepHandler = {
  check: async (ctx) => {
    const { certificate, item } = readParams('restore-escrow-certificate', ctx.step.params)
    return checkImported(ctx, certificate, openedThumbprint(ctx, item.number))
  },
  apply: async (ctx) => {
    const params = readParams('restore-escrow-certificate', ctx.step.params)
    await withOpened(ctx, params, async (opened) => {
      const { certificate, privateKey: key } = openCertificateItem(opened, params.item.number)
      using throwAway = generatePassword()
      using privateKey = SecretBytes.take(
        throwAway.use((password) => writePvk(key, password, systemRandom(16))),
      )
      await sendPair(ctx, scriptOf(ctx), { certificate, privateKey, throwAway })
    })
  },
  verify: async (ctx) => {
    const { certificate, item, keep } = readParams('restore-escrow-certificate', ctx.step.params)
    const { evidence, thumbprint } = await importedEvidence(
      ctx,
      certificate,
      openedThumbprint(ctx, item.number),
    )
    return {
      evidence: [
        ...evidence,
        evidenceOf(
          ctx,
          'master.sys.certificates',
          keep
            ? `Item ${item.number} is back under its own name`
            : `Item ${item.number} is here under a name of the drill`,
          certificate,
          { thumbprint, restoredItem: item.number, ...(keep ? {} : { drillCertificate: certificate }) },
        ),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const { certificate, keep } = readParams('restore-escrow-certificate', ctx.step.params)
    if (keep) return dropMade(ctx, certificate)
    // A copy of minutes ago. Rows in msdb of restores that were drilled with the same key don't need it.
    const found = await certificateInMaster(ctx, certificate)
    if (found !== null) assertMade(ctx, certificate, found.thumbprint)
    return [await dropDrillCertificateOf(ctx, certificate)]
  },
}

/**
 * The weaker proof by use: the server opens the private key under its master key and hands it out again; it opens here
 * and fits. Says nothing about any backup. Layer: use.
 */
export const proveCertificateStep: StepHandler = {
  check: () => Promise.resolve(needed({ reads: true })),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const params = readParams('prove-escrow-certificate', ctx.step.params)
    const { certificate, item } = params
    const thumbprint = openedThumbprint(ctx, item.number)
    const found = await certificateInMaster(ctx, certificate)
    if (found?.thumbprint !== thumbprint)
      throw notVerified(ctx, `certificate ${certificate} is not the one of item ${item.number}`)
    const begun = ctx.clock.monotonicMs()
    using throwAway = generatePassword()
    const pair = await fetchOpened(
      ctx,
      { source: ctx.sql, session: await ctx.session(), script: scriptOf(ctx) },
      { certificate, thumbprint },
      throwAway,
    )
    pair.privateKey.fill(0)
    return {
      evidence: [
        evidenceOf(
          ctx,
          'CERTPRIVATEKEY',
          `The server opened the private key of ${certificate} and handed it out; it opened here and fits the certificate. Time that took`,
          `${Math.round(ctx.clock.monotonicMs() - begun)} ms`,
          headlineOf(params, item.name, `private key opened on ${onWhich(params.purpose)}`),
        ),
      ],
      proofs: [
        certificateProof(
          ctx,
          params,
          thumbprint,
          'opened',
          'Restored on the server, which opened its private key. No backup was read with it',
        ),
      ],
    }
  },
}

/** A drill’s server has no user databases: a step of the run looked. */
export const onWhich = (purpose: ParamsOf<'prove-escrow-certificate'>['purpose']): string =>
  purpose === 'drill' ? 'an empty server' : 'the server'

export const certificateProof = (
  ctx: StepContext,
  params: ParamsOf<'prove-escrow-certificate'>,
  thumbprint: string,
  level: KeyCopyProof['level'],
  note: string,
): KeyCopyProof => ({
  key: params.item.name,
  kind: 'certificate',
  location: copyPlace(ctx, params, params.item.number),
  level,
  by: 'server',
  at: ctx.clock.now().toISOString(),
  thumbprint,
  note,
})
