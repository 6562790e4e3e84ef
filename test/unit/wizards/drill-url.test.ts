/** Restore drills from blobs and with keys of a vault, on simulated servers with simulated Azure and real Azurite. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import { asRunId } from '../../../shared/model/ids.ts'
import type { PlanOutcome } from '../../../electron/engine/contract.ts'
import { readFacts } from '../../../electron/wizards/restore-drill/facts.ts'
import { restoreDrill } from '../../../electron/wizards/restore-drill/index.ts'
import { planReader } from '../../support/plan-reader.ts'
import { drillAnswers } from './drill-walk.ts'
import { newestOf } from './drill-servers.ts'
import type { SharingServer } from './simulated-servers.ts'
import {
  blobUrl,
  containerUrl,
  prepareKey,
  runStage,
  urlWorld,
  valueOf,
  type RunStage,
  type UrlWorld,
} from './url-stage.ts'
import { refusal } from './walk.ts'

let place: UrlWorld
let source: SharingServer
let drill: SharingServer

const credential = (name: string, identity: string, secret: string): string =>
  `CREATE CREDENTIAL [${name}] WITH IDENTITY = '${identity}', SECRET = '${secret}'`
const byKey = 'ENCRYPTION (ALGORITHM = AES_256, SERVER ASYMMETRIC KEY = [KT_Backup_Key])'

beforeAll(async () => {
  place = await urlWorld()
  source = await place.start('KTR-URL-SRC')
  drill = await place.start('KTR-URL-DRILL', '15.0.2000.440', [])
  await prepareKey(place, source, 'KT_Backup_Key', 'ktr-backup-sql01')
  await source.run(credential(containerUrl, 'SHARED ACCESS SIGNATURE', place.token()))
  await source.run(credential('KT_Account', 'ktrbackups01', place.accountKey))
  await source.run(
    `BACKUP DATABASE [Sales] TO URL = '${blobUrl('a_1of2.bak')}', URL = '${blobUrl('a_2of2.bak')}' WITH FORMAT, CHECKSUM, ${byKey}`,
  )
})
afterAll(() => place.end(), 30_000)

const planned = async (changes: Answers, run = 'd7f3ab2cdefg'): Promise<PlanOutcome> => {
  const answers = drillAnswers({
    target: source.ref.id,
    drillTarget: drill.ref.id,
    ...(await newestOf(source, 'Sales')),
    filesWhere: 'same',
    keyFiles: 'none',
    follow: false,
    dataFolder: 'D:\\Data',
    logFolder: 'D:\\Data',
    credentialMode: 'create',
    storageToken: 'h-token',
    ...changes,
  })
  const servers = new Map([
    [source.ref.id, await source.open()],
    [drill.ref.id, await drill.open()],
  ])
  const reader = planReader(({ id }) => servers.get(id) ?? raise(id))
  const draft = restoreDrill.parse(answers)
  return restoreDrill.plan(draft, await readFacts({ ...answers }, reader), asRunId(run))
}
const raise = (id: string): never => {
  throw new Error(`no server ${id}`)
}

const begun = async (
  changes: Answers,
  secrets: Record<string, string> = {},
  run?: string,
): Promise<RunStage> => {
  const { plan, advice } = await planned(changes, run)
  expect(advice.blockers).toEqual([])
  return runStage(await drill.open(), restoreDrill.steps, plan, secrets)
}
const blockers = async (changes: Answers): Promise<string> =>
  (await planned(changes)).advice.blockers
    .map(({ what, measured, limit }) => `${what}: ${measured}. ${limit}`)
    .join('\n')

describe('a drill server without anything', () => {
  it('is blocked with what is missing there, and which jobs make it', async () => {
    const text = await blockers({})
    expect(text).toMatch(/has no key object for the backup of Sales/)
    expect(text).toMatch(/provider: none; credential for one: none; keys: none/)
    expect(text).toMatch(/on KTR-URL-SRC it is KT_Backup_Key, in the vault https:\/\/ktr-vault-weu/)
    expect(text).toMatch(/Jobs Credential and TDE with a vault key make them there/)
    expect(text).toMatch(/Extensible key management is off/)
  })

  it('needs a credential for the container, where the run does not make it', async () => {
    expect(await blockers({ credentialMode: 'use' })).toMatch(/No credential https:.*no row/)
    expect(await blockers({ storageToken: null })).toMatch(/What the new credential holds is missing/)
  })
})

describe('a drill server with the key of the vault', () => {
  beforeAll(() => prepareKey(place, drill, 'KT_Drill_Key', 'ktr-backup-sql01'), 30_000)
  /** What a drill that stopped left on purpose. */
  const clear = async (): Promise<void> => {
    for (const { name } of await drill.rows("SELECT name FROM sys.databases WHERE name LIKE 'KT_drill%'"))
      await drill.run(`DROP DATABASE [${String(name)}]`)
    for (const { name } of await drill.rows('SELECT name FROM sys.credentials WHERE target_id IS NULL'))
      await drill.run(`DROP CREDENTIAL [${String(name)}]`)
    await drill.run(
      "IF EXISTS (SELECT 1 FROM sys.symmetric_keys WHERE name = N'##MS_DatabaseMasterKey##') DROP MASTER KEY",
    )
  }
  beforeEach(clear)

  it('restores from the stripes, with a credential that is gone at the end', async () => {
    const run = await begun({}, { storage_token: place.token() })
    expect(run.plan.steps.map(({ kind }) => kind)).toEqual([
      'check-drill-server',
      'check-drill-vault-keys',
      'create-storage-credential',
      'create-drill-master-key',
      'read-drill-backup',
      'restore-drill-database',
      'check-drill-database',
      'drop-drill-database',
      'drop-drill-master-key',
      'drop-storage-credential',
    ])
    await run.run()
    expect(valueOf(run.done, /^Stripes/)).toBe('2 of 2 are here')
    expect(valueOf(run.done, /^Key for the backup of Sales/)).toMatch(/^KT_Drill_Key, [0-9A-F]{40}/)
    const proofs = run.done.flatMap(({ outcome }) => outcome.proofs)
    expect(proofs.filter(({ level }) => level === 'restored').map(({ kind }) => kind)).toEqual([
      'backup',
      'vault-key',
    ])
    expect(proofs.find(({ level }) => level === 'opened')?.note).toBe(
      'Read to its end by the drill server with the keys that it has; not checked yet',
    )
    expect(await drill.rows(`SELECT name FROM sys.credentials WHERE name LIKE 'https%'`)).toEqual([])
    expect(restoreDrill.notChecked(run.plan).join('\n')).toMatch(/from its key backup, was not checked/)
  })

  it('both layers: a database under TDE by another key of the vault', async () => {
    await prepareKey(place, source, 'KT_Tde_Key', 'ktr-tde-sql01')
    await source.run(
      'USE [Sales]; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER ASYMMETRIC KEY [KT_Tde_Key]; ALTER DATABASE [Sales] SET ENCRYPTION ON',
    )
    await expect
      .poll(async () =>
        source.rows(
          "SELECT encryption_state AS state FROM sys.dm_database_encryption_keys WHERE DB_NAME(database_id) = 'Sales'",
        ),
      )
      .toEqual([{ state: 3 }])
    await source.run(
      `BACKUP DATABASE [Sales] TO URL = '${blobUrl('tde.bak')}' WITH FORMAT, CHECKSUM, ${byKey}`,
    )
    expect(await blockers({})).toMatch(/has no key object for TDE of Sales/)
    await prepareKey(place, drill, 'KT_Drill_Tde', 'ktr-tde-sql01')
    const run = await begun({}, { storage_token: place.token() }, 'e7f3ab2cdefg')
    await run.run()
    const proofs = run.done.flatMap(({ outcome }) => outcome.proofs)
    expect(proofs.filter(({ kind }) => kind === 'vault-key').map(({ level }) => level)).toEqual([
      'restored',
      'restored',
    ])
  })

  it('blobs under other names: their headers say whether they are the chosen backup', async () => {
    const renamed = place.blobs.getBlockBlobClient('renamed.bak')
    await renamed.uploadData(await place.blobs.getBlobClient('tde.bak').downloadToBuffer())
    const named = { filesWhere: 'blobs', blobUrls: ` ${blobUrl('renamed.bak')} \n` }
    const run = await begun(named, { storage_token: place.token() }, 'f7f3ab2cdefg')
    await run.run('restore-drill-database')
    expect(valueOf(run.done, /^Full backup of Sales/)).toBeDefined()
    await clear()
    const other = await begun(
      { ...named, blobUrls: blobUrl('a_1of2.bak') },
      { storage_token: place.token() },
      'g7f3ab2cdefg',
    )
    expect(await refusal(other.run())).toMatch(/^drill-(stripe-missing|other-backup)/)
  })

  it('page blobs: each statement names the credential of the account', async () => {
    await source.run(
      `BACKUP DATABASE [Sales] TO URL = '${blobUrl('page.bak')}' WITH FORMAT, CHECKSUM, CREDENTIAL = 'KT_Account', ${byKey}`,
    )
    const run = await begun(
      {
        blobAccess: 'access-key',
        credentialName: 'KT_Drill_Account',
        accessKey: 'h-key',
        storageToken: null,
      },
      { storage_access_key: place.accountKey },
      'h7f3ab2cdefg',
    )
    await run.run()
    expect(valueOf(run.done, /^State of KT_drill_/)).toBe('ONLINE')
    expect(await drill.rows("SELECT name FROM sys.credentials WHERE name = 'KT_Drill_Account'")).toEqual([])
  })

  it('a blob that is gone, and a token that ended, are told as what they are', async () => {
    await source.run(
      `BACKUP DATABASE [Sales] TO URL = '${blobUrl('gone.bak')}' WITH FORMAT, CHECKSUM, ${byKey}`,
    )
    await place.blobs.getBlobClient('gone.bak').delete()
    const gone = await begun({}, { storage_token: place.token() }, 'i7f3ab2cdefg')
    expect(await refusal(gone.run())).toMatch(/^url-not-found/)
    await clear()
    const ended = await begun({}, { storage_token: place.token('rwdl', -5) }, 'j7f3ab2cdefg')
    expect(await refusal(ended.run())).toMatch(/^url-refused/)
  })

  it('a credential that somebody made anew meanwhile is not removed', async () => {
    await source.run(
      `BACKUP DATABASE [Sales] TO URL = '${blobUrl('last.bak')}' WITH FORMAT, CHECKSUM, ${byKey}`,
    )
    const run = await begun({}, { storage_token: place.token() }, 'k7f3ab2cdefh')
    await run.run('drop-storage-credential')
    await drill.run(`DROP CREDENTIAL [${containerUrl}]`)
    await drill.run(credential(containerUrl, 'SHARED ACCESS SIGNATURE', place.token()))
    expect(await run.stage.check(run.step('drop-storage-credential'))).toMatchObject({
      state: 'foreign',
      problem: { code: 'storage-credential-other' },
    })
  })
})
