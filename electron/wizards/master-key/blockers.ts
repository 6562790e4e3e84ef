import type { MasterKeyDraft } from '../../../shared/forms/master-key-draft.ts'
import type { Blocker, Plan } from '../../../shared/model/plan.ts'
import type { Facts } from './facts-model.ts'
import { neededByServer, trapText } from '../sqlserver/restart-trap.ts'
import { copiesText } from '../sqlserver/words.ts'

export const blockersOn = (draft: MasterKeyDraft, facts: Facts, plan: Plan): Blocker[] => [
  ...(draft.key === 'service' ? serviceKeyBlockers(facts) : databaseKeyBlockers(draft, facts)),
  ...rightBlockers(draft, facts),
  ...folderBlockers(draft, facts),
  ...plan.secrets
    .filter(({ handle }) => facts.secrets[handle] === undefined)
    .map(({ hole }) => ({
      what: `The secret «${hole}» is not kept any more`,
      measured: 'Not in the keyring',
      limit: 'Enter it again',
      screen: hole.endsWith('_file_password') && hole !== 'restored_file_password' ? 'files' : 'act',
    })),
]

const onAct = (what: string, measured: string, limit: string): Blocker => ({
  what,
  measured,
  limit,
  screen: 'act',
})

const serviceKeyBlockers = ({ serviceKey, opened }: Facts): Blocker[] => [
  ...(opened.read
    ? []
    : [
        {
          what: 'Which master keys the server opens by itself was not read',
          measured: opened.because,
          limit: 'The plan needs it',
          screen: 'server',
        },
      ]),
  ...(serviceKey.read && serviceKey.value !== null
    ? []
    : [
        {
          what: 'The service master key was not read',
          measured: serviceKey.read ? `${serviceKey.source}: no row` : serviceKey.because,
          limit: 'The plan needs it; CONTROL SERVER shows it',
          screen: 'server',
        },
      ]),
]

const databaseKeyBlockers = (draft: MasterKeyDraft, facts: Facts): Blocker[] => {
  const { act, database } = draft
  const state = facts.databases.read
    ? facts.databases.value.find(({ name }) => name === database)?.state
    : undefined
  if (facts.databases.read && database !== 'master' && state !== 'ONLINE') {
    return [
      {
        what: `${database} can’t be used`,
        measured: state === undefined ? 'not there, or not visible with this login' : `its state is ${state}`,
        limit: 'An ONLINE database',
        screen: 'server',
      },
    ]
  }
  const read = facts.key
  if (read === null || !read.read) {
    return [
      onAct('The state of the master key is not known', read?.because ?? 'not read', 'The plan needs it'),
    ]
  }
  const key = read.value
  if (act === 'create') {
    return key === null
      ? []
      : [
          onAct(
            `${database} has a database master key`,
            `${read.source}: ${key.keyGuid}`,
            'Choose another act',
          ),
        ]
  }
  if (act === 'restore') return []
  if (key === null) {
    return [
      onAct(
        `${database} has no database master key`,
        `${read.source}: no row`,
        'Create it, or restore it from a file',
      ),
    ]
  }
  if (act === 'add-copy' && key.opensByItself) {
    return [
      onAct(
        'The server opens this key by itself already',
        `${copiesText(key.serviceMasterKeyCopies)} under the service master key`,
        'Nothing to add',
      ),
    ]
  }
  if (act === 'drop-copy') return dropCopyBlockers(draft, facts)
  const closed = !key.opensByItself && draft.presentPassword === null
  return closed && (act === 'back-up' || act === 'regenerate')
    ? [
        onAct(
          'The key does not open by itself, and its password was not given',
          `${copiesText(key.serviceMasterKeyCopies)} under the service master key`,
          'Enter the password that it has',
        ),
      ]
    : []
}

/** What the server opens without a session needs the copy: it works until the next restart and then does not. */
const dropCopyBlockers = ({ database }: MasterKeyDraft, facts: Facts): Blocker[] => {
  const key = facts.key?.read === true ? facts.key.value : null
  if (key?.serviceMasterKeyCopies === 0) {
    return [
      onAct('There is no copy under the service master key', 'none in the catalog', 'Nothing to remove'),
    ]
  }
  if (key?.passwordCopies === 0) {
    return [onAct('The key has no password', 'no copy under a password', 'Change its password first')]
  }
  if (database !== 'master') return []
  // The same question that the step asks before it removes the copy: any private key under it, used or not.
  if (facts.below?.read !== true) {
    return [
      onAct(
        'What the server needs this key for is not known',
        facts.below?.because ?? 'not read',
        'The plan needs it',
      ),
    ]
  }
  if (facts.below.value.length === 0) return []
  const users = neededByServer(facts)
  return [
    onAct(
      'The server has to open this key by itself',
      users === null
        ? `Private keys under it: ${facts.below.value.join(', ')}`
        : `In use: ${trapText(users)}`,
      users === null
        ? 'No private key under it: what comes to need one of these would work until the next restart only'
        : 'Without the copy this works until the next restart; then databases do not recover and backups are refused',
    ),
  ]
}

const rightBlockers = (draft: MasterKeyDraft, { rights, principal }: Facts): Blocker[] => {
  if (!rights.read) {
    return [
      {
        what: 'Rights were not read',
        measured: rights.because,
        limit: 'The plan needs them',
        screen: 'server',
      },
    ]
  }
  const { sysadmin, controlServer, controlMaster, createDatabase } = rights.value
  const missing = (has: boolean | null, permission: string, why: string): Blocker[] =>
    sysadmin === true || has !== false
      ? []
      : [
          {
            what: `${principal} has no ${permission}`,
            measured: `${rights.source}: 0`,
            limit: why,
            screen: 'server',
          },
        ]
  return draft.key === 'service'
    ? missing(controlServer, 'CONTROL SERVER', 'Needed for the service master key')
    : [
        ...(draft.database === 'master'
          ? missing(controlMaster, 'CONTROL on master', 'Needed for its master key')
          : []),
        ...(draft.proveOnServer && draft.act !== 'change-password'
          ? missing(createDatabase, 'CREATE ANY DATABASE', 'Needed for the scratch database')
          : []),
      ]
}

const folderBlockers = (draft: MasterKeyDraft, { keyFolder }: Facts): Blocker[] =>
  keyFolder?.read === true && !keyFolder.value
    ? [
        {
          what: `The server does not see the folder ${draft.keyFolder}`,
          measured: `${keyFolder.source}: no such folder`,
          limit: 'A folder that is there before the run',
          screen: 'files',
        },
      ]
    : []
