import { KeyturnError } from '../../../../../shared/errors/problem.ts'
import type { Evidence } from '../../../../../shared/model/evidence.ts'
import type { StepContext, StepHandler } from '../../../../engine/contract.ts'
import { textOf } from '../../../../ports/sql-rows.ts'
import { allRows } from '../../../../ports/sql-sight.ts'
import { readParams } from '../../../../scripts/runbook/step-params.ts'
import { allReplicas } from '../../../../scripts/tsql/sight.ts'
import { localRoles } from '../../../../scripts/tsql/tde-queries.ts'
import { serverTime, type CredentialFact } from '../../ekm-facts.ts'
import { proveCredential, type Proof } from '../../prove-ekm.ts'
import { orRefusal } from '../../read-certificate-users.ts'
import { readDatabasesUnder, readEkm } from '../../read-ekm.ts'
import { evidenceOf, needed, notVerified, satisfied } from '../help.ts'
import { settledDatabases } from '../settled-databases.ts'
import { views } from './help.ts'

const words = { proven: 'proven', failed: 'NOT proven', open: 'not proven here' } as const

/** Right after a restart the vault is still asked. What can't be read here is told by the proof. */
const untilSettled = async (ctx: StepContext): Promise<void> => {
  const databases = await orRefusal(readDatabasesUnder(ctx.sql))
  if (typeof databases === 'string') return
  const encrypted = databases.filter((one) => one.encrypted || one.key !== null)
  await settledDatabases(
    ctx,
    encrypted.map(({ name }) => name),
  )
}

/** It changes nothing, so it runs again after a crash. */
export const proveCredentialStep: StepHandler = {
  check: async () => needed({}),
  apply: untilSettled,
  verify: async (ctx) => {
    const { credential, strict } = readParams('prove-credential', ctx.step.params)
    const facts = await readEkm(ctx.sql, ctx)
    if (!facts.credentials.read) throw notProven(ctx, credential, facts.credentials.because)
    const row = facts.credentials.value.find(({ name }) => name === credential)
    if (row === undefined) throw notProven(ctx, credential, 'it is not there any more')
    const proof = await proveCredential(ctx.sql, facts, row)
    if (strict && proof.state !== 'proven') throw notProven(ctx, credential, proof.by)
    const started = facts.service.read ? facts.service.value.started : null
    return {
      evidence: [
        evidenceOf(ctx, proof.source, `Credential ${credential}, ${words[proof.state]}`, proof.by, {
          credential,
          server: ctx.step.target.id,
          proof: proof.state,
          headline: 'Credential',
          subject: credential,
          fact: `${words[proof.state]}: ${proof.by}`,
        }),
        ...aboutCredential(ctx, row, proof),
        ...(started === null
          ? []
          : [
              evidenceOf(ctx, views.service, 'The service started (time of the server)', serverTime(started)),
            ]),
      ],
      proofs: [],
    }
  },
}

const aboutCredential = (ctx: StepContext, row: CredentialFact, proof: Proof): Evidence[] => [
  evidenceOf(
    ctx,
    views.credentials,
    `${row.name}: IDENTITY and provider`,
    `${row.identity}, ${row.provider ?? 'none'}`,
  ),
  evidenceOf(
    ctx,
    views.mappings,
    `${row.name} is held by`,
    row.logins.map(({ login }) => login).join(', ') || 'no login',
  ),
  evidenceOf(
    ctx,
    'sys.dm_database_encryption_keys',
    proof.uncertain ? `Databases that may hang on ${row.name}` : `Databases that hang on ${row.name}`,
    proof.databases.join(', ') || 'none',
  ),
  evidenceOf(
    ctx,
    views.credentials,
    `${row.name} was last changed (time of the server)`,
    `${serverTime(row.changed)}${row.inUse === false ? '; in use from the next restart' : ''}`,
  ),
]

const notProven = (ctx: StepContext, credential: string, because: string): KeyturnError =>
  new KeyturnError('ekm-not-proven', {
    what: `Credential ${credential}`,
    target: ctx.sql.ref.name,
    because,
  })

/** Of these databases, those that this server is the primary of. `sql-not-visible`. */
const primaryHere = async (ctx: StepContext, databases: readonly string[]): Promise<string[]> =>
  (await allRows(ctx.sql, localRoles(), allReplicas()))
    .filter((row) => textOf(row['role_desc']) === 'PRIMARY')
    .map((row) => textOf(row['database_name']))
    .filter((name) => databases.includes(name))

/** A person fails over; this step waits and reads. Nothing is sent. */
export const awaitFailoverStep: StepHandler = {
  check: async (ctx) => {
    const { databases } = readParams('await-failover', ctx.step.params)
    const primary = await primaryHere(ctx, databases)
    return primary.length === 0 ? satisfied(ctx.before ?? { primary }) : needed(ctx.before ?? { primary })
  },
  apply: async (ctx) => {
    const { databases } = readParams('await-failover', ctx.step.params)
    const primary = await primaryHere(ctx, databases)
    if (primary.length > 0) {
      throw new KeyturnError('ekm-failover-waits', {
        target: ctx.sql.ref.name,
        databases: primary.join(', '),
      })
    }
  },
  verify: async (ctx) => {
    const { databases } = readParams('await-failover', ctx.step.params)
    const primary = await primaryHere(ctx, databases)
    if (primary.length > 0) throw notVerified(ctx, `it is the primary of ${primary.join(', ')}`)
    return {
      evidence: [
        evidenceOf(
          ctx,
          'sys.dm_hadr_availability_replica_states',
          `${ctx.sql.ref.name} is the primary of none of`,
          databases.join(', '),
        ),
      ],
      proofs: [],
    }
  },
}
