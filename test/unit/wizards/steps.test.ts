import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { Json, Plan } from '../../../shared/model/plan.ts'
import { planEncryptedBackup } from '../../../electron/wizards/encrypted-backup/plan.ts'
import { fakeServer, freshState, type FakeState } from './fake-server.ts'
import { makePair, type KeyPair } from './key-pair.ts'
import { draft, facts, keyThere, read, runId } from './samples.ts'
import {
  contextOf,
  handlerOf,
  passwords,
  refusal,
  stepOf,
  walk,
  walkStep,
  world,
  type World,
} from './walk.ts'

let pairs: KeyPair[]
let folder: string
let state: FakeState
let around: World
let plan: Plan

beforeAll(async () => {
  pairs = [await makePair(), await makePair()]
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kt-wizard-'))
  state = freshState(pairs)
  around = world(fakeServer(state), folder)
  plan = planEncryptedBackup(
    draft({ serviceMasterKeyFile: true, serviceMasterKeyFilePassword: 'h-smk' }),
    facts(),
    runId,
  ).plan
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const upTo = async (kind: string): Promise<void> => {
  for (const step of plan.steps) {
    if (step.kind === kind) return
    await walkStep(step, around)
  }
}
const check = async (kind: string, before: Json = null) => {
  const step = stepOf(plan, kind)
  return handlerOf(step).check(contextOf(step, around, before))
}
const verifyRefusal = (kind: string, before: Json = null) => {
  const step = stepOf(plan, kind)
  return refusal(handlerOf(step).verify(contextOf(step, around, before)))
}
const undo = async (kind: string, before: Json) => {
  const step = stepOf(plan, kind)
  return handlerOf(step).undo?.(contextOf(step, around, before))
}

describe('the whole job', () => {
  it('walks from an empty instance to evidence', async () => {
    const walked = await walk(plan, around)
    expect(walked).toHaveLength(plan.steps.length)
    const proofs = walked
      .flatMap(({ outcome }) => outcome.proofs)
      .map(({ kind, level, by }) => `${kind} ${level} by ${by}`)
    expect(proofs).toEqual([
      'database-master-key recorded by catalog',
      'service-master-key recorded by catalog',
      'certificate recorded by catalog',
      'certificate opened by server',
      'database-master-key opened by server',
      'certificate opened by keyturn',
    ])
    for (const { outcome, step } of walked) {
      expect(outcome.evidence.length, step.kind).toBeGreaterThan(0)
      for (const { source, at } of outcome.evidence)
        expect(`${source} ${at}`).toMatch(/(SQLPROD-01|Keyturn).* 2026-11-22T/)
    }
    expect([...state.databases.keys()]).toEqual(['Sales'])
    expect(readdirSync(folder).sort()).toEqual([
      'KT_Backup_2026_20261122_k7f3ab2c.cer',
      'KT_Backup_2026_20261122_k7f3ab2c.pvk',
    ])
  })

  it('sends no statement that the plan does not show, and no secret in any text', async () => {
    const walked = await walk(plan, around)
    const planned = new Set(
      plan.steps.flatMap(({ scripts }) =>
        scripts.map((script) =>
          script.parts.map((part) => (typeof part === 'string' ? part : `«${part.hole}»`)).join(''),
        ),
      ),
    )
    // The only statement beside the plan opens and closes the master key to see that the kept password fits.
    const beside = around.server.executed.filter((text) => !planned.has(text))
    expect(beside).toHaveLength(1)
    expect(beside[0]).toMatch(
      /OPEN MASTER KEY DECRYPTION BY PASSWORD = N'«dmk_password»';\nCLOSE MASTER KEY;$/,
    )
    const everything = JSON.stringify([
      walked,
      around.server.executed,
      around.server.queried,
      around.said,
      plan,
    ])
    for (const password of Object.values(passwords)) expect(everything).not.toContain(password)
  })

  it('reports measured progress and what the server says', async () => {
    state.lies.push()
    await walk(plan, around)
    expect(around.percents).toEqual([5, 100])
    expect(around.said).toEqual(['3262: The backup set on file 1 is valid.'])
  })

  it('finds every step done when it looks again after a crash', async () => {
    for (const step of plan.steps.filter(({ kind }) => kind !== 'verify-backup')) {
      const { before } = await walkStep(step, around)
      const again = await handlerOf(step).check(contextOf(step, around, before))
      expect(again.state, step.kind).toBe('satisfied')
      if (again.state === 'satisfied') expect(again.before).toEqual(before)
    }
  })

  it('finds every step needed where the intent was recorded and nothing happened', async () => {
    for (const step of plan.steps.filter(({ kind }) => kind !== 'verify-backup')) {
      const first = await handlerOf(step).check(contextOf(step, around))
      if (first.state !== 'needed') throw new Error(`${step.kind} is ${first.state}`)
      const again = await handlerOf(step).check(contextOf(step, around, first.before))
      expect(again, step.kind).toEqual(first)
      await walkStep(step, around, first.before)
    }
  })
})

describe('what is there already and was not made by this run', () => {
  it('is foreign: a master key, a certificate, files, a database', async () => {
    state.masterKey = { guid: 'x', smk: true, password: 'other' }
    expect(await check('create-master-key')).toMatchObject({
      state: 'foreign',
      problem: { code: 'sql-exists' },
    })
    state.certificates.set('KT_Backup_2026', {
      subject: 'Backup encryption SQLPROD-01 2026',
      thumbprint: Buffer.alloc(20, 7),
      expiry: new Date(),
      privateKey: 'MK',
      lastExport: null,
    })
    expect(await check('create-certificate')).toMatchObject({
      state: 'foreign',
      problem: { code: 'sql-exists' },
    })
    const backup = stepOf(plan, 'back-up-database').params
    const files = stepOf(plan, 'back-up-certificate').params
    if (typeof backup !== 'object' || backup === null || !('file' in backup)) throw new Error('no file')
    if (typeof files !== 'object' || files === null || !('privateKeyFile' in files))
      throw new Error('no file')
    state.files.set(String(backup['file']), 'someone’s')
    state.files.set(String(files['privateKeyFile']), 'someone’s')
    state.databases.set('KT_scratch_k7f3ab2c', { certificates: new Map(), masterKey: false })
    writeFileSync(join(folder, 'KT_Backup_2026_20261122_k7f3ab2c.pvk'), 'someone’s')
    expect(await check('back-up-database')).toMatchObject({
      state: 'foreign',
      problem: { code: 'sql-file-exists' },
    })
    expect(await check('back-up-certificate')).toMatchObject({
      state: 'foreign',
      problem: { code: 'sql-file-exists' },
    })
    expect(await check('prove-on-server')).toMatchObject({
      state: 'foreign',
      problem: { code: 'sql-exists' },
    })
    expect(await check('fetch-certificate-pair')).toMatchObject({
      state: 'foreign',
      problem: { code: 'local-file-exists' },
    })
  })

  it('is foreign after our intent too, where it was there before it or is another thing', async () => {
    const before = { thumbprints: [Buffer.alloc(20, 7).toString('hex').toUpperCase()] }
    const certificate = {
      subject: 'Backup encryption SQLPROD-01 2026',
      thumbprint: Buffer.alloc(20, 7),
      expiry: new Date(),
      privateKey: 'MK',
      lastExport: null,
    }
    state.certificates.set('KT_Backup_2026', certificate)
    expect((await check('create-certificate', before)).state).toBe('foreign')
    state.certificates.set('KT_Backup_2026', {
      ...certificate,
      thumbprint: Buffer.alloc(20, 8),
      subject: 'another',
    })
    expect((await check('create-certificate', before)).state).toBe('foreign')
    state.certificates.set('KT_Backup_2026', { ...certificate, thumbprint: Buffer.alloc(20, 8) })
    expect((await check('create-certificate', before)).state).toBe('satisfied')
  })
})

describe('broken off in the middle', () => {
  it('half a pair on the server is named and never written over', async () => {
    await upTo('back-up-certificate')
    const { certificateFile } = stepOf(plan, 'back-up-certificate').params as { certificateFile: string }
    state.files.set(certificateFile, 'half')
    const found = await check('back-up-certificate', { filesThere: false })
    expect(found).toMatchObject({ state: 'blocked', problem: { code: 'sql-file-exists' } })
    expect(state.files.get(certificateFile)).toBe('half')
  })

  it('a half-written backup of this run is written again, by the same statement', async () => {
    await upTo('back-up-database')
    const step = stepOf(plan, 'back-up-database')
    const { file } = step.params as { file: string }
    const handler = handlerOf(step)
    const first = await handler.check(contextOf(step, around))
    state.files.set(file, 'half')
    expect(first).toEqual({ state: 'needed', before: { fileThere: false } })
    expect(await handler.check(contextOf(step, around, { fileThere: false }))).toEqual(first)
    const { outcome } = await walkStep(step, around, { fileThere: false })
    expect(outcome.evidence.map(({ value }) => value)).toContain('aes_256')
  })

  it('a statement of this run that is still at work blocks another one', async () => {
    await upTo('back-up-database')
    state.lies.push({ when: /dm_exec_requests/, rows: [{ session_id: 77, command: 'BACKUP DATABASE' }] })
    expect(await check('back-up-database', { fileThere: false })).toMatchObject({
      state: 'blocked',
      problem: { code: 'run-target-locked', title: expect.stringContaining('session 77') as string },
    })
  })

  it('half a scratch database is completed', async () => {
    await upTo('prove-on-server')
    const step = stepOf(plan, 'prove-on-server')
    state.databases.set('KT_scratch_k7f3ab2c', { certificates: new Map(), masterKey: false })
    const { outcome } = await walkStep(step, around, { scratchThere: false })
    expect(outcome.proofs.map(({ level }) => level)).toEqual(['opened', 'opened'])
    expect(around.server.executed.filter((text) => text.includes('CREATE DATABASE'))).toEqual([])
  })

  it('half a local pair of this run is fetched again', async () => {
    await upTo('fetch-certificate-pair')
    const pvk = join(folder, 'KT_Backup_2026_20261122_k7f3ab2c.pvk')
    writeFileSync(pvk, 'half')
    await walkStep(stepOf(plan, 'fetch-certificate-pair'), around, { filesThere: false })
    expect(readFileSync(pvk).length).toBeGreaterThan(500)
    expect(readdirSync(folder)).toHaveLength(2)
  })
})

describe('servers that lie', () => {
  const lie = (when: RegExp, rows: FakeState['lies'][number]['rows']) => state.lies.push({ when, rows })
  const header = () => state.backups[0]?.header ?? {}

  it('a master key that is silently not made, has no copy, or has another password', async () => {
    expect(await verifyRefusal('create-master-key')).toMatch(
      /step-not-verified.*shows no database master key/,
    )
    state.masterKey = { guid: 'x', smk: false, password: passwords.dmk_password }
    expect(await verifyRefusal('create-master-key')).toMatch(
      /step-not-verified.*no copy under the service master key/,
    )
    state.masterKey = { guid: 'x', smk: true, password: 'other' }
    expect(await verifyRefusal('create-master-key')).toMatch(
      /step-not-verified.*does not open with the kept password/,
    )
  })

  it('a certificate with another subject, expiry or protection', async () => {
    await upTo('back-up-certificate')
    const made = state.certificates.get('KT_Backup_2026')
    if (made === undefined) throw new Error('not made')
    for (const [change, words] of [
      [{ subject: 'x' }, /its subject reads/],
      [{ expiry: new Date('2027-11-22T00:00:00Z') }, /its expiry reads 2027/],
      [{ privateKey: 'PW' }, /not under the master key/],
    ] as const) {
      state.certificates.set('KT_Backup_2026', { ...made, ...change })
      expect(await verifyRefusal('create-certificate')).toMatch(words)
    }
  })

  it('an export without files or without a trace in the catalog', async () => {
    await upTo('prove-on-server')
    lie(/dm_os_file_exists/, [{ file_exists: 0, file_is_a_directory: 0 }])
    expect(await verifyRefusal('back-up-master-key')).toMatch(/sees no file D:/)
    state.lies.length = 0
    const made = state.certificates.get('KT_Backup_2026')
    if (made !== undefined) made.lastExport = null
    expect(await verifyRefusal('back-up-certificate')).toMatch(/no export of the private key/)
  })

  it('files on the server that hold another certificate', async () => {
    await upTo('prove-on-server')
    const { certificateFile, privateKeyFile } = stepOf(plan, 'prove-on-server').params as {
      certificateFile: string
      privateKeyFile: string
    }
    const other = pairs[1]?.thumbprint.toString('hex') ?? ''
    state.files.set(certificateFile, `CER ${other}`)
    state.files.set(privateKeyFile, `PVK ${other} ${passwords.certificate_file_password}`)
    expect(await refusal(walkStep(stepOf(plan, 'prove-on-server'), around))).toMatch(
      /step-not-verified.*the file holds thumbprint/,
    )
  })

  it('files on the server that open with another password only', async () => {
    await upTo('prove-on-server')
    const { privateKeyFile } = stepOf(plan, 'prove-on-server').params as { privateKeyFile: string }
    state.files.set(privateKeyFile, `PVK ${pairs[0]?.thumbprint.toString('hex') ?? ''} another`)
    expect(await refusal(walkStep(stepOf(plan, 'prove-on-server'), around))).toMatch(
      /^sql-file-wrong-password/,
    )
  })

  it('a pair over the connection that is another one, or nothing', async () => {
    await upTo('fetch-certificate-pair')
    const step = stepOf(plan, 'fetch-certificate-pair')
    const other = fakeServer(freshState([pairs[1] ?? (await makePair())]))
    lie(/^USE \[master\];\nSELECT c.thumbprint/, [{ thumbprint: null, certificate: null, private_key: null }])
    expect(await refusal(walkStep(step, around))).toMatch(/^sql-permission/)
    state.lies.length = 0
    other.state.certificates.set('KT_Backup_2026', {
      subject: '',
      thumbprint: pairs[1]?.thumbprint ?? Buffer.alloc(20),
      expiry: new Date(),
      privateKey: 'MK',
      lastExport: null,
    })
    const session = await other.session({ programName: 'x' })
    const script = step.scripts[0]
    if (script === undefined) throw new Error('no script')
    const rows = (await session.execute(script, { secrets: around.secrets })).resultSets[0] ?? []
    lie(/^USE \[master\];\nSELECT c.thumbprint/, rows)
    expect(await refusal(walkStep(step, around))).toMatch(/step-not-verified.*the server sent thumbprint/)
    expect(readdirSync(folder)).toEqual([])
  })

  it('local files that changed after they were written', async () => {
    await upTo('back-up-database')
    const pvk = join(folder, 'KT_Backup_2026_20261122_k7f3ab2c.pvk')
    const bytes = readFileSync(pvk)
    bytes[60] = (bytes[60] ?? 0) ^ 1
    writeFileSync(pvk, bytes)
    expect(await verifyRefusal('fetch-certificate-pair')).toMatch(/^file-/)
  })

  it('a header that says something else than was planned', async () => {
    await walk(plan, around)
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
      const backup = state.backups[0]
      if (backup !== undefined) backup.header = { ...truth, ...change }
      expect(await verifyRefusal('back-up-database'), JSON.stringify(change)).toMatch(words)
    }
  })

  it('CERTIFICATE of any generation is accepted, and names in any case', async () => {
    await walk(plan, around)
    for (const [type, algorithm] of [
      ['CERTIFICATE', 'AES_256'],
      ['CERTIFICATE_OAEP_256', 'aes_256'],
      ['Certificate', 'Aes_256'],
    ]) {
      const backup = state.backups[0]
      if (backup !== undefined) Object.assign(backup.header, { EncryptorType: type, KeyAlgorithm: algorithm })
      expect(await verifyRefusal('back-up-database')).toBe('accepted')
    }
  })

  it('a history without the backup, or with another thumbprint; but not one that is not visible', async () => {
    await walk(plan, around)
    lie(/backupmediafamily/, [])
    expect(await verifyRefusal('back-up-database')).toMatch(/msdb has no entry/)
    state.lies.length = 0
    lie(/backupmediafamily/, [
      { backup_set_id: 1, database_name: 'Sales', encryptor_thumbprint: Buffer.alloc(20, 3) },
    ])
    expect(await verifyRefusal('back-up-database')).toMatch(/msdb has thumbprint 0303/)
    state.lies.length = 0
    lie(
      /backupmediafamily/,
      new KeyturnError('sql-permission', { target: 'x', what: 'y', permission: 'SELECT' }),
    )
    expect(await verifyRefusal('back-up-database')).toBe('accepted')
  })

  it('a certificate that was replaced by another of its name', async () => {
    await walk(plan, around)
    const made = state.certificates.get('KT_Backup_2026')
    if (made !== undefined) made.thumbprint = pairs[1]?.thumbprint ?? Buffer.alloc(20)
    expect(await verifyRefusal('back-up-database')).toMatch(/needs thumbprint/)
    expect(await verifyRefusal('fetch-certificate-pair')).toMatch(/the files hold thumbprint/)
  })

  it('VERIFYONLY that says nothing', async () => {
    await walk(plan, around)
    lie(/VERIFYONLY/, [])
    expect(await verifyRefusal('verify-backup')).toMatch(/did not say that it read/)
  })

  it('a scratch database that does not go away', async () => {
    await upTo('drop-scratch')
    lie(/d\.name = N'KT_scratch/, [{ name: 'KT_scratch_k7f3ab2c' }])
    expect(await refusal(walkStep(stepOf(plan, 'drop-scratch'), around))).toMatch(/is still there/)
  })
})

describe('undo', () => {
  it('takes new keys back while nothing needs them', async () => {
    await upTo('back-up-certificate')
    const created = await undo('create-certificate', { thumbprints: [] })
    expect(created?.[0]?.value).toContain('dropped')
    expect(state.certificates.size).toBe(0)
    const key = await undo('create-master-key', { keyGuid: null })
    expect(key?.[0]?.value).toContain('dropped')
    expect(state.masterKey).toBeNull()
    expect((await undo('create-master-key', { keyGuid: null }))?.[0]?.value).toBe('not there')
  })

  it('is refused while something needs them, and while that is not known', async () => {
    await walk(plan, around)
    around.verdicts = {
      certificate: async () => ({ state: 'in-use', users: ['3 backups of Sales'] }),
      databaseMasterKey: async () => ({ state: 'unknown', why: 'msdb not visible' }),
    }
    expect(await refusal(undo('create-certificate', { thumbprints: [] }) as Promise<unknown>)).toMatch(
      /undo-refused.*3 backups of Sales/,
    )
    expect(await refusal(undo('create-master-key', { keyGuid: null }) as Promise<unknown>)).toMatch(
      /undo-refused.*not known who/,
    )
    expect(state.certificates.size).toBe(1)
    expect(state.masterKey).not.toBeNull()
  })

  it('never drops what this run did not make', async () => {
    await upTo('back-up-certificate')
    const thumbprint =
      state.certificates.get('KT_Backup_2026')?.thumbprint.toString('hex').toUpperCase() ?? ''
    expect(
      await refusal(undo('create-certificate', { thumbprints: [thumbprint] }) as Promise<unknown>),
    ).toMatch(/this run did not make it/)
    expect(await refusal(undo('create-certificate', null) as Promise<unknown>)).toMatch(
      /this run did not make it/,
    )
    state.masterKey = { guid: 'x', smk: true, password: 'of someone else' }
    expect(await refusal(undo('create-master-key', { keyGuid: null }) as Promise<unknown>)).toMatch(
      /another password/,
    )
    expect(state.masterKey).not.toBeNull()
  })

  it('drops the scratch database once, and finds it gone after', async () => {
    await upTo('drop-scratch')
    expect((await undo('prove-on-server', { scratchThere: false }))?.[0]?.value).toContain('dropped')
    expect((await undo('prove-on-server', { scratchThere: false }))?.[0]?.value).toBe('not there')
  })
})

describe('repair', () => {
  const closedKey = { guid: keyThere().keyGuid, smk: false, password: passwords.dmk_password }
  beforeEach(() => {
    plan = planEncryptedBackup(
      draft({ masterKeyMode: 'repair' }),
      facts({ masterKey: read(keyThere(false)) }),
      runId,
    ).plan
    state.masterKey = { ...closedKey }
  })

  it('adds the copy, and undo removes it again', async () => {
    const { before } = await walkStep(stepOf(plan, 'repair-master-key'), around)
    expect(state.masterKey?.smk).toBe(true)
    expect((await check('repair-master-key', before)).state).toBe('satisfied')
    expect((await undo('repair-master-key', before))?.[0]?.value).toContain('only with its password again')
    expect(state.masterKey?.smk).toBe(false)
  })
  it('needs the key’s own password', async () => {
    state.masterKey = { ...closedKey, password: 'another' }
    expect(await refusal(walkStep(stepOf(plan, 'repair-master-key'), around))).toMatch(/^sql-wrong-password/)
  })
  it('leaves another key alone, and is done where somebody else repaired it', async () => {
    state.masterKey = { ...closedKey, guid: 'B' }
    expect((await check('repair-master-key')).state).toBe('foreign')
    state.masterKey = { ...closedKey, smk: true }
    expect(await check('repair-master-key')).toEqual({ state: 'satisfied', before: { opensByItself: true } })
    state.masterKey = null
    expect((await check('repair-master-key')).state).toBe('blocked')
  })
})

describe('stop and rights', () => {
  it('passes "Stop now" to the backup and no limit of time', async () => {
    await upTo('back-up-database')
    const stop = new AbortController()
    around.signal = stop.signal
    const seen: unknown[] = []
    const server = around.server
    around.server = {
      ...server,
      session: async (options) => {
        const session = await server.session(options)
        return {
          ...session,
          execute: (script, given) => {
            seen.push([given?.timeoutMs, given?.signal === stop.signal])
            return session.execute(script, given)
          },
        }
      },
    }
    await walkStep(stepOf(plan, 'back-up-database'), around)
    expect(seen).toEqual([[0, true]])
  })

  it('goes on where the login may not see files or sessions, and says so', async () => {
    const refused = new KeyturnError('sql-permission', {
      target: 'x',
      what: 'y',
      permission: 'VIEW SERVER STATE',
    })
    state.lies.push({ when: /dm_os_file_exists|dm_exec_requests/, rows: refused })
    const walked = await walk(plan, around)
    expect(walked.flatMap(({ outcome }) => outcome.evidence.map(({ value }) => value))).toContain(
      'not visible with this login',
    )
  })

  it('does not take a lost connection for an answer', async () => {
    state.lies.push({ when: /dm_os_file_exists/, rows: new KeyturnError('sql-lost', { target: 'x' }) })
    expect(await refusal(check('back-up-master-key'))).toMatch(/^sql-lost/)
  })
})
