import type { Answers } from '../../shared/forms/form.ts'
import type { Program } from '../../electron/program.ts'
import { refOf } from '../../electron/profile/target-ref.ts'
import type { Ask } from './ask.ts'
import type { Simulators } from './simulators.ts'

export const drillSource = 'ktr-sqlprod-01'
export const drillServer = 'ktr-sqlempty-01'
export const drillShare = '\\\\ktr-files\\backup'
export const drillFilePassword = 'Drill-Key-File-Password-1'

/** Sends statements to a simulated server as its administrator does, outside of any run. */
export const asAdministrator = async (
  program: Program,
  ask: Ask,
  server: string,
  statements: readonly string[],
): Promise<void> => {
  const found = (await ask('connections.list', {})).find(({ connection }) => connection.name === server)
  if (!found) throw new Error(`no connection ${server}`)
  const session = await (await program.servers.open(refOf(found.connection))).session({ programName: 'test' })
  try {
    for (const statement of statements)
      await session.execute({ language: 'tsql', parts: [statement] }, { timeoutMs: 0 })
  } finally {
    await session.close()
  }
}

export interface DrillBackups {
  program: Program
  ask: Ask
  simulators: Simulators
}

/** On the source: a certificate, its files and a chain of backups of one database, in the shared folder that both see. */
export const backupsToDrill = async (
  { program, ask, simulators }: DrillBackups,
  { database = 'Sales', chain = true }: { database?: string; chain?: boolean } = {},
): Promise<void> => {
  const encryption = 'ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [KT_Drill])'
  const row = (note: string): string =>
    `USE [${database}]; INSERT INTO dbo.RehearsalRows (note) VALUES (N'${note}'); USE [master];`
  await asAdministrator(program, ask, drillSource, [
    `USE [master]; CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Drill-Master-Key-1';`,
    `CREATE CERTIFICATE [KT_Drill] WITH SUBJECT = N'Backups', EXPIRY_DATE = N'20451231';`,
    `BACKUP CERTIFICATE [KT_Drill] TO FILE = N'${drillShare}\\KT_Drill.cer' WITH PRIVATE KEY (FILE = N'${drillShare}\\KT_Drill.pvk', ENCRYPTION BY PASSWORD = N'${drillFilePassword}');`,
    `BACKUP DATABASE [${database}] TO DISK = N'${drillShare}\\full.bak' WITH FORMAT, CHECKSUM, ${encryption};`,
    ...(chain
      ? [
          row('after the full backup'),
          `BACKUP DATABASE [${database}] TO DISK = N'${drillShare}\\diff.bak' WITH DIFFERENTIAL, FORMAT, CHECKSUM, ${encryption};`,
          row('after the differential backup'),
          `BACKUP LOG [${database}] TO DISK = N'${drillShare}\\log.trn' WITH FORMAT, CHECKSUM, ${encryption};`,
        ]
      : []),
  ])
  const facts = await simulators.facts(drillServer)
  await simulators.order({
    command: 'grant',
    instance: drillServer,
    path: drillShare,
    account: facts.serviceAccount,
    rights: 'read',
  })
}

/** Fills in the wizard as the window does, for the newest full backup of one database. */
export const answersOfRestoreDrill = async (
  { ask }: Pick<DrillBackups, 'ask'>,
  { database = 'Sales', follow = true }: { database?: string; follow?: boolean } = {},
): Promise<Answers> => {
  const connections = await ask('connections.list', {})
  const idOf = (name: string): string => {
    const found = connections.find(({ connection }) => connection.name === name)
    if (!found) throw new Error(`no connection ${name}`)
    return found.connection.id
  }
  const target = idOf(drillSource)
  const bytes = new TextEncoder().encode(drillFilePassword)
  const { handle } = await ask('secrets.keep', {
    purpose: 'sql.key-file-password',
    target: target as never,
    label: 'Private key file',
    rule: 'existing-password',
    bytes,
  })
  const answers: Answers = {
    target,
    which: 'chosen',
    backups: [],
    follow,
    drillTarget: idOf(drillServer),
    filesWhere: 'same',
    backupFolder: '',
    dataFolder: 'D:\\Backup',
    logFolder: 'D:\\Backup',
    masterKeyMode: 'throw-away',
    masterKeyPassword: null,
    keyFiles: 'search',
    keyFolder: drillShare,
    moreKeyFolders: '',
    passwordFrom: 'typed',
    keyPassword: handle,
    consistency: true,
    stats: 5,
  }
  const { id } = await ask('wizard.open', { job: 'restore-drill', draft: null })
  await ask('wizard.save', { draft: id, answers, screen: 'backup' })
  const { options } = await ask('wizard.facts', { draft: id as never, screen: 'backup', again: false })
  await ask('wizard.deleteDraft', { draft: id as never })
  const backup = options['backups']?.find(({ label }) => label.startsWith(`${database},`))
  if (!backup) throw new Error(`no backup of ${database} to drill`)
  return { ...answers, backups: [backup.value] }
}
