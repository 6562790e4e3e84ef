/**
 * The wizard's runbook, run by FreeTDS `tsql`, which knows nothing of Keyturn: on a server as at its first start it must
 * leave what the wizard's own run leaves. The test puts in the secrets at `$(NAME)`; `GO` is tsql's own word.
 * Named reason for skipping: `tsql` (package freetds-bin) is not installed.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answers } from '../../shared/forms/form.ts'
import { asHandleId, type RunId } from '../../shared/model/ids.ts'
import type { ReviewedPlan } from '../../shared/model/plan.ts'
import { holesOf } from '../../shared/model/script.ts'
import { answersOfEncryptedBackup, pickFolder } from '../support/encrypted-backup-answers.ts'
import { endStateOf } from '../support/end-state.ts'
import { openRehearsal, type TestRehearsal } from '../support/rehearsal.ts'
import { feedTsql, tsqlInstalled } from '../support/tsql.ts'

const server = 'ktr-sqlprod-01'

/** Every hole that a script of the plan has, with the password that is kept for it. */
const secretsOf = async (
  { program }: TestRehearsal,
  { plan }: ReviewedPlan,
): Promise<Map<string, string>> => {
  const secrets = new Map<string, string>()
  for (const { hole, handle } of plan.secrets) {
    const info = program.keyring.list().find(({ id }) => id === asHandleId(handle))
    if (!info) throw new Error(`nothing is kept for ${hole}`)
    using secret = await program.keyring.open(info.id, info)
    secrets.set(
      hole,
      secret.use((bytes) => bytes.toString()),
    )
  }
  const holes = plan.steps.flatMap(({ scripts }) => scripts.flatMap(holesOf)).map(({ hole }) => hole)
  for (const hole of holes) if (!secrets.has(hole)) secrets.set(hole, throwAwayPassword)
  return secrets
}

/** For the scratch database, which is dropped again: the wizard's run makes one up, whoever runs the runbook too. */
const throwAwayPassword = 'Throw-away 4711 password'

describe.skipIf(!tsqlInstalled())('the runbook in tsql (skipped without the package freetds-bin)', () => {
  let house: TestRehearsal
  beforeAll(async () => {
    house = await openRehearsal()
    mkdirSync(join(house.home, 'runbooks'))
  })
  afterAll(() => house?.end())

  const freshAnswers = async (): Promise<Answers> =>
    (
      await answersOfEncryptedBackup(house.ask, {
        server,
        databases: ['Sales', 'Payroll'],
        localFolder: 'escrow',
      })
    ).answers

  /** Without the person's own folder: a runbook shows the pair there, and writes nothing on the person's computer. */
  const onServer = async (run: RunId | null): Promise<string[]> =>
    (await endStateOf(house.program, { server, localFolder: house.escrow }, run)).filter(
      (line) => !line.startsWith('local file: '),
    )

  const exported = async (answers: Answers): Promise<{ reviewed: ReviewedPlan; text: string }> => {
    const reviewed = await house.review(answers)
    const place = await pickFolder(house.ask, 'runbooks')
    const { name } = await house.ask('wizard.export', { digest: reviewed.digest, kind: 'runbook-sql', place })
    return { reviewed, text: readFileSync(join(house.home, 'runbooks', name), 'utf8') }
  }

  const withSecrets = (text: string, secrets: ReadonlyMap<string, string>): string =>
    text.replace(/\$\(([A-Z0-9_]+)\)/g, (_hole, name: string) => {
      const secret = secrets.get(name.toLowerCase())
      if (secret === undefined) throw new Error(`the runbook asks for ${name}`)
      return secret
    })

  const errorsIn = (printed: string): string[] =>
    printed.split('\n').filter((line) => Number(/^Msg \d+ \(severity (\d+)/.exec(line)?.[1]) > 10)

  test('leaves what the wizard’s own run leaves, and run again it changes nothing', async () => {
    const untouched = await onServer(null)
    const own = await house.run(await freshAnswers())
    expect(own.state).toBe('verified')
    const byWizard = await onServer(own.id)
    expect(byWizard).not.toEqual(untouched)

    await house.ask('rehearsal.reset', {})
    expect(await onServer(null)).toEqual(untouched)
    const { reviewed, text } = await exported(await freshAnswers())
    const secrets = await secretsOf(house, reviewed)
    for (const secret of secrets.values()) expect(text).not.toContain(secret)
    const script = withSecrets(text, secrets)
    const facts = await house.simulators.facts(server)
    const printed = await feedTsql(facts, house.home, script)
    expect(errorsIn(printed)).toEqual([])
    expect(printed).toContain('End of the runbook')
    const byRunbook = await onServer(reviewed.plan.runId)
    expect(byRunbook).toEqual(byWizard)

    const again = await feedTsql(facts, house.home, script)
    expect(again).toContain('Stopped: step 1 did not run')
    expect(await onServer(reviewed.plan.runId)).toEqual(byRunbook)
  }, 120_000)

  test('stops on another server before it changes anything', async () => {
    const other = 'ktr-sqlempty-01'
    const { reviewed, text } = await exported(await freshAnswers())
    const before = await endStateOf(house.program, { server: other, localFolder: house.escrow }, null)
    const script = withSecrets(text, await secretsOf(house, reviewed))
    const printed = await feedTsql(await house.simulators.facts(other), house.home, script)
    expect(printed).toContain('This is not the server of the plan')
    expect(await endStateOf(house.program, { server: other, localFolder: house.escrow }, null)).toEqual(
      before,
    )
  })
})
