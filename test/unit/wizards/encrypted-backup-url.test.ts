/** Encrypted backups to blobs and under a key of a vault, on a simulated server with simulated Azure and real Azurite. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { EncryptedBackupDraft } from '../../../shared/forms/encrypted-backup-draft.ts'
import type { PlanOutcome } from '../../../electron/engine/contract.ts'
import { readParams } from '../../../electron/scripts/runbook/step-params.ts'
import { readFacts } from '../../../electron/wizards/encrypted-backup/facts.ts'
import { encryptedBackup } from '../../../electron/wizards/encrypted-backup/index.ts'
import { planEncryptedBackup } from '../../../electron/wizards/encrypted-backup/plan.ts'
import { planReader } from '../../support/plan-reader.ts'
import { asRunId } from '../../../shared/model/ids.ts'
import { draft as sample, runId } from './samples.ts'
import type { SharingServer } from './simulated-servers.ts'
import {
  blobNames,
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
let server: SharingServer

beforeAll(async () => {
  place = await urlWorld()
  server = await place.start('KTR-URL-1')
  await prepareKey(place, server, 'KT_Backup_Key', 'ktr-backup-sql01')
})
afterAll(() => place.end(), 30_000)

const draft = (changes: Partial<EncryptedBackupDraft>): EncryptedBackupDraft =>
  sample({
    target: server.ref.id,
    databases: ['Sales'],
    encryptor: 'asymmetric-key',
    asymmetricKeyName: 'KT_Backup_Key',
    masterKeyMode: null,
    masterKeyPassword: null,
    certificateMode: null,
    certificateName: '',
    keyFolder: '',
    certificateFilePassword: null,
    masterKeyFilePassword: null,
    localCopy: null,
    destination: 'url',
    backupFolder: '',
    containerUrl,
    credentialMode: 'create',
    storageToken: 'h-token',
    ...changes,
  })

const planned = async (changes: Partial<EncryptedBackupDraft>, run = runId): Promise<PlanOutcome> => {
  const answers = draft(changes)
  const sql = await server.open()
  return planEncryptedBackup(
    answers,
    await readFacts(
      { ...answers },
      planReader(() => sql),
    ),
    run,
  )
}

const begun = async (
  changes: Partial<EncryptedBackupDraft>,
  secrets: Record<string, string>,
  run = runId,
): Promise<RunStage> => {
  const { plan } = await planned(changes, run)
  return runStage(await server.open(), encryptedBackup.steps, plan, secrets)
}

const dropCredential = (name: string): Promise<void> =>
  server.run(`IF EXISTS (SELECT 1 FROM sys.credentials WHERE name = N'${name}') DROP CREDENTIAL [${name}]`)

describe('under a key of a vault, into two stripes, with a credential that the run makes', () => {
  let run: RunStage
  beforeAll(async () => {
    run = await begun({ stripes: 2 }, { storage_token: place.token() })
    await run.run()
  })

  it('plans nothing about certificates or key files, and nothing stands in its way', async () => {
    expect(run.plan.steps.map(({ kind }) => kind)).toEqual([
      'create-storage-credential',
      'back-up-database',
      'verify-backup',
    ])
    expect(run.plan.steps[1]?.scripts).toHaveLength(1)
    await dropCredential(containerUrl)
    expect((await planned({ stripes: 2 })).advice.blockers).toEqual([])
    await server.run(
      `CREATE CREDENTIAL [${containerUrl}] WITH IDENTITY = 'SHARED ACCESS SIGNATURE', SECRET = '${place.token()}'`,
    )
  })

  it('the blobs are there, encrypted under that key, and the server read them to their end', async () => {
    expect(await blobNames(place, 'Sales_')).toHaveLength(2)
    const [key] = await server.rows("SELECT thumbprint FROM sys.asymmetric_keys WHERE name = 'KT_Backup_Key'")
    const thumbprint = Buffer.from(key?.['thumbprint'] as Uint8Array)
      .toString('hex')
      .toUpperCase()
    expect(valueOf(run.done, /^Encrypted under KT_Backup_Key/)).toBe(thumbprint)
    expect(valueOf(run.done, /was read whole/)).toMatch(/^3262/)
    expect(valueOf(run.done, /^Its secret/)).toMatch(/first use is its proof/)
  })

  it('finds its own after a crash, and not another one', async () => {
    const [credential, backup] = run.done
    if (credential === undefined || backup === undefined) throw new Error('not run')
    expect((await run.stage.check(backup.step, backup.before)).state).toBe('satisfied')
    expect(await run.stage.check(backup.step)).toMatchObject({
      state: 'foreign',
      problem: { code: 'url-blob-exists' },
    })
    expect((await run.stage.check(credential.step, credential.before)).state).toBe('satisfied')
  })

  it('begins again over its own half backup: FORMAT meets blobs of this run alone', async () => {
    const backup = run.done[1]
    if (backup === undefined) throw new Error('not run')
    const { blobs } = readParams('back-up-database', backup.step.params)
    const name = blobs?.urls[1]?.slice(containerUrl.length + 1) ?? ''
    await place.blobs.getBlobClient(name).delete()
    expect((await run.stage.check(backup.step, backup.before)).state).toBe('needed')
    await run.stage.walk(backup.step, backup.before)
    expect(await blobNames(place, 'Sales_')).toHaveLength(2)
  })

  it('says what it leaves open: the vault, the container, other servers', () => {
    const text = encryptedBackup.notChecked(run.plan).join('\n')
    expect(text).toMatch(/its copy is the key in the vault/)
    expect(text).toMatch(/seen by this server alone/)
    expect(text).not.toMatch(/certificate pair/)
  })

  it('holds no token anywhere in the plan', () => {
    expect(JSON.stringify(run.plan)).not.toMatch(/sig=/)
  })
})

describe('what storage refuses', () => {
  const secondRun = asRunId('u7f3ab2cdefg')
  beforeEach(() => dropCredential(containerUrl))

  it('a token that ended: no blob, the number of the server, and it can be tried again with another one', async () => {
    const run = await begun({}, { storage_token: place.token('rwdl', -5) }, secondRun)
    const blobs = readParams('back-up-database', run.step('back-up-database').params).blobs
    const own = blobs?.urls.map((url) => url.slice(containerUrl.length + 1)) ?? []
    expect(await refusal(run.run())).toMatch(/^url-refused/)
    expect(await blobNames(place, own[0])).toEqual([])
    await server.run(
      `ALTER CREDENTIAL [${containerUrl}] WITH IDENTITY = 'SHARED ACCESS SIGNATURE', SECRET = '${place.token()}'`,
    )
    await run.stage.walk(run.step('back-up-database'), { fileThere: false })
    expect(await blobNames(place, own[0])).toEqual(own)
  })

  it('a token without write', async () => {
    const run = await begun({}, { storage_token: place.token('rl') }, asRunId('w7f3ab2cdefg'))
    expect(await refusal(run.run())).toMatch(/^url-refused/)
  })

  it('a credential that is gone between plan and run', async () => {
    const run = await begun({ credentialMode: 'use' }, {}, asRunId('x7f3ab2cdefg'))
    expect(await refusal(run.run())).toMatch(/^url-credential-missing/)
  })

  it('undo takes the credential back, and only its own', async () => {
    const run = await begun({}, { storage_token: place.token() }, asRunId('y7f3ab2cdefg'))
    await run.run('back-up-database')
    const [made] = run.done
    if (made === undefined) throw new Error('not run')
    await run.stage.undo(made)
    expect(await server.rows(`SELECT name FROM sys.credentials WHERE name = N'${containerUrl}'`)).toEqual([])
  })
})

describe('a page blob, because it was chosen', () => {
  it('names the credential of the account in each statement, without stripes and sizes', async () => {
    const run = await begun(
      { blobAccess: 'access-key', credentialName: 'KT_Account', accessKey: 'h-key', stripes: 7 },
      { storage_access_key: place.accountKey },
      asRunId('z7f3ab2cdefg'),
    )
    await run.run()
    const { blobs, maxTransferSize, blockSize } = readParams(
      'back-up-database',
      run.step('back-up-database').params,
    )
    expect([blobs?.urls.length, blobs?.credential, maxTransferSize, blockSize]).toEqual([
      1,
      'KT_Account',
      null,
      null,
    ])
    const name = blobs?.urls[0]?.slice(containerUrl.length + 1) ?? ''
    expect((await place.blobs.getBlobClient(name).getProperties()).blobType).toBe('PageBlob')
    expect(valueOf(run.done, /was read whole/)).toMatch(/^3262/)
    await dropCredential('KT_Account')
  })
})

describe('before anything runs', () => {
  const measured = async (changes: Partial<EncryptedBackupDraft>): Promise<string> =>
    (await planned(changes)).advice.blockers
      .map(({ what, measured: value, limit }) => `${what}: ${value}. ${limit}`)
      .join('\n')

  it('a credential that is not there, or is there already, or of another kind, blocks with what to do', async () => {
    await dropCredential(containerUrl)
    expect(await measured({ credentialMode: 'use' })).toMatch(/No credential https:.*no row/)
    await server.run(
      `CREATE CREDENTIAL [${containerUrl}] WITH IDENTITY = 'SHARED ACCESS SIGNATURE', SECRET = '${place.token()}'`,
    )
    expect(await measured({})).toMatch(/is there already: .*Choose to use it/)
    expect(await measured({ blobAccess: 'managed-identity', credentialMode: 'use' })).toMatch(
      /came with SQL Server 2022 CU17/,
    )
    expect((await planned({ credentialMode: 'use' })).advice.satisfied.map(({ title }) => title)).toEqual([
      `Credential ${containerUrl}`,
    ])
  })

  it('a key that protects TDE takes no backups', async () => {
    await prepareKey(place, server, 'KT_Tde_Key', 'ktr-tde-sql01')
    await server.run(
      'USE [Sales]; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER ASYMMETRIC KEY [KT_Tde_Key]',
    )
    expect(await measured({ asymmetricKeyName: 'KT_Tde_Key' })).toMatch(
      /can’t take backups: it protects TDE of Sales; SQL Server takes a key of its own for backups/,
    )
    expect(await measured({ asymmetricKeyName: 'KT_Nobody' })).toMatch(/not there, or not visible/)
  })
})
