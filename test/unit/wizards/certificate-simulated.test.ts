import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import { asTargetId } from '../../../shared/model/ids.ts'
import type { Plan } from '../../../shared/model/plan.ts'
import type { FactReader, PlanOutcome } from '../../../electron/engine/contract.ts'
import { createVerdicts } from '../../../electron/inventory/verdicts.ts'
import { readServerKeys } from '../../../electron/inventory/server-keys.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { SqlServer } from '../../../electron/ports/sql-server.ts'
import { createCertificate, dropCertificate } from '../../../electron/scripts/tsql/certificate.ts'
import { createMasterKey } from '../../../electron/scripts/tsql/master-key.ts'
import { backupCertificateRotation } from '../../../electron/wizards/backup-certificate-rotation/index.ts'
import { certificate as job } from '../../../electron/wizards/certificate/index.ts'
import { makeSelfSigned, writePfx, writePvk } from '../../../sandbox/sqlserver/files/index.ts'
import { certificateDraft, rotationDraft } from './certificate-samples.ts'
import { target } from './fake-server.ts'
import { makePair, type KeyPair } from './key-pair.ts'
import { runId } from './samples.ts'
import { runAll, simulatedServer, type Simulated } from './simulated.ts'
import { contextOf, handlerOf, passwords, refusal, walk, walkStep, world, type World } from './walk.ts'

const otherRef = { ...target, id: asTargetId('t-otherserver2'), name: 'KTR-OTHER' }
const keptPassword = Buffer.from(passwords.certificate_file_password)

let simulated: Simulated
let server: SqlServer
let folder: string
let other: Simulated | null = null

const withMasterKey = (on: SqlServer): Promise<void> =>
  runAll(on, [createMasterKey()], new Map([['dmk_password', SecretBytes.fromText(passwords.dmk_password)]]))

/** 2019 makes keys of 2,048 bits: faster than the 3,072 of 2022. */
beforeEach(async () => {
  simulated = await simulatedServer(15)
  server = await simulated.open()
  folder = mkdtempSync(join(tmpdir(), 'kt-mine-'))
  await withMasterKey(server)
})
afterEach(async () => {
  await simulated.stop()
  await other?.stop()
  other = null
  rmSync(folder, { recursive: true, force: true })
})

const readerOf = (): FactReader => ({
  sqlServer: async ({ id }) => (id === otherRef.id && other !== null ? other.open() : server),
  secretInfo: () => ({ generation: 1, label: 'kept' }),
  clock: { now: () => new Date(), monotonicMs: () => 0 },
  places: { folderOf: () => folder, label: () => folder },
})

/** The same stage on a server that reads and writes .pfx. */
const on2022 = async (): Promise<void> => {
  await simulated.stop()
  simulated = await simulatedServer(16)
  server = await simulated.open()
  await withMasterKey(server)
}

const inFiveYears = `${new Date().getUTCFullYear() + 5}-06-01`

const planned = async (changes: Answers): Promise<PlanOutcome> => {
  const draft = job.parse({ ...certificateDraft({ certificateExpiry: inFiveYears }), ...changes })
  return job.plan(draft, await job.readFacts(draft, readerOf()), runId)
}
const ready = async (changes: Answers): Promise<Plan> => {
  const { plan, advice } = await planned(changes)
  expect(advice.blockers).toEqual([])
  return plan
}
const around = async (): Promise<World<SqlServer>> => ({
  ...world(server, folder),
  verdicts: createVerdicts(simulated.servers),
  ...(other === null ? {} : { others: new Map([[otherRef.id, await other.open()]]) }),
})

const writePair = (pair: KeyPair, name = 'pair', password: Buffer | null = keptPassword): void => {
  writeFileSync(join(folder, `${name}.cer`), pair.certificate)
  writeFileSync(join(folder, `${name}.pvk`), writePvk(pair.key, password))
}
const hex = (pair: KeyPair): string => pair.thumbprint.toString('hex').toUpperCase()
const thumbprintOn = async (on: SqlServer, name: string): Promise<string | null> => {
  const rows = await on.query(
    `SELECT CONVERT(varchar(66), c.thumbprint, 1) AS thumbprint, c.pvt_key_encryption_type AS kind FROM master.sys.certificates AS c WHERE c.name = N'${name}'`,
  )
  const row = rows[0]
  return row === undefined ? null : `${String(row['thumbprint']).slice(2)} ${String(row['kind'])}`
}
const proofsOf = (walked: Awaited<ReturnType<typeof walk>>): string[] =>
  walked.flatMap(({ outcome }) => outcome.proofs).map(({ kind, level, by }) => `${kind} ${level} by ${by}`)

describe('create', () => {
  it.each(['pvk', 'pfx'] as const)(
    'makes, exports as .%s and proves with server and Keyturn',
    async (format) => {
      if (format === 'pfx') await on2022()
      const plan = await ready({ format })
      const walked = await walk(plan, await around())
      expect(walked.map(({ step }) => step.kind)).toEqual([
        'create-certificate',
        'back-up-certificate',
        'prove-on-server',
        'drop-scratch',
        'fetch-certificate-pair',
      ])
      expect(proofsOf(walked)).toEqual([
        'certificate recorded by catalog',
        'certificate opened by server',
        'certificate opened by keyturn',
      ])
      const identity = walked[0]?.outcome.evidence.find(({ statement }) =>
        statement.startsWith('It is a new identity'),
      )
      expect(identity?.value).toBe('master had no certificate before')
    },
    60_000,
  )

  it('is undone while nothing needs the certificate', async () => {
    const plan = await ready({ localCopy: null, proveOnServer: false })
    const place = await around()
    const [made] = await walk({ ...plan, steps: plan.steps.slice(0, 1) }, place)
    if (made === undefined) throw new Error('nothing was made')
    await handlerOf(made.step).undo?.(contextOf(made.step, place, made.before))
    expect(await thumbprintOn(server, 'KT_New')).toBeNull()
  }, 60_000)
})

describe('import from a folder of the person', () => {
  const wish = { task: 'import-local', certificateName: 'KT_In' }

  it('opens the pair here, then brings it under the master key with the thumbprint of the file', async () => {
    const pair = await makePair()
    writePair(pair)
    const walked = await walk(await ready(wish), await around())
    expect(proofsOf(walked)).toEqual(['certificate opened by keyturn'])
    expect(await thumbprintOn(server, 'KT_In')).toBe(`${hex(pair)} MK`)
  }, 60_000)

  it('takes an unencrypted .pvk and a .pfx, also where the server reads no .pfx itself', async () => {
    const plain = await makePair()
    writePair(plain, 'plain', null)
    const noPassword = { ...(await around()), secrets: new Map<string, SecretBytes>() }
    const files = { sourceCertificateFile: 'plain.cer', sourcePrivateKeyFile: 'plain.pvk' }
    await walk(await ready({ ...wish, ...files, certificateFilePassword: null }), noPassword)
    expect(await thumbprintOn(server, 'KT_In')).toBe(`${hex(plain)} MK`)

    const pair = await makePair()
    writeFileSync(join(folder, 'both.pfx'), writePfx(pair.certificate, pair.key, keptPassword))
    const pfx = { sourceCertificateFile: 'both.pfx', sourcePrivateKeyFile: '' }
    await walk(await ready({ ...wish, ...pfx, certificateName: 'KT_Pfx' }), await around())
    expect(await thumbprintOn(server, 'KT_Pfx')).toBe(`${hex(pair)} MK`)
  }, 60_000)

  it('loss rehearsal: a .pvk of another certificate is found before anything is sent', async () => {
    const [pair, wrong] = [await makePair(), await makePair()]
    writePair(pair)
    writeFileSync(join(folder, 'pair.pvk'), writePvk(wrong.key, keptPassword))
    const plan = await ready(wish)
    const sent: string[] = []
    const place = await around()
    const watched: World<SqlServer> = { ...place, opened: () => sent.push('a session') }
    const [open, bring] = plan.steps
    if (open === undefined || bring === undefined) throw new Error('no steps')
    expect(await refusal(walkStep(open, watched))).toBe(
      'file-key-mismatch: The private key in pair.pvk does not belong to this certificate',
    )
    expect(await refusal(walkStep(bring, watched))).toContain('file-key-mismatch')
    expect(sent).toEqual([])
    expect(await thumbprintOn(server, 'KT_In')).toBeNull()
  }, 60_000)

  it('refuses a wrong password, and files that were written again after the review', async () => {
    const pair = await makePair()
    writePair(pair)
    const plan = await ready(wish)
    const [open] = plan.steps
    if (open === undefined) throw new Error('no steps')
    const place = await around()
    const wrong = new Map([['certificate_file_password', SecretBytes.fromText('Another-Password-1')]])
    expect(await refusal(walkStep(open, { ...place, secrets: wrong }))).toContain('file-wrong-password')
    writePair(await makePair())
    expect(await refusal(walkStep(open, place))).toContain('file-changed')
  }, 60_000)

  it('takes up after a crash what it sent, and takes it back', async () => {
    const pair = await makePair()
    writePair(pair)
    const plan = await ready(wish)
    const place = await around()
    const [, done] = await walk(plan, place)
    if (done === undefined) throw new Error('not imported')
    const again = await handlerOf(done.step).check(contextOf(done.step, place, done.before))
    expect(again).toEqual({ state: 'satisfied', before: done.before })
    // Another run finds the same key there: nothing to do, and nothing of its own to undo.
    expect(await handlerOf(done.step).check(contextOf(done.step, place))).toMatchObject({
      state: 'satisfied',
    })
    await handlerOf(done.step).undo?.(contextOf(done.step, place, done.before))
    expect(await thumbprintOn(server, 'KT_In')).toBeNull()
  }, 60_000)

  it('names a certificate that is there already, under this or another name', async () => {
    const pair = await makePair()
    writePair(pair)
    await walk(await ready(wish), await around())
    const again = await planned({ ...wish, certificateName: 'KT_Other' })
    expect(again.advice.blockers.map(({ what }) => what)).toEqual([
      'master has this certificate already, as KT_In',
    ])
    const bring = again.plan.steps[1]
    if (bring === undefined) throw new Error('no step')
    expect(await handlerOf(bring).check(contextOf(bring, await around()))).toMatchObject({
      state: 'foreign',
      problem: { code: 'sql-exists' },
    })
  }, 60_000)
})

describe('import from the server’s disk', () => {
  it.each(['pvk', 'pfx'] as const)(
    'brings back what was exported as .%s',
    async (format) => {
      if (format === 'pfx') await on2022()
      const exported = await walk(
        await ready({ format, localCopy: null, proveOnServer: false }),
        await around(),
      )
      const before = await thumbprintOn(server, 'KT_New')
      await runAll(server, [dropCertificate('KT_New')])
      const paths = exported[1]?.step.params as { certificateFile: string; privateKeyFile: string | null }
      const nameOf = (path: string | null): string => path?.split('\\').at(-1) ?? ''
      const wish = {
        task: 'import-server',
        certificateName: 'KT_Back',
        serverCertificateFile: nameOf(paths.certificateFile),
        serverPrivateKeyFile: nameOf(paths.privateKeyFile),
      }
      const walked = await walk(await ready(wish), await around())
      expect(proofsOf(walked)).toEqual(['certificate opened by server'])
      expect(await thumbprintOn(server, 'KT_Back')).toBe(before)
      expect(walked[0]?.outcome.evidence.at(-1)).toMatchObject({
        statement: 'Size of its key',
        value: format === 'pfx' ? '3072 bits' : '2048 bits',
      })
    },
    60_000,
  )

  it('loss rehearsal: the server refuses a .pvk of another certificate, and nothing is created', async () => {
    await walk(await ready({ localCopy: null, proveOnServer: false }), await around())
    await walk(
      await ready({ certificateName: 'KT_Two', localCopy: null, proveOnServer: false }),
      await around(),
    )
    await runAll(server, [dropCertificate('KT_New')])
    const [step] = (
      await ready({
        task: 'import-server',
        certificateName: 'KT_Mixed',
        serverCertificateFile: `KT_New_${today()}_k7f3ab2c.cer`,
        serverPrivateKeyFile: `KT_Two_${today()}_k7f3ab2c.pvk`,
      })
    ).steps
    if (step === undefined) throw new Error('no step')
    await expect(walkStep(step, await around())).rejects.toMatchObject({
      problem: { vendor: { number: 15474 } },
    })
    expect(await thumbprintOn(server, 'KT_Mixed')).toBeNull()
  }, 60_000)
})

const today = (): string => new Date().toISOString().slice(0, 10).replaceAll('-', '')

describe('compare', () => {
  const evidenceOf = async (changes: Answers = {}) => {
    const plan = await ready({ task: 'compare', certificateName: 'KT_In', ...changes })
    const [walked] = await walk(plan, await around())
    return walked?.outcome
  }

  it('says same or differs, and how the private key fared', async () => {
    const [pair, stranger] = [await makePair(), await makePair()]
    writePair(pair)
    writePair(stranger, 'stranger')
    writeFileSync(join(folder, 'mixed.cer'), pair.certificate)
    writeFileSync(join(folder, 'mixed.pvk'), writePvk(stranger.key, keptPassword))
    await walk(await ready({ task: 'import-local', certificateName: 'KT_In' }), await around())

    const same = await evidenceOf()
    expect(same?.evidence.map(({ value }) => value)).toEqual([
      hex(pair),
      hex(pair),
      'same',
      'opened with the kept password; it belongs to the certificate of the file',
    ])
    expect(same?.proofs).toMatchObject([{ level: 'opened', by: 'keyturn' }])

    const differs = await evidenceOf({
      sourceCertificateFile: 'stranger.cer',
      sourcePrivateKeyFile: 'stranger.pvk',
    })
    expect(differs?.evidence[2]?.value).toMatch(/^differs from group \d+$/)
    expect(differs?.proofs).toEqual([])

    const mixed = await evidenceOf({ sourceCertificateFile: 'mixed.cer', sourcePrivateKeyFile: 'mixed.pvk' })
    expect(mixed?.evidence.slice(2).map(({ value }) => value)).toEqual([
      'same',
      'The private key in mixed.pvk does not belong to this certificate',
    ])
    expect(mixed?.proofs).toMatchObject([{ level: 'matched' }])

    const only = await evidenceOf({ sourcePrivateKeyFile: '' })
    expect(only?.evidence.at(-1)?.value).toBe('no private key file was given')
  }, 60_000)
})

describe('copy to other servers', () => {
  const wish = { task: 'copy', certificateName: 'KT_New', replicas: [otherRef.id] }
  const prepare = async (): Promise<SqlServer> => {
    other = await simulatedServer(15, 'Developer', otherRef)
    const there = await other.open()
    await runAll(server, [createCertificate({ name: 'KT_New', subject: 's', expiry: inFiveYears })])
    return there
  }
  const masterKeyThere = (there: SqlServer) =>
    runAll(
      there,
      [createMasterKey()],
      new Map([['dmk_password', SecretBytes.fromText('Other-Master-Key-1')]]),
    )

  it('brings the same thumbprint over the connections, under the other master key', async () => {
    const there = await prepare()
    expect((await planned(wish)).advice.blockers.map(({ what }) => what)).toEqual([
      'master of KTR-OTHER has no database master key',
    ])
    await masterKeyThere(there)
    const plan = await ready(wish)
    expect(plan.targets.map(({ ref }) => ref.name)).toEqual(['KTR-WIZARD', 'KTR-OTHER'])
    const place = await around()
    const [copied] = await walk(plan, place)
    expect(await thumbprintOn(there, 'KT_New')).toBe(await thumbprintOn(server, 'KT_New'))
    if (copied === undefined) throw new Error('not copied')
    expect(await handlerOf(copied.step).check(contextOf(copied.step, place, copied.before))).toMatchObject({
      state: 'satisfied',
    })
    await handlerOf(copied.step).undo?.(
      contextOf(
        copied.step,
        {
          ...place,
          verdicts: { ...place.verdicts, certificate: async () => ({ state: 'unused', checked: [] }) },
        },
        copied.before,
      ),
    )
    expect(await thumbprintOn(there, 'KT_New')).toBeNull()
    expect(await thumbprintOn(server, 'KT_New')).not.toBeNull()
  }, 60_000)

  it('never writes over another certificate of that name', async () => {
    const there = await prepare()
    await masterKeyThere(there)
    const plan = await ready(wish)
    await runAll(there, [createCertificate({ name: 'KT_New', subject: 'another', expiry: inFiveYears })])
    const before = await thumbprintOn(there, 'KT_New')
    const [step] = plan.steps
    if (step === undefined) throw new Error('no step')
    expect(await handlerOf(step).check(contextOf(step, await around()))).toMatchObject({
      state: 'foreign',
      problem: { code: 'sql-exists' },
    })
    expect((await planned(wish)).advice.blockers.map(({ what }) => what)).toEqual([
      'KTR-OTHER has another certificate KT_New',
    ])
    expect(await thumbprintOn(there, 'KT_New')).toBe(before)
  }, 60_000)
})

describe('rotation of the backup certificate', () => {
  it('makes and proves the new one, lists jobs and backups, and keeps the old one', async () => {
    await runAll(server, [createCertificate({ name: 'KT_Old', subject: 'old', expiry: inFiveYears })])
    const backup = `BACKUP DATABASE [Sales] TO DISK = N'D:\\Backup\\old.bak' WITH FORMAT, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [KT_Old])`
    await runAll(server, [{ language: 'tsql', parts: [backup] }])
    const draft = backupCertificateRotation.parse(rotationDraft({ certificateExpiry: inFiveYears }))
    const facts = await backupCertificateRotation.readFacts(draft, readerOf())
    const { plan, advice } = backupCertificateRotation.plan(draft, facts, runId)
    expect(advice.blockers).toEqual([])
    const old = await thumbprintOn(server, 'KT_Old')
    expect(advice.notes.slice(0, 3).map(({ statement, value }) => `${statement}: ${value}`)).toEqual([
      expect.stringContaining(`Old: KT_Old: thumbprint ${old?.split(' ')[0] ?? ''}`),
      expect.stringContaining('New: KT_New: another thumbprint'),
      'KT_Old is still needed by: 1 backup on record; msdb names no end for them',
    ])
    expect(advice.warnings.map(({ what }) => what)).toContain('Job Nightly, step 2 (Back up) names KT_Old')
    expect(JSON.stringify(plan)).not.toContain('DROP CERTIFICATE [KT_Old]')
    const walked = await walk(plan, await around())
    expect(proofsOf(walked)).toEqual([
      'certificate recorded by catalog',
      'certificate opened by server',
      'certificate opened by keyturn',
    ])
    expect(walked.at(-1)?.outcome.evidence.map(({ statement, value }) => `${statement}: ${value}`)).toEqual([
      `KT_Old, the old one, is there with its private key: ${old?.split(' ')[0] ?? ''}`,
      expect.stringContaining('KT_New, the new one, has another thumbprint: '),
      'KT_Old is still needed by: 1 backup on record; msdb names no end for them',
      'Names KT_Old: put KT_New in its place: Nightly, step 2 (Back up)',
    ])
    expect(await thumbprintOn(server, 'KT_Old')).toBe(old)
    const { rows } = await readServerKeys(server, new Date().toISOString(), new Date())
    expect(rows.find(({ name }) => name === 'KT_Old')?.protects).toEqual([
      'still needed by 1 backup on record; msdb names no end for them',
    ])
    expect(rows.find(({ name }) => name === 'KT_New')?.protects).toEqual([])
  }, 60_000)

  it('loss rehearsal: a renewed certificate does not open the old backup; the old pair does', async () => {
    await walk(await ready({ certificateName: 'KT_Old', proveOnServer: false }), await around())
    const backup = `BACKUP DATABASE [Sales] TO DISK = N'D:\\Backup\\old.bak' WITH FORMAT, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [KT_Old])`
    const restore = `RESTORE DATABASE [Sales_back] FROM DISK = N'D:\\Backup\\old.bak' WITH MOVE N'Sales' TO N'D:\\Backup\\back.mdf', MOVE N'Sales_log' TO N'D:\\Backup\\back.ldf'`
    await runAll(server, [{ language: 'tsql', parts: [backup] }])
    const old = (await thumbprintOn(server, 'KT_Old'))?.split(' ')[0] ?? ''
    await runAll(server, [
      dropCertificate('KT_Old'),
      createCertificate({
        name: 'KT_Old',
        subject: 'Backup encryption SQLPROD-01 2026',
        expiry: inFiveYears,
      }),
    ])
    await expect(runAll(server, [{ language: 'tsql', parts: [restore] }])).rejects.toMatchObject({
      problem: { vendor: { number: 33111, text: expect.stringContaining(old) as string } },
    })
    // The program had warned: the review of a new certificate names the old one that must stay.
    const name = `KT_Old_${today()}_k7f3ab2c`
    const wish = { sourceCertificateFile: `${name}.cer`, sourcePrivateKeyFile: `${name}.pvk` }
    await walk(await ready({ task: 'import-local', certificateName: 'KT_Returned', ...wish }), await around())
    await runAll(server, [{ language: 'tsql', parts: [restore] }])
    expect(
      await server.query(`SELECT d.name AS name FROM sys.databases AS d WHERE d.name = N'Sales_back'`),
    ).toHaveLength(1)
  }, 60_000)
})

describe('loss rehearsal: an expired certificate', () => {
  it('takes no new backup (SQL 3096), and the program had warned of it at import', async () => {
    const expired = await makeSelfSigned({
      subject: 'Expired',
      notBefore: new Date('2020-01-01T00:00:00Z'),
      notAfter: new Date('2021-01-01T00:00:00Z'),
      bits: 1024,
    })
    writeFileSync(join(folder, 'pair.cer'), expired.certificate)
    writeFileSync(join(folder, 'pair.pvk'), writePvk(expired.privateKey, keptPassword))
    const { plan, advice } = await planned({ task: 'import-local', certificateName: 'KT_Expired' })
    expect(advice.warnings[0]).toMatchObject({
      what: 'After 2021-01-01 (UTC) no new backup can be taken with KT_Expired',
      why: expect.stringContaining('SQL 3096') as string,
    })
    await walk(plan, await around())
    const backup = `BACKUP DATABASE [Sales] TO DISK = N'D:\\Backup\\${randomBytes(4).toString('hex')}.bak' WITH FORMAT, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [KT_Expired])`
    await expect(runAll(server, [{ language: 'tsql', parts: [backup] }])).rejects.toMatchObject({
      problem: { vendor: { number: 3096 } },
    })
  }, 60_000)
})
