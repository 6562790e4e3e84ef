import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { secretsHandlers } from '../../../electron/ipc/handlers/secrets.ts'
import { openConnections } from '../../../electron/profile/connections.ts'
import { openDrafts } from '../../../electron/profile/drafts.ts'
import { createRecord } from '../../../electron/record/record.ts'
import type { PageRequest } from '../../../shared/ipc/schemas.ts'
import { asHandleId, asRunId } from '../../../shared/model/ids.ts'
import { sampleRun } from '../../bench/sample-run.ts'
import { keyFile, login, newKeyring, refusalOf, secret } from '../keyring/support.ts'
import { FixedClock } from '../platform/fixed-clock.ts'

const page: PageRequest = { offset: 0, limit: 100, sort: null, search: '', filters: [] }

const house = async () => {
  const clock = new FixedClock()
  const { keyring, folder } = await newKeyring({ clock })
  const record = createRecord({
    file: join(folder, 'record.db'),
    clock,
    operator: { account: 'kt', name: 'Ada' },
  })
  onTestFinished(() => record.close())
  const connections = await openConnections(folder)
  const drafts = await openDrafts(folder, clock, 'kt')
  const handlers = secretsHandlers({ keyring, record, connections, drafts, clock })
  const list = async () => (await handlers['secrets.list']({ page })).rows
  return { keyring, record, connections, drafts, handlers, list }
}

test('a password that nothing needs is dropped, is an entry, and dropping it again names that it is gone', async () => {
  const { keyring, handlers, list, record } = await house()
  const { id } = await keyring.put({ ...keyFile, label: 'tried once' }, secret('x'))
  expect(await list()).toMatchObject([{ id, copies: [], uses: [], target: 'a connection that was removed' }])
  await handlers['secrets.drop']({ handle: id })
  expect(await list()).toEqual([])
  expect(record.page({ offset: 0, limit: 1, order: 'newest-first' }).rows[0]?.sentence).toBe(
    'A kept secret was dropped: tried once',
  )
  expect(await refusalOf(handlers['secrets.drop']({ handle: id }))).toBe('handle-unknown')
  expect(await refusalOf(handlers['secrets.drop']({ handle: asHandleId('h-foreign') }))).toBe(
    'handle-unknown',
  )
})

test('one that a connection, a draft or an undecided run needs is refused, and stays', async () => {
  const { keyring, connections, drafts, record, handlers, list } = await house()
  const signIn = await keyring.put({ ...login, label: 'sign-in' }, secret('a'))
  const drafted = await keyring.put({ ...keyFile, label: 'drafted' }, secret('b'))
  const running = await keyring.put({ ...keyFile, label: 'running' }, secret('c'))
  await connections.save(null, {
    name: 'SQLPROD-01',
    environment: 'production',
    host: 'localhost',
    port: 1433,
    instanceName: null,
    certificateName: null,
    encryption: { mode: 'strict', trust: { kind: 'system' } },
    authentication: { kind: 'sql-login', user: 'kt', password: signIn.id },
  })
  const draft = await drafts.create('encrypted-backup')
  await drafts.save(draft.id, { certificateFilePassword: drafted.id }, 'files')
  const sample = sampleRun(1)
  const [step] = sample.run.plan.steps
  if (!step) throw new Error('no step')
  const use = {
    hole: 'h',
    purpose: keyFile.purpose,
    target: step.target,
    handle: running.id,
    generation: 1,
    label: 'x',
  }
  record.commit({
    entries: [],
    run: { ...sample.run, id: asRunId('r-1'), plan: { ...sample.run.plan, secrets: [use] } },
    steps: new Map(sample.steps.entries()),
  })
  expect((await list()).map(({ label, uses }) => [label, uses])).toEqual([
    ['sign-in', ['connection SQLPROD-01 signs in with it']],
    ['drafted', ['a draft (encrypted-backup) names it']],
    ['running', [`run “${sample.run.title}” is not decided`]],
  ])
  for (const { id } of [signIn, drafted, running])
    expect(await refusalOf(handlers['secrets.drop']({ handle: id }))).toBe('secret-in-use')
  expect(keyring.list()).toHaveLength(3)
})
