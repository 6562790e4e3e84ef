import type { SqlRow } from '../../../electron/ports/sql-server.ts'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { planEncryptedBackup } from '../../../electron/wizards/encrypted-backup/plan.ts'
import { draft, facts, keyThere, read, runId } from './samples.ts'
import { useStage } from './stage.ts'
import { contextOf, handlerOf, passwords, refusal, stepOf, walk, walkStep } from './walk.ts'
import { noUsers } from '../../support/no-users.ts'

const stage = useStage()

describe('the whole job', () => {
  it('walks from an empty instance to evidence', async () => {
    const walked = await walk(stage.plan, stage.around)
    expect(walked).toHaveLength(stage.plan.steps.length)
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
    expect([...stage.state.databases.keys()]).toEqual(['Sales'])
    expect(readdirSync(stage.folder).sort()).toEqual([
      'KT_Backup_2026_20261122_k7f3ab2c.cer',
      'KT_Backup_2026_20261122_k7f3ab2c.pvk',
    ])
  })

  it('sends no statement that the plan does not show, and no secret in any text', async () => {
    const walked = await walk(stage.plan, stage.around)
    const planned = new Set(
      stage.plan.steps.flatMap(({ scripts }) =>
        scripts.map((script) =>
          script.parts.map((part) => (typeof part === 'string' ? part : `«${part.hole}»`)).join(''),
        ),
      ),
    )
    // The only statement beside the plan opens and closes the master key to see that the kept password fits.
    const beside = stage.around.server.executed.filter((text) => !planned.has(text))
    expect(beside).toHaveLength(1)
    expect(beside[0]).toMatch(
      /OPEN MASTER KEY DECRYPTION BY PASSWORD = N'«dmk_password»';\nCLOSE MASTER KEY;$/,
    )
    const everything = JSON.stringify([
      walked,
      stage.around.server.executed,
      stage.around.server.queried,
      stage.around.said,
      stage.plan,
    ])
    for (const password of Object.values(passwords)) expect(everything).not.toContain(password)
  })

  it('reports measured progress and what the server says', async () => {
    await walk(stage.plan, stage.around)
    expect(stage.around.percents).toEqual([5, 100])
    expect(stage.around.said).toEqual(['3262: The backup set on file 1 is valid.'])
  })

  it('finds every step done when it looks again after a crash', async () => {
    for (const step of stage.plan.steps.filter(({ kind }) => kind !== 'verify-backup')) {
      const { before } = await walkStep(step, stage.around)
      const again = await handlerOf(step).check(contextOf(step, stage.around, before))
      expect(again.state, step.kind).toBe('satisfied')
      if (again.state === 'satisfied') expect(again.before).toEqual(before)
    }
  })

  it('finds every step needed where the intent was recorded and nothing happened', async () => {
    for (const step of stage.plan.steps.filter(({ kind }) => kind !== 'verify-backup')) {
      const first = await handlerOf(step).check(contextOf(step, stage.around))
      if (first.state !== 'needed') throw new Error(`${step.kind} is ${first.state}`)
      const again = await handlerOf(step).check(contextOf(step, stage.around, first.before))
      expect(again, step.kind).toEqual(first)
      await walkStep(step, stage.around, first.before)
    }
  })
})

describe('what is there already and was not made by this run', () => {
  it('is foreign: a master key, a certificate, files, a database', async () => {
    stage.state.masterKey = { guid: 'x', smk: true, password: 'other' }
    expect(await stage.check('create-master-key')).toMatchObject({
      state: 'foreign',
      problem: { code: 'sql-exists' },
    })
    stage.state.certificates.set('KT_Backup_2026', {
      subject: 'Backup encryption SQLPROD-01 2026',
      thumbprint: Buffer.alloc(20, 7),
      expiry: new Date(),
      privateKey: 'MK',
      lastExport: null,
    })
    expect(await stage.check('create-certificate')).toMatchObject({
      state: 'foreign',
      problem: { code: 'sql-exists' },
    })
    const backup = stepOf(stage.plan, 'back-up-database').params
    const files = stepOf(stage.plan, 'back-up-certificate').params
    if (typeof backup !== 'object' || backup === null || !('file' in backup)) throw new Error('no file')
    if (typeof files !== 'object' || files === null || !('privateKeyFile' in files))
      throw new Error('no file')
    stage.state.files.set(String(backup['file']), 'someone’s')
    stage.state.files.set(String(files['privateKeyFile']), 'someone’s')
    stage.state.databases.set('KT_scratch_k7f3ab2c', { certificates: new Map(), masterKey: false })
    writeFileSync(join(stage.folder, 'KT_Backup_2026_20261122_k7f3ab2c.pvk'), 'someone’s')
    expect(await stage.check('back-up-database')).toMatchObject({
      state: 'foreign',
      problem: { code: 'sql-file-exists' },
    })
    expect(await stage.check('back-up-certificate')).toMatchObject({
      state: 'foreign',
      problem: { code: 'sql-file-exists' },
    })
    expect(await stage.check('prove-on-server')).toMatchObject({
      state: 'foreign',
      problem: { code: 'sql-exists' },
    })
    expect(await stage.check('fetch-certificate-pair')).toMatchObject({
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
    stage.state.certificates.set('KT_Backup_2026', certificate)
    expect((await stage.check('create-certificate', before)).state).toBe('foreign')
    stage.state.certificates.set('KT_Backup_2026', {
      ...certificate,
      thumbprint: Buffer.alloc(20, 8),
      subject: 'another',
    })
    expect((await stage.check('create-certificate', before)).state).toBe('foreign')
    stage.state.certificates.set('KT_Backup_2026', { ...certificate, thumbprint: Buffer.alloc(20, 8) })
    expect((await stage.check('create-certificate', before)).state).toBe('satisfied')
  })
})

describe('broken off in the middle', () => {
  it('half a pair on the server is named and never written over', async () => {
    await stage.upTo('back-up-certificate')
    const { certificateFile } = stepOf(stage.plan, 'back-up-certificate').params as {
      certificateFile: string
    }
    stage.state.files.set(certificateFile, 'half')
    const found = await stage.check('back-up-certificate', { filesThere: false })
    expect(found).toMatchObject({ state: 'blocked', problem: { code: 'sql-file-exists' } })
    expect(stage.state.files.get(certificateFile)).toBe('half')
  })

  it('a half-written backup of this run is written again, by the same statement', async () => {
    await stage.upTo('back-up-database')
    const step = stepOf(stage.plan, 'back-up-database')
    const { file } = step.params as { file: string }
    const handler = handlerOf(step)
    const first = await handler.check(contextOf(step, stage.around))
    stage.state.files.set(file, 'half')
    expect(first).toEqual({ state: 'needed', before: { fileThere: false } })
    expect(await handler.check(contextOf(step, stage.around, { fileThere: false }))).toEqual(first)
    const { outcome } = await walkStep(step, stage.around, { fileThere: false })
    expect(outcome.evidence.map(({ value }) => value)).toContain('aes_256')
  })

  it('a whole file that the server’s history does not know is taken again; one that it may not show is not', async () => {
    await walk(stage.plan, stage.around)
    const history = { when: /backupmediafamily/, rows: [] as SqlRow[] | Error }
    stage.state.lies.push(history)
    expect((await stage.check('back-up-database', { fileThere: false })).state).toBe('needed')
    history.rows = new KeyturnError('sql-permission', { target: 'x', what: 'y', permission: 'SELECT' })
    expect((await stage.check('back-up-database', { fileThere: false })).state).toBe('satisfied')
  })

  it('a statement of this run that is still at work blocks another one', async () => {
    await stage.upTo('back-up-database')
    stage.state.lies.push({
      when: /dm_exec_requests/,
      rows: [{ session_id: 77, command: 'BACKUP DATABASE' }],
    })
    expect(await stage.check('back-up-database', { fileThere: false })).toMatchObject({
      state: 'blocked',
      problem: { code: 'run-target-locked', title: expect.stringContaining('session 77') as string },
    })
  })

  it('half a scratch database is completed', async () => {
    await stage.upTo('prove-on-server')
    const step = stepOf(stage.plan, 'prove-on-server')
    stage.state.databases.set('KT_scratch_k7f3ab2c', { certificates: new Map(), masterKey: false })
    const { outcome } = await walkStep(step, stage.around, { scratchThere: false })
    expect(outcome.proofs.map(({ level }) => level)).toEqual(['opened', 'opened'])
    expect(stage.around.server.executed.filter((text) => text.includes('CREATE DATABASE'))).toEqual([])
  })

  it('half a local pair of this run is fetched again', async () => {
    await stage.upTo('fetch-certificate-pair')
    const pvk = join(stage.folder, 'KT_Backup_2026_20261122_k7f3ab2c.pvk')
    writeFileSync(pvk, 'half')
    await walkStep(stepOf(stage.plan, 'fetch-certificate-pair'), stage.around, { filesThere: false })
    expect(readFileSync(pvk).length).toBeGreaterThan(500)
    expect(readdirSync(stage.folder)).toHaveLength(2)
  })
})

describe('undo', () => {
  it('takes new keys back while nothing needs them', async () => {
    await stage.upTo('back-up-certificate')
    const created = await stage.undo('create-certificate', { thumbprints: [] })
    expect(created?.[0]?.value).toContain('dropped')
    expect(stage.state.certificates.size).toBe(0)
    const key = await stage.undo('create-master-key', { keyGuid: null })
    expect(key?.[0]?.value).toContain('dropped')
    expect(stage.state.masterKey).toBeNull()
    expect((await stage.undo('create-master-key', { keyGuid: null }))?.[0]?.value).toBe('not there')
  })

  it('is refused while something needs them, and while that is not known', async () => {
    await walk(stage.plan, stage.around)
    stage.around.verdicts = {
      ...noUsers,
      certificate: async () => ({ state: 'in-use', users: ['3 backups of Sales'] }),
      databaseMasterKey: async () => ({ state: 'unknown', why: 'msdb not visible' }),
    }
    expect(await refusal(stage.undo('create-certificate', { thumbprints: [] }))).toMatch(
      /undo-refused.*3 backups of Sales/,
    )
    expect(await refusal(stage.undo('create-master-key', { keyGuid: null }))).toMatch(
      /undo-refused.*not known who/,
    )
    expect(stage.state.certificates.size).toBe(1)
    expect(stage.state.masterKey).not.toBeNull()
  })

  it('never drops what this run did not make', async () => {
    await stage.upTo('back-up-certificate')
    const thumbprint =
      stage.state.certificates.get('KT_Backup_2026')?.thumbprint.toString('hex').toUpperCase() ?? ''
    expect(await refusal(stage.undo('create-certificate', { thumbprints: [thumbprint] }))).toMatch(
      /this run did not make it/,
    )
    expect(await refusal(stage.undo('create-certificate', null))).toMatch(/this run did not make it/)
    stage.state.masterKey = { guid: 'x', smk: true, password: 'of someone else' }
    expect(await refusal(stage.undo('create-master-key', { keyGuid: null }))).toMatch(/another password/)
    expect(stage.state.masterKey).not.toBeNull()
  })

  it('drops the scratch database once, and finds it gone after', async () => {
    await stage.upTo('drop-scratch')
    expect((await stage.undo('prove-on-server', { scratchThere: false }))?.[0]?.value).toContain('dropped')
    expect((await stage.undo('prove-on-server', { scratchThere: false }))?.[0]?.value).toBe('not there')
  })
})

describe('repair', () => {
  const closedKey = { guid: keyThere().keyGuid, smk: false, password: passwords.dmk_password }
  beforeEach(() => {
    stage.plan = planEncryptedBackup(
      draft({ masterKeyMode: 'repair' }),
      facts({ masterKey: read(keyThere(false)) }),
      runId,
    ).plan
    stage.state.masterKey = { ...closedKey }
  })

  it('adds the copy, and undo removes it again', async () => {
    const { before } = await walkStep(stepOf(stage.plan, 'repair-master-key'), stage.around)
    expect(stage.state.masterKey?.smk).toBe(true)
    expect((await stage.check('repair-master-key', before)).state).toBe('satisfied')
    expect((await stage.undo('repair-master-key', before))?.[0]?.value).toContain(
      'only with its password again',
    )
    expect(stage.state.masterKey?.smk).toBe(false)
  })
  it('needs the key’s own password', async () => {
    stage.state.masterKey = { ...closedKey, password: 'another' }
    expect(await refusal(walkStep(stepOf(stage.plan, 'repair-master-key'), stage.around))).toMatch(
      /^sql-wrong-password/,
    )
  })
  it('leaves another key alone, and is done where somebody else repaired it', async () => {
    stage.state.masterKey = { ...closedKey, guid: 'B' }
    expect((await stage.check('repair-master-key')).state).toBe('foreign')
    stage.state.masterKey = { ...closedKey, smk: true }
    expect(await stage.check('repair-master-key')).toEqual({
      state: 'satisfied',
      before: { opensByItself: true },
    })
    stage.state.masterKey = null
    expect((await stage.check('repair-master-key')).state).toBe('blocked')
  })
})

describe('stop and rights', () => {
  it('passes "Stop now" to the backup and no limit of time', async () => {
    await stage.upTo('back-up-database')
    const stop = new AbortController()
    stage.around.signal = stop.signal
    const seen: unknown[] = []
    const server = stage.around.server
    stage.around.server = {
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
    await walkStep(stepOf(stage.plan, 'back-up-database'), stage.around)
    expect(seen).toEqual([[0, true]])
  })

  it('goes on where the login may not see files or sessions, and says so', async () => {
    const refused = new KeyturnError('sql-permission', {
      target: 'x',
      what: 'y',
      permission: 'VIEW SERVER STATE',
    })
    stage.state.lies.push({ when: /dm_os_file_exists|dm_exec_requests/, rows: refused })
    const walked = await walk(stage.plan, stage.around)
    expect(walked.flatMap(({ outcome }) => outcome.evidence.map(({ value }) => value))).toContain(
      'not visible with this login',
    )
  })

  it('does not take a lost connection for an answer', async () => {
    stage.state.lies.push({ when: /dm_os_file_exists/, rows: new KeyturnError('sql-lost', { target: 'x' }) })
    expect(await refusal(stage.check('back-up-master-key'))).toMatch(/^sql-lost/)
  })
})
