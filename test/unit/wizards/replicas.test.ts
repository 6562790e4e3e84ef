import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { problemOf } from '../../../shared/errors/problem.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import type { Plan } from '../../../shared/model/plan.ts'
import type { PlanOutcome, PlanReader } from '../../../electron/engine/contract.ts'
import { digestOf } from '../../../electron/engine/digest.ts'
import { guardsOf } from '../../../electron/scripts/runbook/sql-guards.ts'
import { runbookSql } from '../../../electron/scripts/runbook/sql.ts'
import { queryText, tsql } from '../../../electron/scripts/tsql/fragment.ts'
import { certificate } from '../../../electron/wizards/certificate/index.ts'
import type { ServerFacts } from '../../../electron/wizards/sqlserver/facts-model.ts'
import type { Facts as TdeFacts } from '../../../electron/wizards/tde/facts-model.ts'
import { unread } from './samples.ts'
import { asRunId } from '../../../shared/model/ids.ts'
import { certificateFront } from '../../../electron/wizards/certificate/front.ts'
import { tde } from '../../../electron/wizards/tde/index.ts'
import { tdeFront } from '../../../electron/wizards/tde/front.ts'
import { certificateDraft } from './certificate-samples.ts'
import { primaryRef, replicaStage, secondaryRef, type ReplicaStage } from './replica-stage.ts'
import { answers as tdeAnswers, codeOf, kinds, stepOfKind } from './tde-stage.ts'
import type { Walked } from './walk.ts'

let stage: ReplicaStage
/** A stage of its own for each test of the block. */
const useStages = (): void => {
  beforeEach(async () => {
    stage = await replicaStage()
    await makeCertificate()
  })
  afterEach(() => stage.end())
}

const makeCertificate = (): Promise<void> =>
  stage.sql(
    stage.primary,
    "CREATE CERTIFICATE [KT_TDE] WITH SUBJECT = N'TDE test', EXPIRY_DATE = N'20401231'",
  )
const copy = (): Answers => ({
  ...certificateDraft({ task: 'copy', certificateName: 'KT_TDE', replicas: [secondaryRef.id] }),
})
const copied = async (): Promise<Walked[]> => stage.walk(certificate, await stage.ready(certificate, copy()))
const turnOn = (changes: Answers = {}): Answers => tdeAnswers({ certificateMode: 'use', ...changes })
const values = (walked: readonly Walked[]): string[] =>
  walked.flatMap(({ outcome }) =>
    outcome.evidence.map(({ statement, value, source }) => `${source} | ${statement}: ${value}`),
  )
const upTo = async (plan: Plan, kind: string): Promise<void> => {
  stage.around.earlier.length = 0
  for (const step of plan.steps) {
    if (step.kind === kind) return
    await stage.step(tde, step)
  }
}
const options = (): { value: string; label: string; usable: true }[] =>
  [primaryRef, secondaryRef].map(({ id, name }) => ({ value: id, label: name, usable: true }))
const noConnection = (): void => {
  stage.reader.knownServers = () => [{ ref: primaryRef, host: '127.0.0.1', serverName: 'KTR-AG-01' }]
}

describe('what is asked and shown before anything is sent', () => {
  let reader: PlanReader
  beforeAll(async () => {
    stage = await replicaStage()
    await makeCertificate()
    reader = { ...stage.reader }
  })
  beforeEach(() => void Object.assign(stage.reader, reader))
  afterAll(() => stage.end())

  it('offers the replicas that the catalog names, and suggests those with a connection', async () => {
    const front = certificateFront(options)
    const shown = await front.facts({ ...copy(), replicas: null }, 'places', stage.reader)
    expect(shown.options['otherTargets']).toMatchObject([
      { value: secondaryRef.id, facts: { 'Replica of': 'Sales' } },
    ])
    expect(shown.suggested['replicas']?.value).toEqual([secondaryRef.id])
    expect(shown.shown[0]?.value).toBe('KTR-AG-02 (Sales): connection KTR-AG-02')
    expect(shown.checks.at(-1)).toMatchObject({ name: 'Connections to replicas', state: 'ok' })
  })

  it('says which replica has no connection, and what to do', async () => {
    noConnection()
    const front = certificateFront(options)
    const shown = await front.facts({ ...copy(), replicas: null }, 'places', stage.reader)
    expect(shown.suggested['replicas']).toBeUndefined()
    expect(shown.checks.at(-1)).toMatchObject({
      state: 'unknown',
      detail: 'KTR-AG-02: no connection. Add one under Connections and test it, then read again',
    })
  })

  it('finds the replica behind a connection that nobody used yet, by asking the server itself', async () => {
    const front = certificateFront(options)
    const shown = async (ref: { name: string; host?: string }): Promise<unknown> => {
      stage.reader.knownServers = () => [
        { ref: { ...secondaryRef, name: ref.name }, host: ref.host ?? '10.0.0.2', serverName: null },
      ]
      return (await front.facts(copy(), 'places', stage.reader)).suggested['replicas']?.value
    }
    expect(await shown({ name: 'ktr-ag-02' })).toEqual([secondaryRef.id])
    expect(await shown({ name: 'Second node', host: 'ktr-ag-02.example.org' })).toEqual([secondaryRef.id])
    expect(await shown({ name: 'Something else' })).toBeUndefined()
    // Called like the replica, but another server answers.
    stage.reader.sqlServer = async () => stage.primary
    expect(await shown({ name: 'ktr-ag-02' })).toBeUndefined()
  })

  it('says “not asked” of a replica without a connection, and stands on the word of the person only', async () => {
    noConnection()
    const { advice } = await stage.review(tde, turnOn())
    expect(advice.blockers.map(({ what, measured }) => `${what}: ${measured}`)).toEqual([
      'Whether KTR-AG-02 has KT_TDE is not known: not asked: no connection',
    ])
    const front = tdeFront(options)
    const { flags } = await front.facts(turnOn(), 'key', stage.reader)
    expect(flags['replicaIsSilent']).toBe(true)
    const confirmed = await stage.review(tde, turnOn({ replicasConfirmed: true }))
    expect(confirmed.advice.blockers).toEqual([])
    expect(confirmed.advice.warnings.map(({ what }) => what)).toContain(
      'KTR-AG-02 has KT_TDE by your word only',
    )
    expect(confirmed.plan.targets.map(({ ref }) => ref.name)).toEqual(['KTR-AG-01'])
    expect(kinds(confirmed.plan)).not.toContain('watch-replica')
    expect(tde.notChecked(confirmed.plan).join('\n')).toContain('Not seen on KTR-AG-02')
  })

  /** The plan where one replica, or the primary, shows less to the login than there is. */
  const planWith = async (
    given: Answers,
    changed: (facts: TdeFacts) => Partial<TdeFacts>,
  ): Promise<PlanOutcome['advice']> => {
    const draft = tde.parse(given)
    const facts = await tde.readFacts(draft, stage.reader)
    return tde.plan(draft, { ...facts, ...changed(facts) }, asRunId('k7f3ab2cdefg')).advice
  }

  it('of a replica that hides it from the login says “not read”, and names the right and not the copy', async () => {
    const onReplica = (changes: Partial<ServerFacts>) =>
      planWith(turnOn({ replicasConfirmed: true }), ({ certificates, replicasAsked }) => ({
        replicasAsked: replicasAsked.map((one) =>
          one.asked === 'answered' ? { ...one, facts: { ...one.facts, certificates, ...changes } } : one,
        ),
      }))
    expect((await onReplica({})).blockers).toEqual([])
    for (const [changes, measured] of [
      [{ certificates: unread() }, 'catalog: not visible with this login'],
      [{ masterKey: unread() }, 'whether that opens by itself: not visible with this login'],
    ] as const)
      expect((await onReplica(changes)).blockers).toEqual([
        {
          what: 'Whether KTR-AG-02 can open a key under KT_TDE was not read',
          measured: expect.stringContaining(measured) as string,
          limit: 'VIEW DEFINITION on master there, for the login of its connection. Then read again',
          screen: 'key',
        },
      ])
  })

  it('where it was not read whether there are replicas, no key is made, and turning off says that none is watched', async () => {
    const without = (given: Answers) => planWith(given, () => ({ replicas: unread(), replicasAsked: [] }))
    const what = 'Whether KTR-AG-01 has availability replicas was not read'
    expect((await without(turnOn())).blockers).toContainEqual({
      what,
      measured: 'not visible with this login',
      limit: 'Each replica needs the certificate before the key is made',
      screen: 'key',
    })
    for (const task of ['watch', 'turn-off'])
      expect((await without(tdeAnswers({ task }))).warnings).toContainEqual({
        what,
        why: expect.stringContaining('none is watched') as string,
        screen: 'task',
      })
  })

  it('refuses the secondary as the server to work on', async () => {
    const { advice } = await stage.review(tde, turnOn({ target: secondaryRef.id, task: 'turn-off' }))
    expect(advice.blockers.map(({ measured }) => measured)).toContain(
      'a secondary replica here: its primary takes these statements',
    )
  })
})

describe('copying a certificate to the replicas', () => {
  useStages()

  it('brings it there and compares thumbprints on both', async () => {
    const walked = await copied()
    const [row] = await stage.primary.query(
      "SELECT CONVERT(varchar(66), c.thumbprint, 2) AS t FROM sys.certificates AS c WHERE c.name = N'KT_TDE'",
    )
    const there = await stage.secondary.query(
      "SELECT CONVERT(varchar(66), c.thumbprint, 2) AS t, c.pvt_key_encryption_type AS k FROM sys.certificates AS c WHERE c.name = N'KT_TDE'",
    )
    expect(there).toEqual([{ t: row?.['t'], k: 'MK' }])
    expect(values(walked).join('\n')).toContain(String(row?.['t']))
  })
})

describe('TDE on a database with replicas', () => {
  useStages()

  it('asks the replica, makes the key when it has the certificate, and sees state 3 on both', async () => {
    await copied()
    const { plan, advice } = await stage.review(tde, turnOn())
    expect(advice.blockers).toEqual([])
    expect(plan.targets.map(({ ref }) => ref.name)).toEqual(['KTR-AG-01', 'KTR-AG-02'])
    expect(kinds(plan)).toEqual([
      'back-up-certificate',
      'fetch-certificate-pair',
      'create-database-key',
      'set-encryption-on',
      'watch-scan',
      'watch-replica',
    ])
    const note = advice.notes.find(({ statement }) => statement === 'KT_TDE on replica KTR-AG-02')
    expect(note).toMatchObject({
      value: 'KT_TDE, private key under the master key',
      source: 'KTR-AG-02, master.sys.certificates',
    })
    expect(Date.parse(note?.at ?? '')).toBeGreaterThan(0)
    expect(plan.relied).toContainEqual({
      target: 'KTR-AG-02',
      fact: expect.stringMatching(/^certificate [0-9A-F]{40}$/) as string,
      value: 'KT_TDE, private key under the master key',
    })
    const walked = await stage.walk(tde, plan)
    expect(await stage.state(stage.secondary)).toBe(3)
    expect(values(walked.slice(-1))).toEqual([
      'KTR-AG-02, sys.dm_database_encryption_keys | Encryption state of Sales: 3 (encrypted)',
      expect.stringMatching(/^KTR-AG-02, .*Protector of the key of Sales, thumbprint: [0-9A-F]{40}$/),
      'KTR-AG-02, sys.dm_hadr_database_replica_states | Sales on this replica: SYNCHRONIZED',
    ])
    expect((await stage.check(tde, stepOfKind(plan, 'watch-replica'))).state).toBe('satisfied')
    expect(tde.notChecked(plan).join('\n')).toContain('No failover was made')
    const runbook = runbookSql(plan, digestOf(plan))
    expect(runbook).toMatch(/Part \d+ on KTR-AG-02/)
  })

  it('refuses before anything changed while the replica lacks it, and names the job that mends it', async () => {
    const { plan, advice } = await stage.review(tde, turnOn())
    expect(advice.blockers).toEqual([
      {
        what: 'KTR-AG-02 can’t open a key under KT_TDE',
        measured: 'KTR-AG-02, master.sys.certificates: no certificate of that thumbprint',
        limit: 'KT_TDE there too: the job “Certificate”, task “Copy”, brings it. Then read again',
        screen: 'key',
      },
    ])
    // A word of the person does not outweigh what the replica said.
    const confirmed = await stage.review(tde, turnOn({ replicasConfirmed: true }))
    expect(confirmed.advice.blockers).toHaveLength(1)
    // The same question right before the key is made: with an approved plan nothing else would stop it.
    await upTo(plan, 'create-database-key')
    const found = await stage.check(tde, stepOfKind(plan, 'create-database-key'))
    expect(found).toMatchObject({ state: 'blocked', problem: { code: 'tde-replica-certificate' } })
    expect(await stage.state(stage.primary)).toBe(0)
    await copied()
    expect((await stage.check(tde, stepOfKind(plan, 'create-database-key'))).state).toBe('needed')
  })

  it.each([
    ['only the public half', 'ALTER CERTIFICATE [KT_TDE] REMOVE PRIVATE KEY', 'without a private key'],
    [
      'a master key that needs its password',
      'ALTER MASTER KEY DROP ENCRYPTION BY SERVICE MASTER KEY',
      'does not open by itself',
    ],
  ])('does not take a replica with %s for one that has it', async (_what, statement, measured) => {
    await copied()
    await stage.sql(stage.secondary, statement)
    const { advice } = await stage.review(tde, turnOn())
    expect(advice.blockers.map((one) => one.measured).join()).toContain(measured)
  })

  it('another replica state makes another plan', async () => {
    await copied()
    const draft = tde.parse(turnOn())
    const run = (await stage.ready(tde, turnOn())).runId
    const planned = async (): Promise<string> =>
      digestOf(tde.plan(draft, await tde.readFacts(draft, stage.reader), run).plan)
    const before = await planned()
    expect(await planned()).toBe(before)
    await stage.sql(stage.secondary, 'DROP CERTIFICATE [KT_TDE]')
    expect(await planned()).not.toBe(before)
  })

  it('a replica that gives no answer is named with the reason', async () => {
    const { sqlServer } = stage.reader
    stage.reader.sqlServer = (ref) =>
      ref.id === secondaryRef.id ? Promise.reject(new Error('gone')) : sqlServer(ref)
    // A fault of Keyturn is none of the replica's.
    await expect(stage.review(tde, turnOn())).rejects.toThrow('gone')
    await stage.simulated[1].servers.closeAll()
    stage.reader.sqlServer = sqlServer
    const { advice } = await stage.review(tde, turnOn())
    expect(advice.blockers[0]?.measured).toMatch(/^no answer: /)
  })

  it('a lagging secondary: the key stays as it is (SQL 33123), with words for it', async () => {
    await copied()
    const plan = await stage.ready(tde, turnOn())
    await upTo(plan, 'set-encryption-on')
    stage.group.hold('KTR-AG-02', true)
    await stage.step(tde, stepOfKind(plan, 'set-encryption-on'))
    await stage.step(tde, stepOfKind(plan, 'watch-scan'))
    expect((await stage.check(tde, stepOfKind(plan, 'watch-replica'))).state).toBe('needed')
    await stage.sql(stage.primary, "BACKUP DATABASE [Sales] TO DISK = N'D:\\Backup\\s.bak'")
    await stage.sql(stage.primary, "BACKUP LOG [Sales] TO DISK = N'D:\\Backup\\s.trn'")
    const again = await stage.ready(tde, tdeAnswers({ task: 'regenerate' }))
    const failed = await stage.step(tde, stepOfKind(again, 'regenerate-database-key')).catch(problemOf)
    expect(failed).toMatchObject({
      code: 'tde-replica-behind',
      next: 'Wait until the replicas have caught up, then retry the step',
    })
    stage.group.hold('KTR-AG-02', false)
    await stage.walk(tde, again)
    expect(await stage.state(stage.primary)).toBe(3)
  })

  it('does not wait for ever where data movement is suspended', async () => {
    await copied()
    const plan = await stage.ready(tde, turnOn())
    await upTo(plan, 'create-database-key')
    await stage.sql(stage.secondary, 'ALTER DATABASE [Sales] SET HADR SUSPEND')
    for (const kind of ['create-database-key', 'set-encryption-on', 'watch-scan'])
      await stage.step(tde, stepOfKind(plan, kind))
    const watch = stepOfKind(plan, 'watch-replica')
    expect(await codeOf(stage.step(tde, watch))).toBe('tde-replica-suspended')
    await stage.sql(stage.secondary, 'ALTER DATABASE [Sales] SET HADR RESUME')
    expect((await stage.step(tde, watch)).outcome.evidence[0]?.value).toBe('3 (encrypted)')
  })

  it('puts the key under another certificate only when the replica has that one too', async () => {
    await copied()
    await stage.walk(tde, await stage.ready(tde, turnOn()))
    await stage.sql(
      stage.primary,
      "CREATE CERTIFICATE [KT_Next] WITH SUBJECT = N'next', EXPIRY_DATE = N'20401231'",
    )
    const rotate = turnOn({ task: 'rotate-protector', certificateName: 'KT_Next' })
    expect((await stage.review(tde, rotate)).advice.blockers.map(({ what }) => what)).toEqual([
      'KTR-AG-02 can’t open a key under KT_Next',
    ])
    await stage.walk(certificate, await stage.ready(certificate, { ...copy(), certificateName: 'KT_Next' }))
    const plan = await stage.ready(tde, rotate)
    // The runbook's own question on the replica: state 3 alone would have said yes before anything was sent.
    const stops = async (): Promise<unknown> => {
      const { stopIfAfter } = guardsOf(stepOfKind(plan, 'watch-replica'))
      if (stopIfAfter === null) throw new Error('no question')
      const asked = queryText(tsql`SELECT CASE WHEN ${stopIfAfter} THEN 1 ELSE 0 END AS stops;`)
      return (await stage.secondary.query(asked))[0]?.['stops']
    }
    expect(await stops()).toBe(1)
    const walked = await stage.walk(tde, plan)
    expect(await stops()).toBe(0)
    const thumbprints = walked
      .filter(({ step }) => ['change-protector', 'watch-replica'].includes(step.kind))
      .map(({ outcome }) => outcome.evidence.find(({ data }) => data?.['thumbprint'] !== undefined)?.value)
    expect(new Set(thumbprints).size).toBe(1)
    expect(thumbprints).toHaveLength(2)
  })

  it('turns off in the order that replicas need, and ends without a key on both', async () => {
    await copied()
    await stage.walk(tde, await stage.ready(tde, turnOn()))
    const plan = await stage.ready(tde, tdeAnswers({ task: 'turn-off' }))
    expect(kinds(plan)).toEqual([
      'set-encryption-off',
      'watch-scan',
      'watch-replica',
      'drop-database-key',
      'log-backup',
      'full-backup',
      'keep-protector',
    ])
    await stage.walk(tde, plan)
    expect(await stage.state(stage.secondary)).toBe(0)
  })
})
