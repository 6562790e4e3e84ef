import type { Script } from '../../../shared/model/script.ts'
import * as tsql from '../../scripts/tsql/move.ts'
import { headerOnly } from '../../scripts/tsql/restore.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import { fileNameOf, folderOf, adminShare } from './paths.ts'
import type { MoveContext } from './plan-context.ts'
import { protectorsOf, reopenKey } from './plan-keys.ts'
import { grantCommand } from '../sqlserver/steps/refusals.ts'

const once = { stopNow: null } as const
const readsOnly = { can: false, because: 'It changes nothing', leaves: 'nothing' } as const
const stats = 5

export const accessOf = ({ moved }: MoveContext): tsql.UserAccess =>
  moved.userAccess === 'RESTRICTED_USER' ? 'RESTRICTED_USER' : 'MULTI_USER'

export const waySteps = (context: MoveContext): Draftstep[] =>
  context.draft.way === 'backup'
    ? [
        backUp(context),
        readBackup(context),
        restore(context),
        check(context),
        ...reopenKey(context, 'destination'),
        ownerThere(context),
        ...offline(context),
      ]
    : [
        detach(context),
        waitForFiles(context),
        attach(context),
        check(context),
        ...reopenKey(context, 'destination'),
        ownerThere(context),
        attachSource(context),
        ...reopenKey(context, 'source'),
        optionsBack(context),
        ...offline(context),
      ]

const dropUndo = ({ draft, files }: MoveContext) =>
  ({
    can: true,
    action: `Drop ${draft.newName} on the destination, while nobody is in it and no backup of it was taken there`,
    script: tsql.dropMoved(
      draft.newName,
      files.map(({ to }) => to),
    ),
  }) as const

const backUp = (context: MoveContext): Draftstep => {
  const { draft, probe, backup, backupCertificate } = context
  const encryption =
    backupCertificate === null
      ? null
      : ({ certificate: backupCertificate.name, algorithm: 'AES_256' } as const)
  return {
    kind: 'back-up-for-move',
    title: `Back up ${draft.database} for the move`,
    now: 'No file of this run',
    after: `${backup.written}, copy-only${encryption === null ? '' : `, encrypted under ${encryption.certificate}`}`,
    scripts: [
      tsql.backUpForMove({
        database: draft.database,
        path: backup.written,
        encryption,
        name: backup.name,
        description: backup.description,
        stats,
      }),
    ],
    params: {
      ...protectorsOf(context),
      file: backup.written,
      probe: probe.source,
      description: backup.description,
      certificate: encryption?.certificate ?? null,
      algorithm: encryption?.algorithm ?? null,
    },
    permission: `BACKUP DATABASE on ${draft.database}`,
    undo: { can: false, because: `T-SQL can’t delete files. Stays: ${backup.written}` },
    resume: 'marked',
    stopNow: {
      leaves: `A partial file, ${backup.written}, which no restore can read. ${draft.database} is as it was`,
    },
  }
}

const readBackup = ({
  draft,
  facts,
  there,
  account,
  probe,
  backup,
  files,
  tde,
  backupCertificate,
}: MoveContext): Draftstep => {
  const commands =
    backup.read === backup.written
      ? [grantCommand(backup.read, account, 'R')]
      : [
          copyCommand(facts.identity.machineName, backup.written, folderOf(backup.read)),
          grantCommand(backup.read, account, 'R'),
        ]
  return {
    kind: 'read-moved-backup',
    target: there,
    title: `Read the backup on ${there.name}`,
    now: 'Not read there. Its file may need a command of an administrator first: the run says so and waits',
    after: `${there.name} opens ${backup.read}; mark, files and thumbprint are those of the plan`,
    scripts: [
      { language: 'tsql', parts: [headerOnly({ kind: 'disk', paths: [backup.read] })] },
      { language: 'tsql', parts: [tsql.fileListOf(backup.read)] },
    ],
    params: {
      account,
      probe: probe.destination,
      database: draft.database,
      file: backup.read,
      description: backup.description,
      tde,
      backup: backupCertificate?.thumbprint ?? null,
      logical: files.map(({ logical }) => logical),
      commands,
    },
    permission: 'CREATE ANY DATABASE; the service account reads the file',
    undo: readsOnly,
    resume: 'named',
    ...once,
  }
}

const restore = (context: MoveContext): Draftstep => {
  const { draft, there, account, probe, backup, files } = context
  const statement = (replace: boolean) =>
    tsql.restoreMoved({ database: draft.newName, path: backup.read, moves: files, replace, stats })
  return {
    kind: 'restore-moved-database',
    target: there,
    title: `Restore ${draft.newName} on ${there.name}`,
    now: `No database ${draft.newName}, and none of its files`,
    after: `ONLINE, its files in ${draft.dataFolder}. The second statement is sent only where the first was broken off by a crash`,
    scripts: [statement(false), statement(true)],
    params: {
      account,
      probe: probe.destination,
      database: draft.database,
      newName: draft.newName,
      file: backup.read,
      files: files.map(({ logical, to, pages }) => ({ logical, to, pages })),
    },
    permission: 'CREATE ANY DATABASE',
    undo: dropUndo(context),
    resume: 'marked',
    stopNow: { leaves: `${draft.newName} in the state RESTORING; undo drops it` },
  }
}

const detach = (context: MoveContext): Draftstep => {
  const { draft, moved } = context
  const files = moved.files.map(({ path }) => path)
  return {
    kind: 'detach-database',
    title: `Detach ${draft.database}`,
    now: 'ONLINE and in use',
    after: 'Sessions in it are ended; its files are closed as a whole and stay where they are',
    scripts: [tsql.detachDatabase(draft.database)],
    params: { ...protectorsOf(context), files, access: accessOf(context), options: optionsOf(context) },
    permission: `ALTER and CONTROL on ${draft.database}`,
    undo: {
      can: true,
      action: `Attach ${draft.database} again from its own files, with its owner and flags`,
      script: joinedScripts([
        tsql.attachDatabase(draft.database, files, accessOf(context)),
        ...tsql.optionScripts(draft.database, optionsOf(context)).map(({ script }) => script),
      ]),
    },
    resume: 'before-image',
    ...once,
  }
}

/** On the destination machine; asks for rights to the administrative share of the source machine. */
const copyCommand = (machine: string, file: string, folder: string): string =>
  `robocopy "${folderOf(adminShare(machine, file))}" "${folder}" "${fileNameOf(file)}" /COPY:DAT /R:3 /W:5`

const waitForFiles = ({ draft, facts, there, account, probe, files }: MoveContext): Draftstep => {
  const commands = files.flatMap(({ from, to }) => [
    copyCommand(facts.identity.machineName, from, draft.dataFolder),
    grantCommand(to, account, 'F'),
  ])
  return {
    kind: 'wait-for-files',
    target: there,
    title: `Wait until ${there.name} sees the copied files`,
    now: 'Not copied. Keyturn copies no files on servers: the run waits until you did, then retry',
    after: 'Each is there, with as many bytes as on the source where both can be asked',
    scripts: [
      tsql.waitForFiles(
        commands,
        files.map(({ to }) => to),
      ),
    ],
    params: {
      account,
      probe: probe.destination,
      database: draft.database,
      source: facts.target.id,
      files: files.map(({ from, to }) => ({ from, to })),
      commands,
    },
    permission: 'VIEW SERVER STATE; an administrator of both machines copies the files',
    undo: readsOnly,
    resume: 'named',
    ...once,
  }
}

const attach = (context: MoveContext): Draftstep => {
  const { draft, there, account, probe, files } = context
  return {
    kind: 'attach-moved-database',
    target: there,
    title: `Attach ${draft.newName} on ${there.name}`,
    now: `No database ${draft.newName}`,
    after: 'ONLINE on the copied files',
    scripts: [
      tsql.attachDatabase(
        draft.newName,
        files.map(({ to }) => to),
        accessOf(context),
      ),
    ],
    params: {
      account,
      probe: probe.destination,
      database: draft.database,
      newName: draft.newName,
      files: files.map(({ logical, to, pages }) => ({ logical, to, pages })),
      access: accessOf(context),
    },
    permission: 'CREATE ANY DATABASE; the service account opens the files to change them',
    undo: dropUndo(context),
    resume: 'before-image',
    ...once,
  }
}

const check = ({ draft, facts, there, tde, encryptionState, files }: MoveContext): Draftstep => ({
  kind: 'check-moved-database',
  target: there,
  title: `Check ${draft.newName} on ${there.name}`,
  now: 'Not checked',
  after: `State, encryption, thumbprint and pages are those of the source${draft.checkConsistency ? '; DBCC CHECKDB counts no errors' : ''}`,
  scripts: draft.checkConsistency ? [tsql.checkMoved(draft.newName)] : [],
  params: {
    database: draft.database,
    newName: draft.newName,
    source: facts.target.id,
    tde,
    encryptionState,
    files: files.map(({ logical, to, pages }) => ({ logical, to, pages })),
    samePages: draft.way === 'detach',
    consistency: draft.checkConsistency,
  },
  permission: `VIEW SERVER STATE${draft.checkConsistency ? `; CONTROL on ${draft.newName}` : ''}`,
  undo: readsOnly,
  resume: 'named',
  stopNow: draft.checkConsistency ? { leaves: 'Nothing: it only reads' } : null,
})

const attachSource = (context: MoveContext): Draftstep => {
  const { draft, facts, moved } = context
  const files = moved.files.map(({ path }) => path)
  return {
    kind: 'attach-source',
    title: `Attach ${draft.database} on ${facts.target.name} again`,
    now: 'Detached by this run',
    after: 'ONLINE from its own files, open to the users that it was open to',
    scripts: [tsql.attachDatabase(draft.database, files, accessOf(context))],
    params: {
      database: draft.database,
      files,
      access: accessOf(context),
      owner: moved.owner || 'not visible',
    },
    permission: 'CREATE ANY DATABASE',
    undo: { can: false, because: 'It was attached before the move' },
    resume: 'named',
    ...once,
  }
}

/** What the server keeps for the database beside its files, as the plan read it. */
const optionsOf = ({ moved }: MoveContext): tsql.DatabaseOptions => ({
  owner: moved.owner === '' ? null : moved.owner,
  trustworthy: moved.trustworthy === true,
  broker: moved.broker === true,
})

const joinedScripts = (scripts: readonly Script[]): Script => ({
  language: 'tsql',
  parts: scripts.flatMap(({ parts }, index) => (index === 0 ? parts : ['\n', ...parts])),
})

const optionWords = ({ owner, trustworthy, broker }: tsql.DatabaseOptions): string =>
  `${owner === null ? 'owner as it is' : `owner ${owner}`}, TRUSTWORTHY ${trustworthy ? 'on' : 'off'}, Service Broker ${broker ? 'on' : 'off'}`

/** The source left as it was: attaching does not bring these back. */
const optionsBack = (context: MoveContext): Draftstep => {
  const { draft, facts } = context
  const wanted = optionsOf(context)
  return {
    kind: 'set-database-options',
    title: `Give ${draft.database} on ${facts.target.name} its owner and flags back`,
    now: `After it was attached: owner ${facts.principal}, TRUSTWORTHY off, Service Broker off`,
    after: `As before the move: ${optionWords(wanted)}`,
    scripts: tsql.optionScripts(draft.database, wanted).map(({ script }) => script),
    params: { database: draft.database, ...wanted },
    permission: 'TAKE OWNERSHIP on the database and IMPERSONATE on the login; sysadmin for TRUSTWORTHY',
    undo: { can: false, because: 'It was so before the move' },
    resume: 'named',
    ...once,
  }
}

/**
 * The moved database gets the owner that it had, where that login is there. TRUSTWORTHY stays off: whether code in a
 * database may reach beyond it is for that server to decide. Service Broker stays off: the source has the same broker.
 */
const ownerThere = (context: MoveContext): Draftstep => {
  const { draft, facts, there } = context
  const destination = facts.destination?.answered === true ? facts.destination : null
  const known = destination?.owner?.read === true && destination.owner.value
  const owner = known ? optionsOf(context).owner : null
  const wanted = { owner, trustworthy: false, broker: false }
  const login = optionsOf(context).owner
  return {
    kind: 'set-database-options',
    target: there,
    title: `Owner and flags of ${draft.newName} on ${there.name}`,
    now: `It belongs to the login of this connection, ${destination?.facts.principal ?? 'not known'}`,
    after: `${
      owner === null
        ? `It stays so: ${login === null ? 'the owner on the source is not visible' : destination?.owner?.read === false ? `whether ${there.name} has the login ${login} is ${destination.owner.because}` : `${there.name} has no login ${login}`}`
        : `Owner ${owner}, as on the source`
    }. TRUSTWORTHY and Service Broker are off, also where they are on at the source: trust is for ${there.name} to give, and two databases must not answer as one broker`,
    scripts: tsql.optionScripts(draft.newName, wanted).map(({ script }) => script),
    params: { database: draft.newName, ...wanted },
    permission: 'TAKE OWNERSHIP on the database and IMPERSONATE on the login',
    undo: { can: false, because: `It goes with ${draft.newName}, which the undo of an earlier step drops` },
    resume: 'named',
    ...once,
  }
}

const offline = ({ draft, facts }: MoveContext): Draftstep[] =>
  draft.sourceAfter === 'as-it-was'
    ? []
    : [
        {
          kind: 'set-source-offline',
          title: `Set ${draft.database} on ${facts.target.name} offline`,
          now: 'ONLINE',
          after: 'OFFLINE; its files stay',
          scripts: [tsql.setOffline(draft.database)],
          params: { database: draft.database },
          permission: `ALTER on ${draft.database}`,
          undo: {
            can: true,
            action: `Set ${draft.database} online again`,
            script: tsql.setOnline(draft.database),
          },
          resume: 'named',
          ...once,
        },
      ]
