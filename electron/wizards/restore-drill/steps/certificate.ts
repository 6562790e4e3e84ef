import { KeyturnError, problemOf } from '../../../../shared/errors/problem.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { textOf } from '../../../ports/sql-rows.ts'
import { allRows } from '../../../ports/sql-sight.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { certificates } from '../../../scripts/tsql/fact-queries.ts'
import { keysIn } from '../../../scripts/tsql/sight.ts'
import {
  certificateInMaster,
  evidenceOf,
  foreign,
  hasIntent,
  needed,
  notVerified,
  satisfied,
  send,
} from '../../sqlserver/steps/help.ts'
import { catalog, dropDrillCertificateOf } from '../../sqlserver/steps/drill/certificate.ts'
import { telling } from '../../sqlserver/steps/drill/explain.ts'

/** Resume: named, with this run's mark. */
export const importDrillCertificateStep: StepHandler = {
  check: async (ctx) => {
    const { certificate } = readParams('import-drill-certificate', ctx.step.params)
    const found = await certificateInMaster(ctx, certificate)
    if (found === null) return needed({ certificateThere: false })
    return hasIntent(ctx)
      ? satisfied(ctx.before)
      : foreign('sql-exists', { what: `Certificate ${certificate}`, target: ctx.sql.ref.name })
  },
  apply: async (ctx) => {
    const params = readParams('import-drill-certificate', ctx.step.params)
    const about = { around: params, files: params.files, original: null }
    for (const [index, script] of ctx.step.scripts.entries()) {
      const refused = await telling(ctx, about, () => send(ctx, script)).then(
        () => null,
        (error: unknown) => error,
      )
      if (refused === null) return
      const number = Number(problemOf(refused).vendor?.number)
      if (number === wrongPassword && index < ctx.step.scripts.length - 1) continue
      if (number === thereAlready) {
        const others = await othersThan(ctx, params.certificate)
        if (others !== null) throw alreadyThere(ctx, refused, others)
        if (params.spare)
          return ctx.say(`${number}: the same certificate came from other files of this drill`)
        throw new KeyturnError('drill-certificate-twice', { path: params.files.join(' and ') })
      }
      // Found by searching, among more than are needed: that it does not open is a finding, and the next files may.
      if (params.spare && closed.has(number)) return ctx.say(`${number}: ${problemOf(refused).title}`)
      throw refused
    }
  },
  verify: async (ctx) => {
    const params = readParams('import-drill-certificate', ctx.step.params)
    const { certificate, files, known, spare } = params
    const found = await certificateInMaster(ctx, certificate)
    if (found === null) {
      if (!spare) throw notVerified(ctx, `master shows no certificate ${certificate}`)
      return {
        evidence: [
          evidenceOf(
            ctx,
            catalog,
            `Certificate in ${files.join(' and ')}`,
            'not imported: it did not open, or other files held the same one. What the server said stands in the messages of this step',
          ),
        ],
        proofs: [],
      }
    }
    if (found.privateKey !== 'MK') throw notVerified(ctx, 'its private key is not under the master key')
    const { thumbprint } = found
    const name = known.find((one) => one.thumbprint === thumbprint)?.what ?? 'not one that the source has'
    const password = passwordWords[params.passwordFrom]
    return {
      evidence: [
        evidenceOf(ctx, catalog, `Thumbprint of the certificate in ${files[0] ?? ''}`, thumbprint, {
          thumbprint,
          drillCertificate: certificate,
          location: `${ctx.sql.ref.name}: ${files.join(', ')}`,
          passwordFrom: params.passwordFrom,
        }),
        evidenceOf(ctx, catalog, 'It is', name),
        evidenceOf(ctx, 'CREATE CERTIFICATE', 'The private key file opened with the password', password),
      ],
      proofs: [
        {
          key: `Certificate ${thumbprint}`,
          kind: 'certificate',
          location: `${ctx.sql.ref.name}: ${files.join(', ')}`,
          level: 'opened',
          by: 'server',
          at: ctx.clock.now().toISOString(),
          thumbprint,
          note: `Imported on ${ctx.sql.ref.name} from these files alone, with a password that was ${password}`,
        },
      ],
    }
  },
  undo: async (ctx) => {
    const { certificate } = readParams('import-drill-certificate', ctx.step.params)
    return [await dropDrillCertificateOf(ctx, certificate)]
  },
}

const wrongPassword = 15465
const thereAlready = 15232
/** What says that these files hold no pair that opens, and nothing about rights or the server. */
const closed: ReadonlySet<number> = new Set([wrongPassword, 15297, 15299, 15464, 15474])

const passwordWords = {
  typed: 'typed for this drill',
  kept: 'kept in Keyturn',
  'typed or kept': 'one of those typed for this drill and kept in Keyturn',
} as const

/**
 * 15232: the same certificate stands there under another name, which the answer does not tell. Gives the certificates
 * of master that this drill did not make; null: there are none, so it is one of its own.
 */
const othersThan = async (ctx: StepContext, certificate: string): Promise<string[] | null> => {
  const own = certificate.slice(0, certificate.lastIndexOf('_'))
  const names = (await allRows(ctx.sql, certificates(), keysIn('master'))).map((row) => textOf(row['name']))
  const others = names.filter((name) => !name.startsWith('##') && !name.startsWith(`${own}_`))
  return others.length === 0 ? null : others
}

const alreadyThere = (ctx: StepContext, error: unknown, others: readonly string[]): KeyturnError => {
  const { vendor } = problemOf(error)
  return new KeyturnError(
    'drill-certificate-there',
    { target: ctx.sql.ref.name, certificate: others.join(', ') },
    vendor === undefined ? {} : { vendor },
  )
}
