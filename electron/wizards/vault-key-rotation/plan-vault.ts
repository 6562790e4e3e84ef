import { markTag } from '../../ports/key-vault.ts'
import * as vaultCalls from '../../scripts/azure/key-vault.ts'
import { connectorRefusal } from '../azure/key-rules.ts'
import { keyBackupFile } from '../azure/names.ts'
import { hsmRoles, rightsFor, roles } from '../azure/roles.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import type { PlanContext } from './plan-context.ts'

/** The version, the key's backup, and the proof that the application can use it: before the server knows of it. */
export const vaultSteps = (ctx: PlanContext): Draftstep[] => [
  ...(ctx.draft.to === 'new-version' ? [newVersion(ctx)] : []),
  backUp(ctx),
  prove(ctx),
]

const target = ({ facts }: PlanContext): Pick<Draftstep, 'target'> =>
  facts.azure === null ? {} : { target: facts.azure.target }

const isHsm = ({ facts }: PlanContext): boolean =>
  facts.azure?.chosen !== null && facts.azure?.chosen !== undefined && !('rights' in facts.azure.chosen)

const rightOn = (ctx: PlanContext, action: string): string =>
  isHsm(ctx) ? `${hsmRoles.cryptoUser.name} on the managed HSM` : action

/** Type and size of the present version; what the connector can't use is blocked on the review. */
export const shapeOf = ({ present }: PlanContext): { type: 'RSA' | 'RSA-HSM'; bits: number } => ({
  type: present?.type === 'RSA' ? 'RSA' : 'RSA-HSM',
  bits: present?.bits ?? 3072,
})

const newVersion = (ctx: PlanContext): Draftstep => {
  const { draft, present, vaultKey: key, mark } = ctx
  const host = draft.vault.toLowerCase()
  const { type, bits } = shapeOf(ctx)
  return {
    kind: 'create-vault-key-version',
    ...target(ctx),
    title: `Make a new version of key ${key} in ${host}`,
    now: `the newest version is ${present?.version ?? 'not read'}`,
    after: `${type}, ${bits} bits, no expiry; made in the vault, so it can never be escrowed. The old version stays enabled`,
    scripts: [vaultCalls.postKey(host, key, { type, bits, expires: null, tags: { [markTag]: mark } })],
    params: { host, key, type, bits, expires: null, present: present?.version ?? '' },
    permission: rightOn(ctx, rightsFor.makeKeys.action),
    undo: {
      can: false,
      because:
        'a version can’t be deleted alone, and a wizard disables none. It stays as the newest one; whoever opens the key by its name gets it',
    },
    resume: 'marked',
    stopNow: null,
  }
}

const backUp = (ctx: PlanContext): Draftstep => {
  const { draft, facts, runId, vaultKey: key, version } = ctx
  const host = draft.vault.toLowerCase()
  const file = keyBackupFile(host.split('.')[0] ?? host, key, runId)
  return {
    kind: 'back-up-vault-key',
    ...target(ctx),
    title: `Back key ${key} up to ${file}`,
    now: 'no backup of this run',
    after: `${facts.backupLabel ?? 'your folder'}: ${file}, with all versions, read again`,
    scripts: [vaultCalls.postKeyBackup(host, key)],
    params: { host, key, version, place: draft.keyBackup ?? '', file },
    permission: rightOn(ctx, rightsFor.backUpKeys.action),
    undo: { can: false, because: 'a copy of a key is never deleted by an undo' },
    resume: 'marked',
    stopNow: null,
  }
}

export const applicationName = ({ draft, facts }: PlanContext): string => {
  const read = facts.azure?.application
  const name = read?.read === true ? read.value?.application.name : undefined
  return name === undefined || name === '' ? draft.application : name
}

const prove = (ctx: PlanContext): Draftstep => {
  const { draft, facts, vaultKey: key, version } = ctx
  const host = draft.vault.toLowerCase()
  const name = applicationName(ctx)
  const { name: role } = isHsm(ctx) ? hsmRoles.cryptoServiceEncryptionUser : roles.cryptoServiceEncryptionUser
  return {
    kind: 'prove-wrap',
    ...target(ctx),
    title: `Prove that ${name} can use ${version === null ? 'the new version' : `version ${version}`} of ${key}`,
    now: 'not tried',
    after: `signed in as ${name}; 32 random bytes wrapped and unwrapped in the vault, and compared`,
    scripts: [
      vaultCalls.postSignIn(
        facts.azure?.cloud ?? 'public',
        facts.azure?.identity.tenantId ?? '‹tenant›',
        draft.application,
        host,
      ),
      ...vaultCalls.postProbe(host, key, version),
    ],
    params: {
      host,
      key,
      version,
      application: draft.application,
      secret: null,
      needs: { role, on: `key ${key} of ${host}` },
    },
    permission: `${role}, as ${name}`,
    undo: {
      can: false,
      because: 'it changes nothing; lines stay in the log of the vault',
      leaves: 'nothing',
    },
    resume: 'named',
    stopNow: { leaves: 'Nothing was changed by this step' },
  }
}

/** What of the present version the connector can't work with; null: nothing. A new version is made like it. */
export const presentRefusal = ({ draft, facts, present }: PlanContext): string | null => {
  if (present === null) return null
  // A new version replaces one that is disabled or has ended; its type and size have to fit all the same.
  const looked =
    draft.to === 'new-version' ? { ...present, enabled: true, expires: null, notBefore: null } : present
  return connectorRefusal(looked, new Date(facts.readAt))
}
