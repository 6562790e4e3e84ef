import { byAzure, makesToken } from '../../../../shared/forms/credential-storage-draft.ts'
import type { Blocker, Plan, PlanAdvice, Warning } from '../../../../shared/model/plan.ts'
import { note } from '../../sqlserver/words.ts'
import { secretBlockers } from '../../sqlserver/certificate-advice.ts'
import { storageBlockers, tokenEndBlockers, tokenEndWarnings } from '../../sqlserver/storage-rules.ts'
import { chosenOf, sideOf, storageCredentialIn, whereOf, type StorageContext } from './plan.ts'

export const storageAdvice = (ctx: StorageContext, plan: Plan): PlanAdvice => ({
  satisfied: [],
  blockers: blockersOf(ctx, plan),
  warnings: warningsOf(ctx),
  notes: [
    note(ctx.facts.credentials, 'Credentials on the server', (all) => String(all.length)),
    ...(makesToken(ctx.draft)
      ? [
          {
            statement: 'Rights of the new token',
            value:
              'read, write, delete, list (rwdl): what documentation has for BACKUP and RESTORE; write covers create',
            source: 'Keyturn',
            at: ctx.facts.readAt,
          },
        ]
      : []),
  ],
  factsAt: ctx.facts.readAt,
})

const blocker = (screen: string, what: string, measured: string, limit: string): Blocker => ({
  what,
  measured,
  limit,
  screen,
})

const blockersOf = (ctx: StorageContext, plan: Plan): Blocker[] => {
  const { draft, facts } = ctx
  const gone = secretBlockers(plan, facts.secrets, () => 'identity')
  const azure = azureBlockers(ctx)
  if (draft.task === 'create-storage') {
    const where = whereOf(ctx)
    const place = {
      ...draft,
      credentialMode: 'create',
      containerUrl: where?.url ?? draft.containerUrl,
    } as const
    return [
      ...azure,
      ...storageBlockers(place, facts, facts.credentials, 'credential'),
      ...(makesToken(draft) ? [] : tokenEndBlockers(place, facts.secrets, facts.readAt, 'identity')),
      ...gone,
    ]
  }
  const unfit = chosenOf(ctx).flatMap((found): Blocker[] => {
    if ('missing' in found)
      return [
        blocker('credential', `No credential ${found.name} is on the server`, 'no row', 'One that is there'),
      ]
    const credential = storageCredentialIn(found)
    if (credential === null)
      return [
        blocker(
          'credential',
          `Credential ${found.name} is none of storage`,
          `IDENTITY ${found.identity}`,
          'One of storage',
        ),
      ]
    if (draft.task === 'prove-storage')
      return credential.access === 'access-key'
        ? [
            blocker(
              'credential',
              `Credential ${found.name} can’t be proven by itself`,
              'An access key is of an account, and no container is named',
              'One of a container; a backup shows the others',
            ),
          ]
        : []
    if (credential.access === 'managed-identity')
      return [
        blocker(
          'credential',
          `Credential ${found.name} has no secret`,
          'a managed identity',
          'A token or an access key',
        ),
      ]
    const handle =
      credential.access === 'sas' ? (makesToken(draft) ? 'made' : draft.storageToken) : draft.accessKey
    return handle === null
      ? [
          blocker(
            'identity',
            `The new secret of ${found.name} is missing`,
            'Not entered',
            credential.access === 'sas' ? 'A shared access signature' : 'An access key',
          ),
        ]
      : []
  })
  return [
    ...(facts.credentials.read
      ? []
      : [
          blocker(
            'credential',
            'Credentials were not read',
            facts.credentials.because,
            'ALTER ANY CREDENTIAL or VIEW ANY DEFINITION',
          ),
        ]),
    ...azure,
    ...unfit,
    ...gone,
  ]
}

const azureBlockers = (ctx: StorageContext): Blocker[] => {
  const { draft, facts } = ctx
  if (draft.azureMode !== 'connected') return []
  const side = sideOf(facts)
  if (side === null)
    return byAzure(draft) || makesToken(draft)
      ? [
          blocker(
            'task',
            'Azure did not answer',
            facts.azure?.answered === false ? facts.azure.problem.title : 'not asked yet',
            'The subscription; or go on without Azure',
          ),
        ]
      : []
  const where = whereOf(ctx)
  const account =
    side.accounts.read && where !== null
      ? side.accounts.value.find(({ name }) => name === where.account)
      : undefined
  const needsKey =
    (makesToken(draft) && draft.signWith === 'key') ||
    (draft.task === 'create-storage' && draft.blobAccess === 'access-key')
  const creates = byAzure(draft) && draft.accountMode === 'create'
  return [
    ...(!creates && makesToken(draft) && account === undefined
      ? [
          blocker(
            'credential',
            'The storage account of the container is not visible with this sign-in',
            where?.account ?? 'not known',
            'An account of this subscription',
          ),
        ]
      : []),
    ...(creates && account !== undefined
      ? [
          blocker(
            'credential',
            `An account ${account.name} is there already`,
            account.group,
            'Choose to use it',
          ),
        ]
      : []),
    ...(needsKey && account?.keysAllowed === false
      ? [
          blocker(
            'identity',
            `${account.name} allows no access keys`,
            'allowSharedKeyAccess is false',
            'A token signed by the sign-in; or allow keys there',
          ),
        ]
      : []),
  ]
}

const warningsOf = (ctx: StorageContext): Warning[] => {
  const { draft, facts } = ctx
  const where = whereOf(ctx)
  const side = sideOf(facts)
  const account =
    side?.accounts.read === true ? side.accounts.value.find(({ name }) => name === where?.account) : undefined
  const warn = (what: string, why: string, screen: string | null = null): Warning => ({ what, why, screen })
  return [
    ...(makesToken(draft)
      ? [
          warn(
            `After ${draft.tokenDays} days the token ends`,
            'Backups and restores with it are refused then. Renew it before: this job does, and the keyring has its end',
            'identity',
          ),
        ]
      : draft.task === 'create-storage'
        ? tokenEndWarnings({ ...draft, credentialMode: 'create' }, facts.secrets, facts.readAt, 'identity')
        : []),
    ...(byAzure(draft) && makesToken(draft) && draft.accountMode === 'create' && draft.signWith === 'sign-in'
      ? [
          warn(
            'The sign-in may have no role on the blobs of the new account',
            'Its token can do what the sign-in may do. Owner of a subscription has no right on blobs: without Storage Blob Data Contributor, inherited from above, the first use is refused. A token signed by a key needs none',
            'identity',
          ),
        ]
      : []),
    ...(draft.task === 'create-storage' && draft.blobAccess === 'access-key'
      ? [
          warn(
            'An access key opens the whole storage account',
            'It stays good until it is made anew. A token opens one container until a day',
            'credential',
          ),
        ]
      : []),
    ...(account?.publicBlobs === true
      ? [
          warn(
            `${account.name} allows public blobs`,
            'A container that somebody makes public shows its backups to everybody. Turn it off at the account',
          ),
        ]
      : []),
    ...(draft.task !== 'prove-storage' && !draft.proveStorage
      ? [
          warn(
            'The credential is not used in this run',
            'Whether storage lets the server in shows in the first backup only',
            'use',
          ),
        ]
      : []),
  ]
}
