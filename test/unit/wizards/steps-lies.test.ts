import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { fakeServer, freshState, type FakeState } from './fake-server.ts'
import { makePair } from './key-pair.ts'
import { useStage } from './stage.ts'
import { passwords, refusal, stepOf, walk, walkStep } from './walk.ts'

const stage = useStage()

describe('servers that lie', () => {
  const lie = (when: RegExp, rows: FakeState['lies'][number]['rows']) => stage.state.lies.push({ when, rows })
  const header = () => stage.state.backups[0]?.header ?? {}

  it('a master key that is silently not made, has no copy, or has another password', async () => {
    expect(await stage.verifyRefusal('create-master-key')).toMatch(
      /step-not-verified.*shows no database master key/,
    )
    stage.state.masterKey = { guid: 'x', smk: false, password: passwords.dmk_password }
    expect(await stage.verifyRefusal('create-master-key')).toMatch(
      /step-not-verified.*no copy under the service master key/,
    )
    stage.state.masterKey = { guid: 'x', smk: true, password: 'other' }
    expect(await stage.verifyRefusal('create-master-key')).toMatch(
      /step-not-verified.*does not open with the kept password/,
    )
  })

  it('a certificate with another subject, expiry or protection', async () => {
    await stage.upTo('back-up-certificate')
    const made = stage.state.certificates.get('KT_Backup_2026')
    if (made === undefined) throw new Error('not made')
    for (const [change, words] of [
      [{ subject: 'x' }, /its subject reads/],
      [{ expiry: new Date('2027-11-22T00:00:00Z') }, /its expiry reads 2027/],
      [{ privateKey: 'PW' }, /not under the master key/],
    ] as const) {
      stage.state.certificates.set('KT_Backup_2026', { ...made, ...change })
      expect(await stage.verifyRefusal('create-certificate')).toMatch(words)
    }
  })

  it('an export without files or without a trace in the catalog', async () => {
    await stage.upTo('prove-on-server')
    lie(/dm_os_file_exists/, [{ file_exists: 0, file_is_a_directory: 0 }])
    expect(await stage.verifyRefusal('back-up-master-key')).toMatch(/sees no file D:/)
    stage.state.lies.length = 0
    const made = stage.state.certificates.get('KT_Backup_2026')
    if (made !== undefined) made.lastExport = null
    expect(await stage.verifyRefusal('back-up-certificate')).toMatch(/no export of the private key/)
  })

  it('files on the server that hold another certificate', async () => {
    await stage.upTo('prove-on-server')
    const { certificateFile, privateKeyFile } = stepOf(stage.plan, 'prove-on-server').params as {
      certificateFile: string
      privateKeyFile: string
    }
    const other = stage.pairs[1]?.thumbprint.toString('hex') ?? ''
    stage.state.files.set(certificateFile, `CER ${other}`)
    stage.state.files.set(privateKeyFile, `PVK ${other} ${passwords.certificate_file_password}`)
    expect(await refusal(walkStep(stepOf(stage.plan, 'prove-on-server'), stage.around))).toMatch(
      /step-not-verified.*the file holds thumbprint/,
    )
  })

  it('files on the server that open with another password only', async () => {
    await stage.upTo('prove-on-server')
    const { privateKeyFile } = stepOf(stage.plan, 'prove-on-server').params as { privateKeyFile: string }
    stage.state.files.set(privateKeyFile, `PVK ${stage.pairs[0]?.thumbprint.toString('hex') ?? ''} another`)
    expect(await refusal(walkStep(stepOf(stage.plan, 'prove-on-server'), stage.around))).toMatch(
      /^sql-file-wrong-password/,
    )
  })

  it('a pair over the connection that is another one, or nothing', async () => {
    await stage.upTo('fetch-certificate-pair')
    const step = stepOf(stage.plan, 'fetch-certificate-pair')
    const other = fakeServer(freshState([stage.pairs[1] ?? (await makePair())]))
    lie(/^USE \[master\];\nSELECT c.thumbprint/, [{ thumbprint: null, certificate: null, private_key: null }])
    expect(await refusal(walkStep(step, stage.around))).toMatch(/^sql-permission/)
    stage.state.lies.length = 0
    other.state.certificates.set('KT_Backup_2026', {
      subject: '',
      thumbprint: stage.pairs[1]?.thumbprint ?? Buffer.alloc(20),
      expiry: new Date(),
      privateKey: 'MK',
      lastExport: null,
    })
    const session = await other.session({ programName: 'x' })
    const script = step.scripts[0]
    if (script === undefined) throw new Error('no script')
    const rows = (await session.execute(script, { secrets: stage.around.secrets })).resultSets[0] ?? []
    lie(/^USE \[master\];\nSELECT c.thumbprint/, rows)
    expect(await refusal(walkStep(step, stage.around))).toMatch(
      /step-not-verified.*the server sent thumbprint/,
    )
    expect(readdirSync(stage.folder)).toEqual([])
  })

  it('local files that changed after they were written', async () => {
    await stage.upTo('back-up-database')
    const pvk = join(stage.folder, 'KT_Backup_2026_20261122_k7f3ab2c.pvk')
    const bytes = readFileSync(pvk)
    bytes[60] = (bytes[60] ?? 0) ^ 1
    writeFileSync(pvk, bytes)
    expect(await stage.verifyRefusal('fetch-certificate-pair')).toMatch(/^file-/)
  })

  it('another certificate under the name of the one that this run made: no backup is sent under it', async () => {
    await stage.upTo('back-up-database')
    const made = stage.state.certificates.get('KT_Backup_2026')
    if (made !== undefined) made.thumbprint = Buffer.alloc(20, 7)
    const backups = stage.state.backups.length
    expect(await refusal(walkStep(stepOf(stage.plan, 'back-up-database'), stage.around))).toMatch(
      /has thumbprint .*; this run is about/,
    )
    expect(stage.state.backups).toHaveLength(backups)
  })

  it('a header that says something else than was planned', async () => {
    await walk(stage.plan, stage.around)
    const truth = { ...header() }
    for (const [change, words] of [
      [{ KeyAlgorithm: 'NO_Encryption' }, /is not encrypted/],
      [{ KeyAlgorithm: null }, /is not encrypted/],
      [{ KeyAlgorithm: 'aes_128' }, /encrypted with aes_128, planned was AES_256/],
      [{ EncryptorThumbprint: Buffer.alloc(20, 1) }, /needs thumbprint 0101/],
      [{ EncryptorThumbprint: null }, /needs thumbprint none/],
      [{ EncryptorType: 'ASYMMETRIC KEY' }, /the encryptor .* is ASYMMETRIC KEY/],
      [{ HasBackupChecksums: false }, /holds no checksums/],
      [{ IsCopyOnly: false }, /not copy-only/],
      [{ IsDamaged: true }, /marked as damaged/],
      [{ BackupDescription: 'keyturn:another' }, /no finished backup of this run/],
      [{ BackupFinishDate: null }, /no finished backup of this run/],
      [{ DatabaseName: 'Other' }, /no finished backup of this run/],
    ] as const) {
      const backup = stage.state.backups[0]
      if (backup !== undefined) backup.header = { ...truth, ...change }
      expect(await stage.verifyRefusal('back-up-database'), JSON.stringify(change)).toMatch(words)
    }
  })

  it('CERTIFICATE of any generation is accepted, and names in any case', async () => {
    await walk(stage.plan, stage.around)
    for (const [type, algorithm] of [
      ['CERTIFICATE', 'AES_256'],
      ['CERTIFICATE_OAEP_256', 'aes_256'],
      ['Certificate', 'Aes_256'],
    ]) {
      const backup = stage.state.backups[0]
      if (backup !== undefined) Object.assign(backup.header, { EncryptorType: type, KeyAlgorithm: algorithm })
      expect(await stage.verifyRefusal('back-up-database')).toBe('accepted')
    }
  })

  it('a history without the backup, or with another thumbprint; but not one that is not visible', async () => {
    await walk(stage.plan, stage.around)
    lie(/backupmediafamily/, [])
    expect(await stage.verifyRefusal('back-up-database')).toMatch(/msdb has no entry/)
    stage.state.lies.length = 0
    lie(/backupmediafamily/, [
      { backup_set_id: 1, database_name: 'Sales', encryptor_thumbprint: Buffer.alloc(20, 3) },
    ])
    expect(await stage.verifyRefusal('back-up-database')).toMatch(/msdb has thumbprint 0303/)
    stage.state.lies.length = 0
    lie(
      /backupmediafamily/,
      new KeyturnError('sql-permission', { target: 'x', what: 'y', permission: 'SELECT' }),
    )
    expect(await stage.verifyRefusal('back-up-database')).toBe('accepted')
  })

  it('a certificate that was replaced by another of its name', async () => {
    await walk(stage.plan, stage.around)
    const made = stage.state.certificates.get('KT_Backup_2026')
    if (made !== undefined) made.thumbprint = stage.pairs[1]?.thumbprint ?? Buffer.alloc(20)
    expect(await stage.verifyRefusal('back-up-database')).toMatch(/this run is about/)
    expect(await stage.verifyRefusal('fetch-certificate-pair')).toMatch(/this run is about/)
  })

  it('VERIFYONLY that says nothing', async () => {
    await walk(stage.plan, stage.around)
    lie(/VERIFYONLY/, [])
    expect(await stage.verifyRefusal('verify-backup')).toMatch(/did not say that it read/)
  })

  it('a scratch database that does not go away', async () => {
    await stage.upTo('drop-scratch')
    lie(/d\.name = N'KT_scratch/, [{ name: 'KT_scratch_k7f3ab2c' }])
    expect(await refusal(walkStep(stepOf(stage.plan, 'drop-scratch'), stage.around))).toMatch(
      /is still there/,
    )
  })
})
