import type { Answers } from '../../../shared/forms/form.ts'
import { displayScript } from '../../../shared/model/script.ts'
import { refOf } from '../../../electron/profile/target-ref.ts'
import { targetNamed } from '../../support/job-answers.ts'
import type { CrashScenario, Stage } from '../scenario.ts'

const source = 'ktr-sqlprod-01'
const destination = 'ktr-sqlempty-01'
const share = '\\\\ktr-files\\backup'
const password = 'Crash-Matrix-Key-2026'

/** One batch as an administrator. */
const run = async ({ program, ask }: Stage, server: string, statement: string): Promise<void> => {
  const found = (await ask('connections.list', {})).find(({ connection }) => connection.name === server)
  if (!found) throw new Error(`no connection ${server}`)
  const session = await (
    await program.servers.open(refOf(found.connection))
  ).session({ programName: 'prepare' })
  try {
    await session.execute({ language: 'tsql', parts: [statement] })
  } finally {
    await session.close()
  }
}

const answers = async ({ ask }: Stage): Promise<Answers> => {
  const [target, there] = [await targetNamed(ask, source), await targetNamed(ask, destination)]
  return {
    target,
    database: 'Sales',
    destination: there,
    certificateFrom: 'connection',
    databaseKeyPassword: null,
    way: 'backup',
    newName: 'Sales',
    dataFolder: 'D:\\Backup',
    backupFolder: share,
    readFolder: '',
    backupCertificate: 'KT_Move',
    sourceAfter: 'offline',
    checkConsistency: true,
  }
}

/** By backup, encrypted under a certificate that comes along; killed anywhere, also in the middle of the restore. */
export const moveDatabase: CrashScenario = {
  job: 'move-database',
  servers: [source, destination],
  prepare: async (stage) => {
    await run(
      stage,
      source,
      `USE master; CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'${password}';
CREATE CERTIFICATE [KT_Move] WITH SUBJECT = N'Move', EXPIRY_DATE = N'20401231';`,
    )
    await run(stage, destination, `USE master; CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'${password}';`)
  },
  answers,
  middle: {
    kind: 'restore-moved-database',
    server: destination,
    statement: 'RESTORE DATABASE',
    percents: [30, 80],
    slow: async ({ simulators }) => {
      const fault = { kind: 'throttle', bytesPerSecond: 4_000_000 } as const
      await simulators.order({ command: 'fault', instance: destination, fault })
    },
  },
  // The backup belongs to the source's service account until an administrator grants more.
  help: async ({ simulators }, code, { plan }) => {
    if (code !== 'move-file-denied') throw new Error(`the run waits: ${code}`)
    const restore = plan.steps.find(({ kind }) => kind === 'restore-moved-database')
    const path = /DISK = N'([^']+)'/.exec(
      displayScript(restore?.scripts[0] ?? { language: 'tsql', parts: [] }),
    )?.[1]
    const { serviceAccount } = await simulators.facts(destination)
    await simulators.order({
      command: 'grant',
      instance: destination,
      path: path ?? '',
      account: serviceAccount,
      rights: 'read',
    })
  },
  questions: {
    'user database':
      'SELECT d.name AS name, d.state_desc AS state, d.user_access_desc AS access FROM sys.databases AS d WHERE d.database_id > 4',
  },
  shortPoints: 5,
}
