import { afterEach, describe, expect, it } from 'vitest'
import { displayScript } from '../../../shared/model/script.ts'
import type { PlannedStep } from '../../../shared/model/plan.ts'
import {
  moveServers,
  reviewed,
  tryStep,
  underTde,
  undoAll,
  walkMove,
  type MoveServers,
  type MoveWish,
} from './move-servers.ts'

let servers: MoveServers
const begin = async (wish: MoveWish = {}): Promise<MoveServers> => {
  servers = await moveServers(wish)
  await underTde(servers)
  return servers
}
afterEach(() => servers.stop())

const state = async (name: string, on = servers.destination) =>
  (
    await on.rows(
      `SELECT d.state_desc AS state, d.is_master_key_encrypted_by_server AS opens FROM sys.databases AS d WHERE d.name = N'${name}'`,
    )
  )[0]
const kept = async (name: string, on = servers.destination) =>
  on.rows(`SELECT note FROM [${name}].dbo.RehearsalRows`)
const certificates = async (on = servers.destination) =>
  (await on.rows('SELECT c.name AS name FROM master.sys.certificates AS c')).map((row) => row['name'])

/** What the person does when the run waits: the command that the problem named. */
const help = (code: string, step: PlannedStep): void => {
  const params = step.params as { file?: string; files?: { from?: string; to: string }[] }
  if (code === 'move-files-not-there')
    for (const { from, to } of params.files ?? []) servers.copy(from ?? '', to)
  else if (code === 'move-file-denied' && params.files === undefined) servers.grant(params.file ?? '')
  else if (code === 'move-file-denied') for (const { to } of params.files ?? []) servers.grant(to, 'full')
  else throw new Error(`${step.kind}: ${code}`)
}

describe('a move by backup and restore', () => {
  it('brings certificate, database and its own master key; the source stays as it was', async () => {
    await begin()
    const { plan, advice } = await reviewed(servers, { backupCertificate: 'KT_Backup' })
    expect(advice.blockers).toEqual([])
    expect(plan.targets.map(({ ref }) => ref.name)).toEqual(['KTR-SOURCE', 'KTR-DEST'])
    expect(plan.steps.map(({ kind }) => kind)).toEqual([
      'try-database-key',
      'copy-certificate',
      'copy-certificate',
      'match-protectors',
      'back-up-for-move',
      'read-moved-backup',
      'restore-moved-database',
      'check-moved-database',
      'repair-master-key',
    ])
    const codes: string[] = []
    await walkMove(plan, servers, (code, step) => {
      codes.push(code)
      help(code, step)
    })
    expect(codes).toEqual(['move-file-denied'])
    expect(await state('Sales')).toEqual({ state: 'ONLINE', opens: true })
    expect(await kept('Sales')).toEqual([{ note: 'kept' }])
    expect(await state('Sales', servers.source)).toEqual({ state: 'ONLINE', opens: true })
    expect(servers.around.earlier.every(({ source, at }) => source !== '' && at !== '')).toBe(true)
    expect(servers.around.earlier.map(({ statement }) => statement)).toEqual(
      expect.arrayContaining([
        'Encryption state, the same as on the source',
        'Thumbprint that it is under, the same as on the source',
        'Errors that it counted',
      ]),
    )
  }, 60_000)
})

describe('a move by detach and attach', () => {
  it('waits for the files, attaches them, and attaches the source again', async () => {
    await begin()
    const { plan, advice } = await reviewed(servers, {
      way: 'detach',
      newName: 'Moved',
      sourceAfter: 'offline',
    })
    expect(advice.blockers).toEqual([])
    const codes: string[] = []
    const walked = await walkMove(plan, servers, (code, step) => {
      codes.push(code)
      help(code, step)
    })
    expect(codes).toEqual(['move-files-not-there', 'move-file-denied'])
    expect(walked.map(({ step }) => step.kind)).toEqual([
      'try-database-key',
      'copy-certificate',
      'match-protectors',
      'detach-database',
      'wait-for-files',
      'attach-moved-database',
      'check-moved-database',
      'repair-master-key',
      'attach-source',
      'repair-master-key',
      'set-source-offline',
    ])
    expect(await state('Moved')).toEqual({ state: 'ONLINE', opens: true })
    expect(await kept('Moved')).toEqual([{ note: 'kept' }])
    expect(await state('Sales', servers.source)).toMatchObject({ state: 'OFFLINE' })
    const text = displayScript(walked[4]?.step.scripts[0] ?? { language: 'tsql', parts: [] })
    expect(text).toContain('-- robocopy "\\\\')
    expect(text).toContain('-- icacls "D:\\Data\\')
    // Everything is taken back: the source is online and whole, the destination as it was.
    await undoAll(walked, servers)
    expect(await state('Moved')).toBeUndefined()
    expect(await certificates()).toEqual([])
    expect(await state('Sales', servers.source)).toEqual({ state: 'ONLINE', opens: true })
    expect(await kept('Sales', servers.source)).toEqual([{ note: 'kept' }])
  }, 60_000)

  it('loss rehearsal: the certificate lost on the destination is found before anything is detached', async () => {
    await begin()
    const { plan } = await reviewed(servers, { way: 'detach' })
    for (const step of plan.steps.slice(0, 2)) await tryStep(step, servers)
    await servers.destination.run('USE master; DROP CERTIFICATE [KT_Tde];')
    const [match, detach] = plan.steps.slice(2)
    if (match === undefined || detach === undefined) throw new Error('no steps')
    expect(detach.kind).toBe('detach-database')
    await expect(tryStep(match, servers)).rejects.toMatchObject({ code: 'move-certificate-missing' })
    await expect(tryStep(detach, servers)).rejects.toMatchObject({ code: 'move-certificate-missing' })
    expect(await state('Sales', servers.source)).toMatchObject({ state: 'ONLINE' })
    const access = await servers.source.rows(
      "SELECT d.user_access_desc AS a FROM sys.databases AS d WHERE d.name = N'Sales'",
    )
    expect(access).toEqual([{ a: 'MULTI_USER' }])
  }, 60_000)
})
