/** A renewal over the nodes of an availability group whose database is under a key of the vault. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chosenValue } from '../../../shared/forms/credential-draft.ts'
import { AvailabilityGroup } from '../../../sandbox/sqlserver/availability/group.ts'
import {
  credentialStage,
  encryptSales,
  typedSecret,
  withAzure,
  withKey,
  type CredentialStage,
} from './credential-stage.ts'
import { ekmWorld, type EkmWorld } from './ekm-servers.ts'
import type { SharingServer } from './simulated-servers.ts'
import { refusal } from './walk.ts'

let place: EkmWorld
let first: SharingServer
let second: SharingServer
let group: AvailabilityGroup
let folder: string
let stage: CredentialStage

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kt-nodes-'))
  place = await ekmWorld()
  first = await place.start('KTR-AG-01')
  second = await place.start('KTR-AG-02')
  for (const server of [first, second]) await withKey(server, place)
  await second.run('DROP DATABASE Sales')
  await encryptSales(first)
  await first.run(
    "ALTER DATABASE Sales SET RECOVERY FULL; BACKUP DATABASE Sales TO DISK = N'D:\\Backup\\before.bak' WITH FORMAT",
  )
  group = new AvailabilityGroup({
    name: 'AG1',
    file: join(folder, 'AG1.json'),
    replicas: [first, second].map(({ instance }) => ({
      name: instance.serverName,
      instance: () => instance,
    })),
    databases: ['Sales'],
  })
  group.join()
  await seesSales()
})
afterAll(async () => {
  stage?.end()
  await place.end()
  rmSync(folder, { recursive: true, force: true })
})

/** The secondary has taken the database and opened its key. */
const seesSales = async (): Promise<void> => {
  for (;;) {
    const rows = await second.rows(
      "SELECT k.encryption_state AS state FROM sys.dm_database_encryption_keys AS k JOIN sys.databases AS d ON d.database_id = k.database_id WHERE d.name = 'Sales'",
    )
    if (rows.length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const start = (secret = 'unused', servers: readonly SharingServer[] = [first, second]): CredentialStage => {
  stage?.end()
  stage = credentialStage(place, servers, { [typedSecret]: secret })
  return stage
}
const answers = (credentials: readonly string[], changes = {}) =>
  withAzure(first, {
    task: 'renew',
    clientId: place.application.clientId,
    credentials: [...credentials],
    newSecret: 'make',
    clientSecret: null,
    oldSecretAfter: 'remove',
    othersConfirmed: true,
    ...changes,
  })
const oldSecret = async (): Promise<string> => {
  const directory = await stage.side.azure.directories.open(stage.side.connection)
  return (await directory.application(place.application.clientId))?.secrets[0]?.keyId ?? ''
}

describe('renewal on every node', () => {
  it('a node that is left out, or that nobody reaches, blocks', async () => {
    start()
    const own = chosenValue(first.ref.id, 'tde_cred')
    const left = await stage.review(answers([own], { oldSecret: await oldSecret() }))
    expect(left.advice.blockers.map(({ what }) => what)).toEqual(['No credential of KTR-AG-02 is chosen'])
    start('unused', [first])
    const alone = await stage.review(answers([own], { oldSecret: await oldSecret() }))
    expect(alone.advice.blockers.map(({ what }) => what)).toEqual([
      'Whether KTR-AG-02 signs in with this application is not known',
      'The old secret can’t be removed: not every node is proven in this run',
    ])
    const confirmed = await stage.review(answers([own], { oldSecretAfter: 'keep', nodesConfirmed: true }))
    expect(confirmed.advice.blockers).toEqual([])
    expect(confirmed.advice.warnings.map(({ what }) => what)).toContain(
      'KTR-AG-02 has the new secret by your word only',
    )
  })

  it('a second credential for the same vault beside a chosen one keeps the old secret', async () => {
    await second.run(
      "CREATE CREDENTIAL spare WITH IDENTITY = 'KTR-vault-weu', SECRET = 'never-used-by-anything-at-all-00000' FOR CRYPTOGRAPHIC PROVIDER AKV",
    )
    start()
    const own = [first, second].map(({ ref }) => chosenValue(ref.id, 'tde_cred'))
    const removing = (await stage.review(answers(own, { oldSecret: await oldSecret() }))).advice
    expect(removing.blockers.map(({ what, measured }) => [what, measured])).toEqual([
      [
        'The old secret can’t be removed: not every credential of KTR-AG-02 for this vault is chosen',
        'spare (IDENTITY KTR-vault-weu)',
      ],
    ])
    const keeping = (await stage.review(answers(own, { oldSecretAfter: 'keep' }))).advice
    expect(keeping.blockers).toEqual([])
    expect(keeping.warnings.map(({ what }) => what)).toContain(
      'Not every credential of KTR-AG-02 for this vault is chosen',
    )
    await second.run('DROP CREDENTIAL spare')
  })

  it('that other servers are not known is said with nodes, too', async () => {
    start()
    const own = [first, second].map(({ ref }) => chosenValue(ref.id, 'tde_cred'))
    const { advice } = await stage.review(answers(own, { oldSecret: await oldSecret() }))
    expect(advice.blockers).toEqual([])
    expect(advice.warnings.map(({ what }) => what)).toContain(
      'Other servers that sign in as this application are not known',
    )
  })

  it('new secret on both, the secondary first, a failover by a person, then the former primary; the old secret last', async () => {
    start()
    const old = await oldSecret()
    const plan = await stage.ready(
      answers(
        [first, second].map(({ ref }) => chosenValue(ref.id, 'tde_cred')),
        { oldSecret: old },
      ),
    )
    expect(plan.steps.map(({ kind, target }) => `${kind} ${target.name}`)).toEqual([
      'create-client-secret ktr-subscription',
      'prove-wrap ktr-subscription',
      'change-ekm-credential KTR-AG-01',
      'change-ekm-credential KTR-AG-02',
      'restart-service KTR-AG-02',
      'prove-credential KTR-AG-02',
      'await-failover KTR-AG-01',
      'restart-service KTR-AG-01',
      'prove-credential KTR-AG-01',
      'remove-client-secret ktr-subscription',
    ])
    // The title says what is read: no more than the databases of the plan.
    expect(plan.steps.find(({ kind }) => kind === 'await-failover')?.title).toBe(
      'Wait until KTR-AG-01 is no longer the primary of Sales',
    )
    expect(await refusal(stage.run(plan))).toMatch(/^ekm-restart-waits: .*KTR-AG-02/)
    await second.restart()
    expect(await refusal(stage.run(plan))).toMatch(/^ekm-failover-waits: .*Sales/)
    await group.failOver('KTR-AG-02')
    expect(await refusal(stage.run(plan))).toMatch(/^ekm-restart-waits: .*KTR-AG-01/)
    // The old secret is there while one node has not proven the new one.
    const hasty = { ...plan, steps: plan.steps.filter(({ kind }) => kind === 'remove-client-secret') }
    expect(await refusal(stage.run(hasty))).toMatch(/^ekm-old-secret-needed: .*KTR-AG-01/)
    await first.restart()
    expect(await stage.run(plan)).toEqual(['restart-service', 'prove-credential', 'remove-client-secret'])
    expect(
      stage.evidence.filter(({ data }) => data?.['proof'] === 'proven').map(({ data }) => data?.['server']),
    ).toEqual([second.ref.id, first.ref.id])
  })
})
