import type { MasterKeyDraft } from '../../../shared/forms/master-key-draft.ts'
import { dropScratch, createScratch } from '../../scripts/tsql/database.ts'
import * as tsql from '../../scripts/tsql/master-key.ts'
import type { FileProbe } from '../../scripts/tsql/queries.ts'
import type { MasterKeyFact } from '../sqlserver/facts-model.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import type { PlanNames } from './plan-names.ts'

export interface DatabaseKeyContext {
  draft: MasterKeyDraft
  names: PlanNames
  probe: FileProbe
  key: MasterKeyFact | null
}

const once = { stopNow: null } as const

/** The steps of one act on the master key of a database, in order. Pure. */
export const databaseKeySteps = (context: DatabaseKeyContext): Draftstep[] => {
  switch (context.draft.act) {
    case 'create':
      return [create(context), ...exportSteps(context, 'after', null)]
    case 'back-up':
      return exportSteps(context, 'after', passwordThatOpens(context, 'present'))
    case 'add-copy':
      return [addCopy(context, 'present', keyGuidOf(context)), ...exportSteps(context, 'after', null)]
    case 'drop-copy':
      return [...exportSteps(context, 'before', null), dropCopy(context)]
    case 'change-password':
      return [addPassword(context), dropPassword(context)]
    case 'regenerate':
      return [
        ...exportSteps(context, 'before', passwordThatOpens(context, 'present')),
        regenerate(context),
        ...exportSteps(context, 'after', passwordThatOpens(context, 'new')),
      ]
    case 'restore':
      return [
        ...(context.key?.opensByItself === true ? exportSteps(context, 'before', null) : []),
        restore(context),
        addCopy(context, 'new', null),
        ...exportSteps(context, 'after', null),
      ]
  }
}

const keyGuidOf = ({ key }: DatabaseKeyContext): string => key?.keyGuid ?? ''

/** Null where the server opens the key by itself. */
const passwordThatOpens = ({ key }: DatabaseKeyContext, which: tsql.KeyPassword): tsql.KeyPassword | null =>
  key?.opensByItself === true ? null : which

const control = ({ draft }: DatabaseKeyContext): string => `CONTROL on ${draft.database}`

const fileStays = (path: string): Draftstep['undo'] => ({
  can: false,
  because: `T-SQL can’t delete files. Stays on the server: ${path}`,
})

/** A file of the key, and, where chosen, the proof that it opens. */
const exportSteps = (
  context: DatabaseKeyContext,
  when: 'before' | 'after',
  open: tsql.KeyPassword | null,
): Draftstep[] => {
  const { draft, names, probe } = context
  const { database } = draft
  const { scratch } = names
  const file = when === 'before' ? names.fileBefore : names.fileAfter
  const exported: Draftstep = {
    kind: 'back-up-master-key',
    title: `Export the master key of ${database}${when === 'before' ? ' as it is before the change' : ''}`,
    now: 'No file of this run',
    after: `The server has written ${file}`,
    scripts: [tsql.backupMasterKey(file, database, open)],
    params: { file, probe, provedBy: draft.proveOnServer ? scratch : null, database },
    permission: control(context),
    undo: fileStays(file),
    resume: 'marked',
    ...once,
  }
  if (!draft.proveOnServer) return [exported]
  return [
    exported,
    {
      kind: 'prove-master-key-file',
      title: `Open the file of the master key of ${database} in a scratch database`,
      now: `No database ${scratch}`,
      after: 'It holds the master key that came out of the file',
      scripts: [createScratch(scratch), tsql.restoreMasterKeyInto(scratch, file)],
      params: { scratch, database, file },
      permission: 'CREATE ANY DATABASE',
      undo: { can: true, action: `Drop database ${scratch}`, script: dropScratch(scratch) },
      resume: 'marked',
      ...once,
    },
    {
      kind: 'drop-scratch',
      title: 'Drop the scratch database',
      now: `Database ${scratch} holds a copy of the key under a throw-away password`,
      after: 'It is gone',
      scripts: [dropScratch(scratch)],
      params: { scratch },
      permission: 'Owner of the scratch database (its creator)',
      undo: { can: false, because: 'Nothing of value was in it', leaves: 'nothing' },
      resume: 'named',
      ...once,
    },
  ]
}

const create = (context: DatabaseKeyContext): Draftstep => {
  const { database } = context.draft
  return {
    kind: 'create-master-key',
    title: `Create the database master key of ${database}`,
    now: `${database} has no database master key`,
    after: 'It has one, opened by the service master key or by its password',
    scripts: [tsql.createMasterKey(database, 'new')],
    params: { database },
    permission: control(context),
    undo: { can: true, action: 'Drop the database master key', script: tsql.dropMasterKey(database) },
    resume: 'before-image',
    ...once,
  }
}

const addCopy = (
  context: DatabaseKeyContext,
  password: tsql.KeyPassword,
  keyGuid: string | null,
): Draftstep => {
  const { database } = context.draft
  return {
    kind: 'repair-master-key',
    title: `Add the service master key’s copy to the master key of ${database}`,
    now: keyGuid === null ? 'Not known before the step above' : 'The master key opens only with its password',
    after: 'The server opens it by itself, after a restart too',
    scripts: [tsql.addServiceMasterKeyCopy(database, password)],
    params: { keyGuid, database },
    permission: control(context),
    undo: {
      can: true,
      action: 'Remove the copy under the service master key',
      script: tsql.dropServiceMasterKeyCopy(database),
    },
    resume: 'before-image',
    ...once,
  }
}

const dropCopy = (context: DatabaseKeyContext): Draftstep => {
  const { database } = context.draft
  return {
    kind: 'drop-master-key-copy',
    title: `Remove the service master key’s copy from the master key of ${database}`,
    now: 'The server opens the key by itself',
    after: 'The key opens only with its password, which was tried before',
    scripts: [tsql.dropServiceMasterKeyCopy(database)],
    params: { database, keyGuid: keyGuidOf(context) },
    permission: control(context),
    undo: { can: true, action: 'Add the copy again', script: tsql.addServiceMasterKeyCopy(database) },
    resume: 'before-image',
    ...once,
  }
}

const addPassword = (context: DatabaseKeyContext): Draftstep => {
  const { database } = context.draft
  return {
    kind: 'add-master-key-password',
    title: `Give the master key of ${database} the new password`,
    now: 'It opens with the password that it has',
    after: 'It opens with either password',
    scripts: [tsql.addMasterKeyPassword(database)],
    params: { database, keyGuid: keyGuidOf(context) },
    permission: control(context),
    undo: {
      can: true,
      action: 'Remove the new password',
      script: tsql.dropMasterKeyPassword(database, 'new'),
    },
    resume: 'before-image',
    ...once,
  }
}

const dropPassword = (context: DatabaseKeyContext): Draftstep => {
  const { database } = context.draft
  return {
    kind: 'drop-master-key-password',
    title: `Remove the old password from the master key of ${database}`,
    now: 'The key opens with either password',
    after: 'It opens with the new one only',
    scripts: [tsql.dropMasterKeyPassword(database, 'present')],
    params: { database, keyGuid: keyGuidOf(context) },
    permission: control(context),
    undo: {
      can: true,
      action: 'Give the key its old password again',
      script: tsql.addMasterKeyPasswordAgain(database),
    },
    resume: 'before-image',
    ...once,
  }
}

const regenerate = (context: DatabaseKeyContext): Draftstep => {
  const { draft, key } = context
  const { database, force } = draft
  return {
    kind: 'regenerate-master-key',
    title: `Regenerate the master key of ${database}${force ? ' (FORCE)' : ''}`,
    now: `Key ${keyGuidOf(context)}`,
    after: 'A new key with the new password; what was under the old one is under it',
    scripts: [tsql.regenerateMasterKey(database, { force, open: passwordThatOpens(context, 'present') })],
    params: { database, keyGuid: keyGuidOf(context), opensByItself: key?.opensByItself === true },
    permission: control(context),
    undo: {
      can: false,
      because: `The old key is not kept by the server. The way back is restoring ${context.names.fileBefore} (this job, act “Restore it from a file”)`,
    },
    resume: 'before-image',
    ...once,
  }
}

const restore = (context: DatabaseKeyContext): Draftstep => {
  const { draft, key, names } = context
  const { database, force, restoreFile } = draft
  return {
    kind: 'restore-master-key',
    title: `Restore the master key of ${database} from its file${force ? ' (FORCE)' : ''}`,
    now: key === null ? `${database} has no database master key` : `Key ${key.keyGuid}`,
    after: 'The key of the file, with the new password',
    scripts: [tsql.restoreMasterKey(database, restoreFile, { force, open: null })],
    params: { database, file: restoreFile },
    permission: control(context),
    undo: {
      can: false,
      because:
        key === null
          ? 'A key that something may be encrypted with is not dropped. Drop it by hand if nothing is'
          : key.opensByItself
            ? `The key that was there is not kept by the server. The way back is restoring ${names.fileBefore}`
            : 'The key that was there did not open, so no file of it was written',
    },
    resume: 'before-image',
    ...once,
  }
}
