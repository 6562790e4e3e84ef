import {
  compareVersions,
  generationOfThumbprint,
  generationOfVersion,
  generationWords,
} from '../../../../shared/model/connector-version.ts'
import type { StepHandler } from '../../../engine/contract.ts'
import { textOf, timeOf } from '../../../ports/sql-rows.ts'
import { readParams, type StepKind } from '../../../scripts/runbook/step-params.ts'
import { newestFullBackupOf } from '../../../scripts/tsql/upgrade-queries.ts'
import { readDatabasesUnder, readProviderKey } from '../../sqlserver/read-ekm.ts'
import { evidenceOf, needed, notVerified, satisfied, scriptOf, send } from '../../sqlserver/steps/help.ts'
import { runOnHostStep } from '../../sqlserver/steps/host/run-on-host.ts'
import { settledDatabases } from '../../sqlserver/steps/settled-databases.ts'
import { providerNamed, views } from './help.ts'

/**
 * Registers the provider from its library again: needed where the catalog has another version, or a database did not
 * come up with the new one. Resume: named; sending it again does the same.
 */
export const registerLibraryStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('register-library', ctx.step.params)
    const provider = await providerNamed(ctx, params.provider)
    const databases = await settledDatabases(ctx, params.databases)
    const closed = databases
      .filter(({ state }) => state !== 'ONLINE')
      .map(({ name, state }) => `${name} ${state}`)
    // A version of another form says nothing: then only the databases count.
    const other = (compareVersions(provider.version, params.version) ?? 0) !== 0
    return closed.length === 0 && !other
      ? satisfied(ctx.before ?? { version: provider.version })
      : needed({ version: provider.version, closed })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const params = readParams('register-library', ctx.step.params)
    const provider = await providerNamed(ctx, params.provider)
    if (!provider.enabled) throw notVerified(ctx, `provider ${params.provider} is disabled`)
    if (provider.dllPath.toLowerCase() !== params.dllPath.toLowerCase())
      throw notVerified(ctx, `its library reads ${provider.dllPath}`)
    return {
      evidence: [
        evidenceOf(ctx, views.providers, `Provider ${params.provider}, registered version`, provider.version),
        evidenceOf(ctx, views.providers, 'Its library', provider.dllPath),
      ],
      proofs: [],
    }
  },
}

/** Resume: named: the database is ONLINE. */
export const bringOnlineStep: StepHandler = {
  check: async (ctx) => {
    const { database } = readParams('bring-online', ctx.step.params)
    const state = (await settledDatabases(ctx, [database]))[0]?.state ?? 'not there'
    return state === 'ONLINE' ? satisfied(ctx.before ?? { state }) : needed({ state })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx), { timeoutMs: 0, signal: ctx.signal })),
  verify: async (ctx) => {
    const { database } = readParams('bring-online', ctx.step.params)
    const found = (await settledDatabases(ctx, [database]))[0]
    if (found?.state !== 'ONLINE') throw notVerified(ctx, `${database} is ${found?.state ?? 'not there'}`)
    return {
      evidence: [
        evidenceOf(ctx, views.databases, `${database}, read with the new connector`, 'ONLINE', {
          headline: 'Opened with the other connector:',
          subject: database,
          fact: 'ONLINE',
        }),
        evidenceOf(
          ctx,
          views.databases,
          `Its encryption state, and the thumbprint that it is under`,
          found.key === null ? 'not shown' : `${found.key.state}, ${found.key.thumbprint ?? 'not shown'}`,
        ),
      ],
      proofs: [],
    }
  },
}

/** Only reads. A thumbprint that changed by itself would be a key that somebody made again. */
export const compareThumbprintsStep: StepHandler = {
  check: async () => needed({ reads: true }),
  apply: async () => undefined,
  verify: async (ctx) => {
    const { keys, databases, version } = readParams('compare-thumbprints', ctx.step.params)
    const generation = generationOfVersion(version)
    const evidence = []
    for (const { name, thumbprint } of keys) {
      const found = await readProviderKey(ctx.sql, name)
      if (found?.thumbprint !== thumbprint)
        throw notVerified(
          ctx,
          `key ${name} has ${found?.thumbprint ?? 'no thumbprint: it is not there'}, not ${thumbprint}`,
        )
      const made = generationOfThumbprint(thumbprint, null) ?? (thumbprint.length === 40 ? 2 : 1)
      evidence.push(
        evidenceOf(ctx, views.keys, `Thumbprint of ${name}, as before`, thumbprint, { thumbprint }),
        evidenceOf(
          ctx,
          'Keyturn, from the length of the thumbprint and the version of the library',
          `${name} opened anew with this connector`,
          generation === null
            ? 'not known'
            : made === generation
              ? 'gets the same thumbprint'
              : `gets another thumbprint: this one is of ${generationWords[made]}`,
        ),
      )
    }
    const there = await readDatabasesUnder(ctx.sql)
    for (const { name, thumbprint } of databases) {
      const found = there.find((one) => one.name === name)?.key?.thumbprint ?? null
      if (found !== thumbprint)
        throw notVerified(
          ctx,
          `${name} is under ${found ?? 'no thumbprint that is shown'}, not ${thumbprint}`,
        )
      evidence.push(evidenceOf(ctx, views.databases, `${name} is under the thumbprint of before`, thumbprint))
    }
    return { evidence, proofs: [] }
  },
}

/** Only reads: that the backup of the review, or a newer one, is on record. */
export const confirmFullBackupStep: StepHandler = {
  check: async () => needed({ reads: true }),
  apply: async () => undefined,
  verify: async (ctx) => {
    const { database, finished } = readParams('confirm-full-backup', ctx.step.params)
    const rows = await ctx.sql.query(newestFullBackupOf(database))
    const newest = rows.find((row) => textOf(row['database_name']) === database)
    const found = timeOf(newest?.['finished']) ?? ''
    if (found === '' || found < finished)
      throw notVerified(ctx, `msdb names no full backup of ${database} of ${finished} or later`)
    return {
      evidence: [
        evidenceOf(ctx, views.backups, `Newest full backup of ${database} (time of the server)`, found),
        evidenceOf(
          ctx,
          views.backups,
          'Its file; whether it is still there was not looked at',
          textOf(newest?.['device']),
        ),
      ],
      proofs: [],
    }
  },
}

export const upgradeSteps = {
  'run-on-host': runOnHostStep,
  'register-library': registerLibraryStep,
  'bring-online': bringOnlineStep,
  'compare-thumbprints': compareThumbprintsStep,
  'confirm-full-backup': confirmFullBackupStep,
} satisfies Partial<Readonly<Record<StepKind, StepHandler>>>
