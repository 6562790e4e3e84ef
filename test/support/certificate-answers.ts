import { refOf } from '../../electron/profile/target-ref.ts'
import type { Program } from '../../electron/program.ts'
import type { Answers } from '../../shared/forms/form.ts'
import type { TargetId } from '../../shared/model/ids.ts'
import type { Ask } from './ask.ts'
import { pickFolder, yearsFromNow } from './encrypted-backup-answers.ts'

const connectionNamed = async (ask: Ask, server: string) => {
  const found = (await ask('connections.list', {})).find(({ connection }) => connection.name === server)
  if (!found) throw new Error(`no connection ${server}`)
  return found.connection
}

export const targetNamed = async (ask: Ask, server: string): Promise<TargetId> =>
  (await connectionNamed(ask, server)).id

/** What an administrator typed on that server before the job begins. */
export const onServer = async (
  { program, ask }: { program: Program; ask: Ask },
  server: string,
  ...batches: readonly string[]
): Promise<void> => {
  const sql = await program.servers.open(refOf(await connectionNamed(ask, server)))
  const session = await sql.session({ programName: 'an administrator' })
  for (const batch of batches) await session.execute({ language: 'tsql', parts: [batch] })
  await session.close()
}

export const masterKeyBatch = "CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Rehearsed-Master-Key-1'"
export const certificateBatch = (name: string): string =>
  `CREATE CERTIFICATE [${name}] WITH SUBJECT = N'rehearsed', EXPIRY_DATE = '${yearsFromNow(5).replaceAll('-', '')}'`

/** Answers of the job "Certificate" for a new certificate; `changes` turn them into another task. */
export const answersOfCertificate = async (
  ask: Ask,
  wish: { server: string; localFolder: string | null },
  changes: Answers = {},
): Promise<Answers> => {
  const target = await targetNamed(ask, wish.server)
  const listing = await ask('serverFiles.list', { target, path: '' })
  return {
    target,
    task: 'create',
    certificateName: 'KT_Backup_2027',
    certificateSubject: 'Keyturn backup certificate',
    certificateExpiry: yearsFromNow(5),
    keyUse: 'backup',
    format: 'pvk',
    keyFolder: listing.path,
    certificateFilePassword: (
      await ask('secrets.generate', {
        purpose: 'sql.key-file-password',
        target,
        label: 'Private key file',
      })
    ).handle,
    proveOnServer: true,
    localCopy: wish.localFolder === null ? null : await pickFolder(ask, wish.localFolder),
    ...changes,
  }
}

/** Answers of the rotation job; the old certificate has to be there. */
export const answersOfRotation = async (
  ask: Ask,
  wish: { server: string; localFolder: string; oldCertificate: string },
): Promise<Answers> => {
  const answers = await answersOfCertificate(ask, wish)
  const { oldCertificate } = wish
  return Object.fromEntries(
    Object.entries({ ...answers, oldCertificate }).filter(([name]) => name !== 'task' && name !== 'keyUse'),
  )
}
