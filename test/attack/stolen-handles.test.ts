/**
 * Attack: the page was taken over and puts a handle into a draft that was not given for it: a password of another use,
 * one of another server, one that is not there. Whatever the job and whatever the field, nothing is run and nothing is
 * opened. A host that was edited under its password: keyring.test.ts; a kept password of a drill: restore-drill.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answers } from '../../shared/forms/form.ts'
import type { JobId } from '../../shared/model/job.ts'
import type { TargetId } from '../../shared/model/ids.ts'
import type { AskedPurpose } from '../../shared/model/secrets.ts'
import {
  answersOfCertificate,
  answersOfRotation,
  certificateBatch,
  masterKeyBatch,
  onServer,
} from '../support/certificate-answers.ts'
import { answersOfEncryptedBackup, saveDraft } from '../support/encrypted-backup-answers.ts'
import { endStateOf } from '../support/end-state.ts'
import { generated, targetNamed } from '../support/job-answers.ts'
import { refusalOf } from '../support/refusal.ts'
import { openRehearsal, type TestRehearsal } from '../support/rehearsal.ts'
import { answersOfTde } from '../support/tde-answers.ts'

const [server, other] = ['ktr-sqlprod-01', 'ktr-sqlempty-01']
let house: TestRehearsal
let here: TargetId
let there: TargetId
let untouched: string[]

const everything = async (): Promise<string[]> =>
  (
    await Promise.all(
      [server, other].map((name) => endStateOf(house.program, { server: name, localFolder: null }, null)),
    )
  ).flat()

beforeAll(async () => {
  house = await openRehearsal()
  await onServer(house, server, masterKeyBatch, certificateBatch('KT_Old'))
  ;[here, there] = [await targetNamed(house.ask, server), await targetNamed(house.ask, other)]
  untouched = await everything()
})
afterAll(() => house?.end())

/** A complete draft of each job, which could run as it is. */
const drafts: Readonly<Partial<Record<JobId, () => Promise<Answers>>>> = {
  'encrypted-backup': async () => {
    const wish = { server, databases: ['Sales'], localFolder: 'escrow' }
    const { answers } = await answersOfEncryptedBackup(house.ask, wish)
    return { ...answers, masterKeyMode: 'use', masterKeyPassword: null }
  },
  'master-key': async () => ({
    target: there,
    key: 'database',
    database: 'master',
    act: 'create',
    newPassword: await generated(house.ask, there, 'sql.dmk-password', 'New password'),
    filePassword: await generated(house.ask, there, 'sql.key-file-password', 'Key files'),
    keyFolder: 'D:\\Keys',
    proveOnServer: true,
  }),
  certificate: () => answersOfCertificate(house.ask, { server, localFolder: 'escrow' }),
  'backup-certificate-rotation': () =>
    answersOfRotation(house.ask, { server, localFolder: 'escrow', oldCertificate: 'KT_Old' }),
  tde: () => answersOfTde(house.ask, { server, databases: ['Sales'], folder: 'escrow' }),
}

/** The answers that hold a handle of the keyring. */
const secretFields = (answers: Answers): string[] =>
  Object.entries(answers).flatMap(([name, value]) =>
    /password$/i.test(name) && typeof value === 'string' ? [name] : [],
  )

const keep = async (purpose: AskedPurpose, target: TargetId): Promise<string> =>
  (
    await house.ask('secrets.keep', {
      purpose,
      target,
      label: 'Not for this',
      rule: 'existing-password',
      bytes: new TextEncoder().encode('Not-For-This-2026-x'),
    })
  ).handle

const thefts: Readonly<Record<string, (field: string, target: TargetId) => Promise<string>>> = {
  'of another use': (field, target) =>
    keep(/file/i.test(field) ? 'sql.dmk-password' : 'sql.key-file-password', target),
  'of another server': (field, target) =>
    keep(/file/i.test(field) ? 'sql.key-file-password' : 'sql.dmk-password', target === here ? there : here),
  'that is not there': () => Promise.resolve('h-aaaaaaaaaaaa'),
}

const start = async (job: JobId, answers: Answers): Promise<string> => {
  const draft = await saveDraft(house.ask, answers, job)
  const reviewed = await house.ask('wizard.review', { draft })
  if (reviewed.advice.blockers.length > 0) return 'blocked'
  const { digest } = reviewed
  return (await refusalOf(house.ask('runs.start', { digest, ticket: 'T-1', reason: 'stolen' }))).code
}

describe.each(Object.entries(drafts))('%s', (name, draft) => {
  const job = name as JobId
  test.each(Object.entries(thefts))(
    'a handle %s is refused in each field',
    async (_what, steal) => {
      const good = await draft()
      const fields = secretFields(good)
      expect(fields.length).toBeGreaterThan(0)
      const reviewed = await house.ask('wizard.review', { draft: await saveDraft(house.ask, good, job) })
      expect(reviewed.advice.blockers).toEqual([])
      for (const field of fields) {
        const handle = await steal(field, good['target'] === there ? there : here)
        expect(['blocked', 'handle-not-for-this', 'handle-unknown'], field).toContain(
          await start(job, { ...good, [field]: handle }),
        )
      }
      expect(house.program.engine.list()).toEqual([])
      expect(await everything()).toEqual(untouched)
    },
    60_000,
  )
})
