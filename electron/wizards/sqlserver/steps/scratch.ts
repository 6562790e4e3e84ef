import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { generatePassword } from '../../../platform/generate-password.ts'
import { textOf, thumbprintOf } from '../../../ports/sql-rows.ts'
import { dropScratch } from '../../../scripts/tsql/database.ts'
import { certificatesIn, databaseNamed, masterKeyIn } from '../../../scripts/tsql/queries.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import {
  begun,
  certificateOfRun,
  evidenceOf,
  foreign,
  hasIntent,
  needed,
  notVerified,
  pairFiles,
  satisfied,
  scriptOf,
  send,
  tell,
} from './help.ts'

const throwAwayHole = 'throw_away_password'

interface Imported {
  thumbprint: string | null
  withPrivateKey: boolean
  masterKey: boolean
}

export const databaseIsThere = async (ctx: StepContext, database: string): Promise<boolean> =>
  (await ctx.sql.query(databaseNamed(database))).length > 0

const readImported = async (ctx: StepContext, database: string, certificate: string): Promise<Imported> => {
  const rows = await ctx.sql.query(certificatesIn(database))
  const row = rows.find((candidate) => textOf(candidate['name']) === certificate)
  return {
    thumbprint: thumbprintOf(row?.['thumbprint']),
    withPrivateKey: textOf(row?.['private_key']).trim() === 'PW',
    masterKey: (await ctx.sql.query(masterKeyIn(database))).length > 0,
  }
}

/**
 * Opens the files on the server's disk with the server itself, in a database of its own that the next step drops.
 * Resume: the database's name holds the run's mark; each part that is there already is left out.
 */
export const proveOnServerStep: StepHandler = {
  check: async (ctx) => {
    const { scratch, imported, masterKeyFile } = readParams('prove-on-server', ctx.step.params)
    if (!(await databaseIsThere(ctx, scratch))) return needed({ scratchThere: false })
    if (!hasIntent(ctx)) {
      return foreign('sql-exists', { what: `Database ${scratch}`, target: ctx.sql.ref.name })
    }
    const found = await readImported(ctx, scratch, imported)
    const whole = found.thumbprint !== null && (masterKeyFile === null || found.masterKey)
    return whole ? satisfied(ctx.before) : begun(ctx.before)
  },
  apply: async (ctx) => {
    const { scratch, imported, masterKeyFile } = readParams('prove-on-server', ctx.step.params)
    // Not kept anywhere: what it guards is dropped again, and another attempt takes another one.
    using throwAway = generatePassword()
    const secrets = new Map([...ctx.secrets, [throwAwayHole, throwAway]])
    const session = await ctx.session()
    const options = { secrets, onMessage: (message: Parameters<typeof tell>[1]) => tell(ctx, message) }
    if (!(await databaseIsThere(ctx, scratch))) await session.execute(scriptOf(ctx, 0), options)
    const found = await readImported(ctx, scratch, imported)
    if (found.thumbprint === null) await session.execute(scriptOf(ctx, 1), options)
    if (masterKeyFile !== null && !found.masterKey) await session.execute(scriptOf(ctx, 2), options)
  },
  verify: async (ctx) => {
    const params = readParams('prove-on-server', ctx.step.params)
    const original = await certificateOfRun(ctx, params)
    const found = await readImported(ctx, params.scratch, params.imported)
    if (found.thumbprint === null)
      throw notVerified(ctx, 'the scratch database shows no imported certificate')
    if (found.thumbprint !== original.thumbprint) {
      throw notVerified(
        ctx,
        `the file holds thumbprint ${found.thumbprint}, master has ${original.thumbprint}`,
      )
    }
    if (!found.withPrivateKey) throw notVerified(ctx, 'the imported certificate has no private key')
    const { masterKeyFile } = params
    if (masterKeyFile !== null && !found.masterKey)
      throw notVerified(ctx, 'the scratch database shows no restored master key')
    const at = ctx.clock.now().toISOString()
    const server = ctx.sql.ref.name
    return {
      evidence: [
        evidenceOf(
          ctx,
          `${params.scratch}.sys.certificates`,
          'Thumbprint of the certificate that came out of the files, with its private key; the same as in master',
          found.thumbprint,
          { thumbprint: found.thumbprint },
        ),
        ...(masterKeyFile === null
          ? []
          : [
              evidenceOf(
                ctx,
                `${params.scratch}.sys.symmetric_keys`,
                'A master key came out of its file',
                'restored',
              ),
            ]),
      ],
      proofs: [
        {
          key: `Certificate ${params.certificate}`,
          kind: 'certificate',
          location: `${server}: ${pairFiles(params).join(', ')}`,
          level: 'opened',
          by: 'server',
          at,
          thumbprint: found.thumbprint,
          note: `Opened by ${server}: imported into ${params.scratch} with the kept password, thumbprint compared`,
        },
        ...(masterKeyFile === null
          ? []
          : [
              {
                key: `Database master key of master on ${server}`,
                kind: 'database-master-key' as const,
                location: `${server}: ${masterKeyFile}`,
                level: 'opened' as const,
                by: 'server' as const,
                at,
                thumbprint: null,
                note: `Opened by ${server}: restored into ${params.scratch} with the kept password. The server shows nothing by which two master keys could be compared`,
              },
            ]),
      ],
    }
  },
  undo: async (ctx) => {
    const { scratch } = readParams('prove-on-server', ctx.step.params)
    return [await dropDatabase(ctx, scratch)]
  },
}

export const dropScratchStep: StepHandler = {
  check: async (ctx) => {
    const { scratch } = readParams('drop-scratch', ctx.step.params)
    const before = { scratchThere: true }
    return (await databaseIsThere(ctx, scratch))
      ? needed(before)
      : satisfied(hasIntent(ctx) ? ctx.before : before)
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const { scratch } = readParams('drop-scratch', ctx.step.params)
    if (await databaseIsThere(ctx, scratch)) throw notVerified(ctx, `database ${scratch} is still there`)
    return {
      evidence: [evidenceOf(ctx, 'sys.databases', `Database ${scratch}`, 'no row any more')],
      proofs: [],
    }
  },
}

/** Drops it where it is there, and reads back that it is gone. */
export const dropDatabase = async (ctx: StepContext, scratch: string) => {
  const there = await databaseIsThere(ctx, scratch)
  if (there) await send(ctx, dropScratch(scratch))
  if (await databaseIsThere(ctx, scratch)) throw notVerified(ctx, `database ${scratch} is still there`)
  return evidenceOf(
    ctx,
    'sys.databases',
    `Database ${scratch}`,
    there ? 'dropped; no row any more' : 'not there',
  )
}
