import type { MasterKeyDraft } from '../../../shared/forms/master-key-draft.ts'
import * as tsql from '../../scripts/tsql/master-key.ts'
import type { FileProbe } from '../../scripts/tsql/queries.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import type { ServiceKeyFact } from './facts-model.ts'
import type { PlanNames } from './plan-names.ts'

export interface ServiceKeyContext {
  draft: MasterKeyDraft
  names: PlanNames
  probe: FileProbe
  key: ServiceKeyFact | null
  opened: readonly string[]
}

const permission = 'CONTROL SERVER'
const once = { stopNow: null } as const

/** The steps of one act on the service master key, in order: a file before a change, and one after it. Pure. */
export const serviceKeySteps = (context: ServiceKeyContext): Draftstep[] => {
  const change = context.draft.act === 'regenerate' ? regenerate : restore
  return context.draft.act === 'back-up'
    ? [exported(context, 'after')]
    : [exported(context, 'before'), change(context), exported(context, 'after')]
}

const exported = ({ names, probe }: ServiceKeyContext, when: 'before' | 'after'): Draftstep => {
  const file = when === 'before' ? names.fileBefore : names.fileAfter
  return {
    kind: 'back-up-service-master-key',
    title: `Export the service master key${when === 'before' ? ' as it is before the change' : ''}`,
    now: 'No file of this run',
    after: `The server has written ${file}`,
    scripts: [tsql.backupServiceMasterKey(file)],
    params: { file, probe },
    permission,
    undo: { can: false, because: `T-SQL can’t delete files. Stays on the server: ${file}` },
    resume: 'marked',
    ...once,
  }
}

const undo = ({ names }: ServiceKeyContext): Draftstep['undo'] => ({
  can: false,
  because: `The old key is not kept by the server. The way back is restoring ${names.fileBefore} (this job, act “Restore it from a file”)`,
})

const regenerate = (context: ServiceKeyContext): Draftstep => {
  const { draft, key, opened } = context
  return {
    kind: 'regenerate-service-master-key',
    title: `Regenerate the service master key${draft.force ? ' (FORCE)' : ''}`,
    now: `Key ${key?.keyGuid ?? 'not read'}`,
    after: 'A new key; the server opens the same database master keys by itself as before',
    scripts: [tsql.regenerateServiceMasterKey(draft.force)],
    params: { keyGuid: key?.keyGuid ?? '', opened: [...opened] },
    permission,
    undo: undo(context),
    resume: 'before-image',
    ...once,
  }
}

const restore = (context: ServiceKeyContext): Draftstep => {
  const { draft, key, opened } = context
  return {
    kind: 'restore-service-master-key',
    title: `Restore the service master key from its file${draft.force ? ' (FORCE)' : ''}`,
    now: `Key ${key?.keyGuid ?? 'not read'}`,
    after: 'The key of the file; the server opens the same database master keys by itself as before',
    scripts: [tsql.restoreServiceMasterKey(draft.restoreFile, draft.force)],
    params: { keyGuid: key?.keyGuid ?? '', opened: [...opened], file: draft.restoreFile },
    permission,
    undo: undo(context),
    resume: 'before-image',
    ...once,
  }
}
