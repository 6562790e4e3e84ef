import { asksForUncovered } from '../../../shared/forms/vault-key-rotation-draft.ts'
import { managedIdentity } from '../../../shared/model/ekm.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Plan, PlanAdvice, Warning } from '../../../shared/model/plan.ts'
import { daysUntil } from '../azure/key-rules.ts'
import { placeText } from '../azure/key-uri.ts'
import { policyText, rotatesByItself } from '../azure/rotation-policy.ts'
import { loginOfKey } from '../sqlserver/ekm-links.ts'
import { logNeed } from '../sqlserver/log-rule.ts'
import { note } from '../sqlserver/words.ts'
import { blockersOn } from './blockers.ts'
import { oldName, stillNeeded, versionsText, type StillNeeded } from './needs.ts'
import { wantedKey, type PlanContext } from './plan-context.ts'
import { alreadyOn } from './plan-server.ts'
import { replicaNotes, silentReplicaWarnings } from './replicas.ts'

/** Everything that stands around the plan on the review. Pure, like the plan. */
export const adviceOn = (ctx: PlanContext, plan: Plan): PlanAdvice => {
  const needs = stillNeeded(ctx)
  return {
    satisfied: ctx.servers.flatMap((server) => alreadyOn(ctx, server)),
    blockers: blockersOn(ctx, plan),
    warnings: [
      ...needs.map(needWarning),
      ...versionWarnings(ctx),
      ...policyWarnings(ctx),
      ...credentialWarnings(ctx),
      ...logWarnings(ctx),
      ...silentReplicaWarnings(ctx),
    ],
    notes: notesOn(ctx, needs),
    factsAt: ctx.facts.readAt,
  }
}

const warn = (what: string, why: string, screen: string | null = null): Warning => ({ what, why, screen })

const needWarning = ({ old, text }: StillNeeded): Warning =>
  warn(
    `Do not disable ${oldName(old)}. Still needed by: ${text}`,
    'A database whose key is under a disabled version goes to RECOVERY_PENDING at the next start, and a restore stops. Backups that msdb forgot or that another server took are not in this list',
  )

const versionWarnings = (ctx: PlanContext): Warning[] => {
  const { draft, facts, vaultKey, present } = ctx
  const days = daysUntil(
    draft.to === 'new-version' ? null : (present?.expires ?? null),
    new Date(facts.readAt),
  )
  const disabled = (wantedKey(draft, facts)?.versions ?? []).filter(({ enabled }) => !enabled)
  return [
    ...(draft.to === 'new-version'
      ? [
          warn(
            `The new version of ${vaultKey} stays, whatever is undone`,
            'A version can’t be deleted alone. From then on whoever opens the key by its name alone gets it, other servers too',
            'key',
          ),
        ]
      : []),
    ...(asksForUncovered(draft) && draft.uncovered
      ? [
          warn(
            `No copy outside of the vault covers the new version of ${vaultKey}`,
            'It is made in the vault, where its private part stays. An escrow copy of the imported key opens only what older versions wrapped',
            'key',
          ),
        ]
      : []),
    ...(days !== null && days < 60
      ? [
          warn(
            `Version ${present?.version ?? ''} expires in ${days} days`,
            'It wraps nothing new after that',
            'key',
          ),
        ]
      : []),
    ...(disabled.length === 0
      ? []
      : [
          warn(
            `${disabled.length} ${disabled.length === 1 ? 'version' : 'versions'} of ${vaultKey} ${disabled.length === 1 ? 'is' : 'are'} disabled`,
            `${disabled.map(({ version }) => version ?? '').join(', ')}: backups and logs under it do not open until it is enabled`,
          ),
        ]),
  ]
}

const policyWarnings = ({ draft, facts, vaultKey, present }: PlanContext): Warning[] => {
  const policy = wantedKey(draft, facts)?.policy
  if (policy?.read !== true || !rotatesByItself(policy.value)) return []
  const text = policyText(policy.value, {
    created: present?.created ?? null,
    expires: present?.expires ?? null,
  })
  return [
    warn(
      `The vault makes new versions of ${vaultKey} by itself`,
      `${text}. SQL Server does not follow: databases stay under the version that they hang on until a run like this one. Nothing is changed in the policy`,
      'key',
    ),
    ...(draft.origin === 'vault' && draft.to === 'new-version'
      ? []
      : [
          warn(
            `If ${vaultKey} was imported, its policy makes material that no copy outside of the vault covers`,
            'A vault does not tell where a key came from. For an imported key let the policy only notify',
            'key',
          ),
        ]),
  ]
}

const credentialWarnings = ({ facts, old }: PlanContext): Warning[] => {
  const { credentials } = facts.ekm
  if (!credentials.read) return []
  return old.flatMap(({ key }) => {
    const login = loginOfKey(facts.ekm, key.name)
    const held = credentials.value.find(({ logins }) => logins.some((one) => one.login === login))
    return held?.identity.toLowerCase() === managedIdentity.toLowerCase()
      ? [
          warn(
            `${key.name} is used with a managed identity, the new key with an application`,
            'The credential of a managed identity has the vault’s name, so there can be only one, and it stays with the old login',
            'server',
          ),
        ]
      : []
  })
}

const logWarnings = ({ draft, facts }: PlanContext): Warning[] =>
  draft.databases.flatMap((database) => {
    const need = logNeed(facts, database)
    if (need === null) return []
    return need.remedy === 'checkpoint'
      ? [
          warn(
            `${database} gets a CHECKPOINT before its key is changed`,
            `${need.because}, and after two changes of the key the server refuses a third (SQL 33122). That a CHECKPOINT is enough is what documentation leads to expect`,
            'server',
          ),
        ]
      : draft.logBackups === 'take'
        ? [
            warn(
              `This run takes a log backup of ${database}`,
              'It is part of the log chain: a restore to any later time needs its file. Keep it where your other log backups are',
              'server',
            ),
          ]
        : []
  })

const notesOn = (ctx: PlanContext, needs: readonly StillNeeded[]): Evidence[] => {
  const { draft, facts, old, present } = ctx
  const wanted = wantedKey(draft, facts)
  const vaultRead = draft.to === 'other-key' ? facts.azure?.other : facts.azure?.old
  return [
    note(facts.server, 'Version and edition', ({ version, edition }) => `${version}, ${edition}`),
    ...old.map(({ key, place, databases }) =>
      note(
        key.place,
        `${databases.join(', ')} ${databases.length === 1 ? 'hangs' : 'hang'} on ${key.name}`,
        () => (place === null ? 'no place in the vault is noted' : `${placeText(place)}, of ${place.host}`),
      ),
    ),
    ...(vaultRead === null || vaultRead === undefined
      ? []
      : [note(vaultRead, `Versions of ${ctx.vaultKey}, oldest first`, () => versionsText(ctx))]),
    ...(wanted === null
      ? []
      : [
          note(wanted.policy, `Rotation policy of ${wanted.name}`, (policy) =>
            policyText(policy, { created: present?.created ?? null, expires: present?.expires ?? null }),
          ),
        ]),
    ...needs.flatMap(({ old: one, lines }) =>
      lines.map(({ what, found, source, at }) => ({
        statement: `${oldName(one)}, still needed by: ${what.slice(0, 1).toLowerCase()}${what.slice(1)}`,
        value: found,
        source,
        at,
      })),
    ),
    ...replicaNotes(ctx),
    {
      statement: 'Mark of this run, in every name that it gives and in the tag of a new version',
      value: ctx.mark,
      source: 'Keyturn',
      at: facts.readAt,
    },
  ]
}
