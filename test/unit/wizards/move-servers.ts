import type { RunId } from '../../../shared/model/ids.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import type { Json, Plan, PlannedStep } from '../../../shared/model/plan.ts'
import type { PlanReader, StepHandler } from '../../../electron/engine/contract.ts'
import { createVerdicts } from '../../../electron/inventory/verdicts.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { SqlRow, SqlServer, SqlServers, SqlSession } from '../../../electron/ports/sql-server.ts'
import { moveDatabase } from '../../../electron/wizards/move-database/index.ts'
import type { Edition, MajorVersion } from '../../../sandbox/sqlserver/engine/instance.ts'
import { runId } from './samples.ts'
import { login, sharingServers, sourceDatabases, type SharingServer } from './simulated-servers.ts'
import { contextOf, world, type World } from './walk.ts'
import { planReader } from '../../support/plan-reader.ts'

export const share = '\\\\ktr-files\\move'
export const keyPassword = 'Database-Key-Password-1'

export type MoveServer = SharingServer

export interface MoveServers {
  source: MoveServer
  destination: MoveServer
  around: World<SqlServer>
  reader: PlanReader
  /** What the icacls command of the review does: one file, for the destination's account. */
  grant(path: string, rights?: 'read' | 'full'): void
  /** What the robocopy command does. */
  copy(path: string, to: string): void
  stop(): Promise<void>
}

export interface MoveWish {
  sourceVersion?: MajorVersion
  destinationVersion?: MajorVersion
  destinationEdition?: Edition
}

export { login }

/** Two servers that reach one shared folder under different service accounts, over the real protocol. */
export const moveServers = async (wish: MoveWish = {}): Promise<MoveServers> => {
  const { start, stop } = sharingServers(share)
  const source = await start({
    name: 'KTR-SOURCE',
    id: 't-source',
    version: wish.sourceVersion ?? 15,
    databases: sourceDatabases,
  })
  const destination = await start({
    name: 'KTR-DEST',
    id: 't-destination',
    version: wish.destinationVersion ?? 16,
    edition: wish.destinationEdition ?? 'Developer',
    databases: [],
  })
  const byId = new Map([source, destination].map((server) => [server.ref.id, server]))
  const servers: SqlServers = {
    open: (target) => {
      const found = byId.get(target.id)
      if (found === undefined) throw new Error(`no server ${target.id}`)
      return found.open()
    },
  }
  const [here, there] = [await source.open(), await destination.open()]
  return {
    source,
    destination,
    around: {
      ...world(here, '/nowhere'),
      verdicts: createVerdicts(servers),
      others: new Map([
        [source.ref.id, here],
        [destination.ref.id, there],
      ]),
      secrets: new Map([['dmk_password', SecretBytes.fromText(keyPassword)]]),
    },
    reader: planReader((target) => servers.open(target)),
    grant: (path, rights = 'read') =>
      destination.instance.disk.grant(path, destination.instance.serviceAccount, rights),
    copy: (path, to) => source.instance.disk.copyTo(path, destination.instance.disk, to),
    stop,
  }
}

/** TDE with a certificate on the source, a master key in the database too; a master key on the destination. */
export const underTde = async ({ source, destination }: MoveServers): Promise<void> => {
  await source.run(`USE master;
CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Master-Key-Password-1';
CREATE CERTIFICATE [KT_Tde] WITH SUBJECT = N'TDE', EXPIRY_DATE = N'20401231';
CREATE CERTIFICATE [KT_Backup] WITH SUBJECT = N'Backups', EXPIRY_DATE = N'20401231';
INSERT INTO Sales.dbo.RehearsalRows VALUES (N'kept');
USE Sales;
CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'${keyPassword}';
CREATE CERTIFICATE [Own] WITH SUBJECT = N'Own';
CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER CERTIFICATE [KT_Tde];
ALTER DATABASE Sales SET ENCRYPTION ON;
USE master;`)
  await destination.run(
    `USE master; CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Other-Master-Key-Password-1';`,
  )
  await encrypted(source)
}

/** Waits for the state, not for a time. */
const encrypted = async (server: MoveServer): Promise<void> => {
  const state = (): Promise<SqlRow[]> =>
    server.rows(
      "SELECT k.encryption_state AS s FROM sys.dm_database_encryption_keys AS k WHERE k.database_id = DB_ID(N'Sales')",
    )
  while ((await state())[0]?.['s'] !== 3) await new Promise((resolve) => setImmediate(resolve))
}

export const answers = (servers: MoveServers, changes: Answers = {}): Answers => ({
  target: servers.source.ref.id,
  database: 'Sales',
  destination: servers.destination.ref.id,
  way: 'backup',
  newName: 'Sales',
  dataFolder: 'D:\\Data',
  backupFolder: share,
  databaseKeyPassword: 'h-key',
  ...changes,
})

export const reviewed = async (servers: MoveServers, changes: Answers = {}, run: RunId = runId) => {
  const draft = moveDatabase.parse(answers(servers, changes))
  return moveDatabase.plan(draft, await moveDatabase.readFacts(draft, servers.reader), run)
}

export const handlerOf = ({ kind }: PlannedStep): StepHandler => {
  const found = moveDatabase.steps[kind]
  if (found === undefined) throw new Error(`no handler for ${kind}`)
  return found
}

export interface Walked {
  step: PlannedStep
  before: Json
  state: string
}

/**
 * What the engine does with a plan: check, intent, apply, verify. Where a step waits for a person, `help` is asked once
 * to do what it said, with its problem; then the step is tried again.
 */
export const walkMove = async (
  plan: Plan,
  servers: MoveServers,
  help: (code: string, step: PlannedStep) => void = () => undefined,
): Promise<Walked[]> => {
  const walked: Walked[] = []
  for (const step of plan.steps) walked.push(await walkOne(step, servers, help))
  return walked
}

const walkOne = async (
  step: PlannedStep,
  servers: MoveServers,
  help: (code: string, step: PlannedStep) => void,
  tries = 4,
): Promise<Walked> => {
  try {
    return await tryStep(step, servers)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (tries === 0 || code === '') throw error
    help(code, step)
    return walkOne(step, servers, help, tries - 1)
  }
}

/** Throws an error with the code of the problem where the step does not go on. */
export const tryStep = async (
  step: PlannedStep,
  servers: MoveServers,
  recorded: Json = null,
  attempt = 1,
): Promise<Walked> => {
  const sessions: SqlSession[] = []
  const around = { ...servers.around, opened: (session: SqlSession) => sessions.push(session) }
  const context = (before: Json) => ({ ...contextOf(step, around, before), attempt })
  try {
    const found = await handlerOf(step).check(context(recorded))
    if (found.state === 'foreign' || found.state === 'blocked')
      throw Object.assign(new Error(found.problem.title), {
        code: found.problem.code,
        problem: found.problem,
      })
    if (found.state === 'needed') await handlerOf(step).apply(context(found.before))
    const { evidence } = await handlerOf(step).verify(context(found.before))
    servers.around.earlier.push(...evidence)
    return { step, before: found.before, state: found.state }
  } finally {
    for (const session of sessions) await session.close()
  }
}

/** As the engine does it: the last first; what is not there or has no undo stays. Names what was refused. */
export const undoAll = async (walked: readonly Walked[], servers: MoveServers): Promise<string[]> => {
  const refused: string[] = []
  for (const { step, before, state } of walked.toReversed()) {
    const handler = handlerOf(step)
    if (state === 'satisfied' || step.undo.can === false || handler.undo === undefined) continue
    const sessions: SqlSession[] = []
    const context = contextOf(
      step,
      { ...servers.around, opened: (session) => sessions.push(session) },
      before,
    )
    try {
      const found = await handler.check(context)
      if (found.state === 'needed' && found.partly !== true) continue
      await handler.undo(context)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      if (code !== 'undo-refused') throw error
      refused.push(step.kind)
    } finally {
      for (const session of sessions) await session.close()
    }
  }
  return refused
}
