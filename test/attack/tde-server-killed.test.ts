/**
 * The server itself is killed in the middle of an encryption scan, while a run watches it. Nothing of the run is lost:
 * the step fails with the server's silence, and once the server is there again a retry finds the scan where it was.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import { startProgram, type Program } from '../../electron/program.ts'
import { refOf } from '../../electron/profile/target-ref.ts'
import { asRunId } from '../../shared/model/ids.ts'
import { askOf } from '../support/ask.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import { killSimulators, simulatorsOf, stopSimulators } from '../support/simulators.ts'
import { answersOfTde, databaseKeysQuery, makeMasterKey } from '../support/tde-answers.ts'

const server = 'ktr-sqlprod-01'
const root = mkdtempSync(join(tmpdir(), 'keyturn-tde-'))
const profile = join(root, 'profile')
let program: Program | null = null

const begin = async (): Promise<Program> => {
  mkdirSync(join(root, 'home', 'escrow'), { recursive: true })
  program = await startProgram({
    profile: 'rehearsal',
    dataFolder: profile,
    version: '0.0.0-test',
    sandboxEntry,
    openProfile: () => Promise.resolve(),
    startFolder: join(root, 'home'),
  })
  await program.ready()
  return program
}

afterAll(async () => {
  await program?.close()
  await stopSimulators(profile)
  rmSync(root, { recursive: true, force: true })
})

test('a server killed in the middle of the scan: the run waits, a retry sees it through', async () => {
  const first = await begin()
  const ask = askOf(first)
  await makeMasterKey(first, ask, server)
  const hold = { command: 'scan', instance: server, pagesPerTick: 2, holdAtPercent: 40 } as const
  await simulatorsOf(profile).order(hold)
  const answers = await answersOfTde(ask, { server, databases: ['Sales'], folder: 'escrow' })
  const { digest, advice } = await ask('wizard.review', { draft: await saveDraft(ask, answers, 'tde') })
  expect(advice.blockers).toEqual([])
  const { run } = await ask('runs.start', { digest, ticket: 'TEST-1', reason: 'a test' })
  await new Promise<void>((resolve) => {
    first.engine.events.on('run-changed', ({ steps }) => {
      if (steps.some(({ progress }) => (progress?.percent ?? 0) >= 30)) resolve()
    })
  })
  await killSimulators(profile)
  const stopped = await first.engine.settled(asRunId(run))
  expect(stopped.state).toBe('waiting-for-decision')
  expect(stopped.steps.at(-1)?.problem?.kind).toBe('unreachable')
  await first.close()

  const second = await begin()
  const askSecond = askOf(second)
  await simulatorsOf(profile).order({ ...hold, pagesPerTick: 64, holdAtPercent: null })
  const choices = second.engine.get(asRunId(run)).choices
  await askSecond(choices.includes('retry') ? 'runs.retry' : 'runs.resume', { run })
  const ended = await second.engine.settled(asRunId(run))
  expect(ended.state).toBe('verified')
  expect(ended.steps.at(-1)?.evidence[0]?.value).toBe('3 (encrypted)')
  const found = (await askSecond('connections.list', {})).find(({ connection }) => connection.name === server)
  if (!found) throw new Error('no connection')
  const keys = await (await second.servers.open(refOf(found.connection))).query(databaseKeysQuery)
  expect(keys.filter(({ name }) => name === 'Sales')).toEqual([
    { name: 'Sales', state: 3, algorithm: 'AES', bits: 256, protector: 'KT_TDE_2026', flag: true },
  ])
})
