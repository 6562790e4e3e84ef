import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Script } from '../../../shared/model/script.ts'
import { problemOf } from '../../../shared/errors/problem.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import type { PlanReader } from '../../../electron/engine/contract.ts'
import { createVerdicts } from '../../../electron/inventory/verdicts.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { SqlServer } from '../../../electron/ports/sql-server.ts'
import { runbookSql } from '../../../electron/scripts/runbook/sql.ts'
import { leastPrivilegeLogin } from '../../../electron/scripts/tsql/least-privilege.ts'
import { encryptedBackup } from '../../../electron/wizards/encrypted-backup/index.ts'
import { draft, runId } from './samples.ts'
import { countTrips, runAll, simulatedServer, type Simulated } from './simulated.ts'
import { contextOf, handlerOf, passwords, walk, walkStep, world } from './walk.ts'
import { planReader } from '../../support/plan-reader.ts'

let simulated: Simulated
let folder: string
const hostileName = "O'Brien]s;--"

beforeEach(async () => {
  simulated = await simulatedServer()
  folder = mkdtempSync(join(tmpdir(), 'kt-mine-'))
})
afterEach(async () => {
  await simulated.stop()
  rmSync(folder, { recursive: true, force: true })
})

const readerOf = (server: SqlServer): PlanReader =>
  planReader(() => server, { places: { folderOf: () => folder, label: () => folder } })
const answers = (changes: Answers = {}): Answers => ({
  ...draft({
    keyFolder: 'D:\\Keys',
    backupFolder: 'D:\\Backup',
    databases: ['Sales', hostileName],
    certificateName: "KT ']; DROP",
    certificateSubject: "O'Brien",
    certificateExpiry: `${new Date().getUTCFullYear() + 5}-06-01`,
    serviceMasterKeyFile: true,
    serviceMasterKeyFilePassword: 'h-smk',
    compression: true,
  }),
  ...changes,
})
const planOn = async (server: SqlServer, given: Answers = answers()) => {
  const parsed = encryptedBackup.parse(given)
  return encryptedBackup.plan(parsed, await encryptedBackup.readFacts(parsed, readerOf(server)), runId)
}

/** Rights on single tables are not simulated; the role gives the same reads. */
const withoutObjectGrants = (script: Script): Script => ({
  ...script,
  parts: script.parts.map((part) =>
    typeof part === 'string'
      ? part
          .replace(
            'GRANT SELECT ON dbo.backupset TO [kt_least];',
            'ALTER ROLE [db_datareader] ADD MEMBER [kt_least];',
          )
          .replace('GRANT SELECT ON dbo.backupmediafamily TO [kt_least];', '')
          .replace('GRANT SELECT ON dbo.backupfile TO [kt_least];', '')
      : part,
  ),
})

const given = new Map(Object.entries(passwords).map(([hole, text]) => [hole.toUpperCase(), text]))

/** What sqlcmd does with a file: variables, then batches. SET NOEXEC ON is not simulated: there the batch just ends. */
const batchesOf = (runbook: string): string[] =>
  runbook
    .replaceAll(/\$\((\w+)\)/g, (_all, variable: string) => given.get(variable) ?? 'Throw-Away-2026')
    .replaceAll('SET NOEXEC ON;', 'RETURN;')
    .split(/^GO$/m)
    .map((batch) => batch.trim())
    .filter((batch) => batch !== '')

describe('on the simulated server', () => {
  it('plans without blockers, runs to evidence, and plans the next run on what is there', async () => {
    const server = await simulated.open()
    const { plan, advice } = await planOn(server)
    expect(advice.blockers).toEqual([])
    expect(advice.notes.filter(({ value }) => value.startsWith('not read'))).toEqual([])
    const around = world(server, folder)
    const walked = await walk(plan, around)
    expect(
      walked
        .flatMap(({ outcome }) => outcome.proofs)
        .map(({ kind, level, by }) => `${kind} ${level} by ${by}`),
    ).toEqual([
      'database-master-key recorded by catalog',
      'service-master-key recorded by catalog',
      'certificate recorded by catalog',
      'certificate opened by server',
      'database-master-key opened by server',
      'certificate opened by keyturn',
    ])
    expect(around.percents).toContain(100)
    // The scratch database is gone again by now, and reading a file again is never "done".
    const gone = ['verify-backup', 'prove-on-server']
    for (const { step, before } of walked.filter(({ step }) => !gone.includes(step.kind))) {
      expect((await handlerOf(step).check(contextOf(step, around, before))).state, step.kind).toBe(
        'satisfied',
      )
    }

    const next = await planOn(
      server,
      answers({ masterKeyMode: 'use', masterKeyPassword: null, certificateMode: 'use' }),
    )
    expect(next.advice.satisfied).toHaveLength(2)
    expect(next.advice.blockers).toEqual([])
    const verdicts = createVerdicts(simulated.servers)
    const print = walked
      .flatMap(({ outcome }) => outcome.proofs)
      .find(({ thumbprint }) => thumbprint !== null)?.thumbprint
    expect(print).toMatch(/^[0-9A-F]{40}$/)
    around.verdicts = verdicts
    const created = walked.find(({ step }) => step.kind === 'create-certificate')
    if (created === undefined) throw new Error('not created')
    await expect(
      handlerOf(created.step).undo?.(contextOf(created.step, around, created.before)),
    ).rejects.toMatchObject({
      code: 'undo-refused',
      problem: { title: expect.stringContaining('1 backups of Sales') as string },
    })
  })

  it('asks the server no oftener than this in each step', async () => {
    const server = await simulated.open()
    const { plan } = await planOn(server)
    const { counted, trips } = countTrips(server)
    const around = world(counted, folder)
    const perKind: Record<string, number> = {}
    for (const step of plan.steps) {
      const before = trips()
      await walkStep(step, around)
      perKind[step.kind] = trips() - before
    }
    // The engine adds one: whether it still holds the server's lock. More here is more time for each database.
    expect(perKind).toEqual({
      // One of the creating steps’ questions is whether "none there" is an answer that this login may get.
      'create-master-key': 6,
      'back-up-master-key': 3,
      'back-up-service-master-key': 3,
      'create-certificate': 5,
      'back-up-certificate': 6,
      'prove-on-server': 10,
      'drop-scratch': 3,
      'fetch-certificate-pair': 3,
      'back-up-database': 7,
      'verify-backup': 1,
    })
  })

  it('names a new run as foreign to files and keys of another', async () => {
    const server = await simulated.open()
    const { plan } = await planOn(server)
    const around = world(server, folder)
    await walk(plan, around)
    for (const step of plan.steps.filter(
      ({ kind }) => !['verify-backup', 'prove-on-server', 'drop-scratch'].includes(kind),
    )) {
      expect((await handlerOf(step).check(contextOf(step, around))).state, step.kind).toBe('foreign')
    }
  })

  it('takes everything back that nothing needs', async () => {
    const server = await simulated.open()
    const { plan } = await planOn(server)
    const around = { ...world(server, folder), verdicts: createVerdicts(simulated.servers) }
    const keys = {
      ...plan,
      steps: plan.steps.filter(({ kind }) => kind === 'create-master-key' || kind === 'create-certificate'),
    }
    const walked = await walk(keys, around)
    for (const { step, before } of walked.toReversed()) {
      const evidence = await handlerOf(step).undo?.(contextOf(step, around, before))
      expect(evidence?.[0]?.value).toContain('dropped')
    }
    const again = await planOn(server)
    expect(again.plan.relied.find(({ fact }) => fact.startsWith('database master key'))?.value).toBe('none')
  })

  it('runs whole under the least-privilege login', async () => {
    const admin = await simulated.open()
    const password = 'Least-Privilege-2026'
    const scripts: Script[] = leastPrivilegeLogin('kt_least', ['Sales']).map(withoutObjectGrants)
    await runAll(admin, scripts, new Map([['login_password', SecretBytes.fromText(password)]]))
    const { server, close } = await simulated.openAs('kt_least', password)
    const { plan, advice } = await planOn(
      server,
      answers({ databases: ['Sales'], serviceMasterKeyFile: false }),
    )
    expect(advice.blockers).toEqual([])
    const walked = await walk(plan, world(server, folder))
    expect(walked).toHaveLength(plan.steps.length)
    const withServiceKey = await planOn(server, answers({ databases: ['Sales'] }))
    expect(withServiceKey.advice.blockers.map(({ what }) => what)).toContain('kt_least has no CONTROL SERVER')
    await close()
  })

  it('its runbook leads to the same keys and backups, and stops where a step finds what it would make', async () => {
    const server = await simulated.open()
    const { plan } = await planOn(server, answers({ localCopy: null }))
    const run = async () => {
      const session = await server.session({ programName: 'sqlcmd' })
      const errors: string[] = []
      for (const batch of batchesOf(runbookSql(plan, 'digest'))) {
        await session.execute({ language: 'tsql', parts: [batch] }).catch((error: unknown) => {
          errors.push(problemOf(error).title)
        })
      }
      await session.close()
      return errors
    }
    expect(await run()).toEqual([])
    const around = world(server, folder)
    for (const step of plan.steps.filter(({ kind }) => !['prove-on-server'].includes(kind))) {
      const recorded = step.kind === 'create-certificate' ? { thumbprints: [] } : {}
      const found = await handlerOf(step).check(contextOf(step, around, recorded))
      if (step.kind !== 'verify-backup') expect(found.state, step.kind).toBe('satisfied')
      const outcome = await handlerOf(step).verify(contextOf(step, around, recorded))
      expect(outcome.evidence.length).toBeGreaterThan(0)
    }
    expect((await run())[0]).toContain('Stopped: step 1 did not run')
  })

  it.each([13, 17] as const)(
    'runs on major version %i, with the file probe and encryptor names that it has',
    async (version) => {
      const other = await simulatedServer(version)
      try {
        const server = await other.open()
        const { plan, advice } = await planOn(server)
        expect(advice.blockers).toEqual([])
        expect(plan.steps[0]?.kind).toBe('create-master-key')
        expect(await walk(plan, world(server, folder))).toHaveLength(plan.steps.length)
      } finally {
        await other.stop()
      }
    },
    60_000,
  )

  it.each(['Express', 'Web'] as const)(
    'is blocked on %s',
    async (edition) => {
      const other = await simulatedServer(16, edition)
      try {
        const { advice } = await planOn(await other.open())
        expect(advice.blockers.map(({ what }) => what)).toContain(
          'This edition does not create encrypted backups',
        )
      } finally {
        await other.stop()
      }
    },
    60_000,
  )

  it('a runbook stops on another server before anything', async () => {
    const server = await simulated.open()
    const { plan } = await planOn(server)
    const elsewhere = {
      ...plan,
      targets: plan.targets.map((one) => ({ ...one, identity: { serverName: 'OTHER' } })),
    }
    const session = await server.session({ programName: 'sqlcmd' })
    const batch = batchesOf(runbookSql(elsewhere, 'digest'))[1] ?? ''
    await expect(session.execute({ language: 'tsql', parts: [batch] })).rejects.toMatchObject({
      problem: { title: expect.stringContaining('not the server of the plan') as string },
    })
    await session.close()
  })
})
