/** The job on a database with a replica, in a rehearsal: each node's connector asks the vault for itself. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import { asRunId } from '../../../shared/model/ids.ts'
import type { ReviewedPlan } from '../../../shared/model/plan.ts'
import { pickFolder, saveDraft } from '../../support/encrypted-backup-answers.ts'
import { asAdministrator } from '../../support/restore-drill-answers.ts'
import { openRehearsal, type TestRehearsal } from '../../support/rehearsal.ts'
import {
  answersOfKeyRotation,
  chainOf,
  protectorsOf,
  putUnderOldVersion,
} from '../../support/vault-key-rotation-answers.ts'

const primary = 'ktr-sqlprod-01'
const secondary = 'ktr-sqlempty-01'
let house: TestRehearsal

beforeAll(async () => {
  house = await openRehearsal()
  await putUnderOldVersion(house, primary, ['Sales'])
  await putUnderOldVersion(house, secondary, [])
  await asAdministrator(house.program, house.ask, primary, [
    "ALTER DATABASE [Sales] SET RECOVERY FULL; BACKUP DATABASE [Sales] TO DISK = N'D:\\Backup\\before-the-group.bak' WITH FORMAT;",
  ])
  await house.simulators.order({
    command: 'formGroup',
    name: 'AG1',
    replicas: [primary, secondary],
    databases: ['Sales'],
  })
}, 180_000)
afterAll(() => house.end())

const review = async (changes: Answers = {}): Promise<ReviewedPlan> => {
  const answers = await answersOfKeyRotation(house, {
    server: primary,
    databases: ['Sales'],
    place: await pickFolder(house.ask, 'escrow'),
    changes,
  })
  return house.ask('wizard.review', { draft: await saveDraft(house.ask, answers, 'vault-key-rotation') })
}

it('makes the chain on both nodes before the primary’s statement, and ends under the new key on both', async () => {
  const { plan, digest, advice } = await review()
  expect(advice.blockers).toEqual([])
  const where = (kind: string): string[] =>
    plan.steps.filter((step) => step.kind === kind).map(({ target }) => target.name)
  expect(where('create-asymmetric-key')).toEqual([primary, secondary])
  expect(where('compare-key-place')).toEqual([primary, secondary])
  expect(where('change-protectors')).toEqual([primary])
  expect(where('watch-replica')).toEqual([secondary])
  const { run } = await house.ask('runs.start', { digest, ticket: 'TEST-1', reason: 'a test' })
  const view = await house.program.engine.settled(asRunId(run))
  expect(view.steps.flatMap(({ problem }) => problem ?? [])).toEqual([])
  expect(view.state).toBe('verified')
  for (const server of [primary, secondary]) {
    expect(await protectorsOf(house, server)).toEqual([{ name: 'Sales', protector: 'tde_new', state: 3 }])
    expect(await chainOf(house, server)).toContain('login tde_new_login holds tde_new_credential')
    expect(await chainOf(house, server)).toContain('login tde_old_login holds tde_old_credential')
  }
}, 120_000)

it('a replica that lost the key after the review stops the step before anything is sent', async () => {
  const names = { keyName: 'k2', keyLogin: 'k2_login', credentialName: 'k2_credential' }
  const { digest } = await review(names)
  await house.simulators.order({
    command: 'fault',
    instance: primary,
    fault: { kind: 'fail', match: 'ALTER DATABASE ENCRYPTION KEY', nth: 1, number: 1205, message: 'not yet' },
  })
  const { run } = await house.ask('runs.start', { digest, ticket: 'TEST-1', reason: 'a test' })
  const id = asRunId(run)
  expect((await house.program.engine.settled(id)).state).toBe('waiting-for-decision')
  await asAdministrator(house.program, house.ask, secondary, [
    'ALTER LOGIN [k2_login] DROP CREDENTIAL [k2_credential]; DROP LOGIN [k2_login]; DROP ASYMMETRIC KEY [k2];',
  ])
  await house.ask('runs.retry', { run: id })
  const view = await house.program.engine.settled(id)
  expect(view.steps.flatMap(({ problem }) => problem?.code ?? [])).toEqual(['tde-replica-key'])
  expect((await protectorsOf(house, primary)).map(({ protector }) => protector)).toEqual(['tde_new'])
  await house.ask('runs.leave', { run: id, reason: 'the end of the test' })
}, 120_000)
