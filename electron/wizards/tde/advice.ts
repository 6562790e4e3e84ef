import { bringsProtector, concernsLog, type TdeDraft } from '../../../shared/forms/tde-draft.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Plan, PlanAdvice, SatisfiedStep, Warning } from '../../../shared/model/plan.ts'
import {
  certificateNamed,
  keySizeNote,
  replicaWarnings,
  smallKeyWarnings,
} from '../sqlserver/certificate-advice.ts'
import { todayOf } from '../sqlserver/certificate-rules.ts'
import { restartTrap, trapText } from '../sqlserver/restart-trap.ts'
import { bytesText, note } from '../sqlserver/words.ts'
import { blockersOn } from './blockers.ts'
import type { Facts } from './facts-model.ts'
import { keyOf } from '../sqlserver/tde-facts.ts'
import { protectorOf } from './facts-words.ts'
import { stateText } from '../sqlserver/database-keys.ts'
import { logNeed, remedyFor, type LogRemedy } from '../sqlserver/log-rule.ts'
import { replicaNotes, silentReplicaWarnings } from './replicas.ts'

/** Everything that stands around the plan on the review. Pure, like the plan. */
export const adviceOn = (draft: TdeDraft, facts: Facts, plan: Plan, mark: string): PlanAdvice => ({
  satisfied: satisfiedBefore(draft, facts),
  blockers: blockersOn(draft, facts, plan),
  warnings: warningsOn(draft, facts),
  notes: notesOn(draft, facts, mark),
  factsAt: facts.readAt,
})

const satisfiedBefore = (draft: TdeDraft, facts: Facts): SatisfiedStep[] =>
  draft.task !== 'turn-on'
    ? []
    : draft.databases.flatMap((database) => {
        const key = keyOf(facts, database)
        return key === undefined
          ? []
          : [
              {
                title: `Create the encryption key of ${database}`,
                evidence: {
                  statement: `Database encryption key of ${database}`,
                  value: `${key.algorithm}, thumbprint ${key.thumbprint ?? 'not shown'}`,
                  source: facts.keys.source,
                  at: facts.keys.at,
                },
              },
            ]
      })

const warningsOn = (draft: TdeDraft, facts: Facts): Warning[] => {
  const warning = (what: string, why: string, screen: string | null = null): Warning => ({
    what,
    why,
    screen,
  })
  const trap = restartTrap(facts)
  return [
    ...(trap === null
      ? []
      : [
          warning(
            `Works until the next restart: ${trapText(trap)}`,
            'The master key of master has no copy under the service master key. After a restart the server can’t open it (SQL 15581): the databases go to RECOVERY_PENDING. The job “Master key” adds the copy',
          ),
        ]),
    ...(bringsProtector(draft.task) ? protectorWarnings(draft, facts) : []),
    ...oldProtectorWarnings(draft, facts),
    ...(concernsLog(draft.task) ? logWarnings(draft, facts) : []),
    ...(['watch', 'turn-off'].includes(draft.task) && !facts.replicas.read
      ? [
          warning(
            `Whether ${facts.target.name} has availability replicas was not read`,
            `${facts.replicas.because}. So none is watched. The server itself drops no key that a replica still uses (SQL 33123)`,
            'task',
          ),
        ]
      : []),
    ...(draft.task === 'turn-off'
      ? [
          warning(
            'The full backup that this run takes is not encrypted',
            'It holds the pages in clear, as the files of the database do from then on',
            'files',
          ),
          warning(
            'tempdb stays encrypted until the next restart',
            'That is so when the last database with TDE is turned off, as documentation says',
          ),
        ]
      : []),
  ]
}

const protectorWarnings = (draft: TdeDraft, facts: Facts): Warning[] => {
  const used = draft.certificateMode === 'use' ? certificateNamed(facts, draft.certificateName) : undefined
  const warnings: Warning[] = [
    {
      what: 'Without this certificate nobody opens these databases or their backups elsewhere',
      why: `A restore or attach on another server stops with SQL 33111 until ${draft.certificateName} is there with its private key. Keep the files and their password apart from the server`,
      screen: 'files',
    },
  ]
  if (used !== undefined && used.expiresOn !== '' && used.expiresOn <= todayOf(facts)) {
    warnings.push({
      what: `${used.name} expired ${used.expiresOn}`,
      why: 'TDE works with an expired certificate; new encrypted backups with it are refused (SQL 3096)',
      screen: 'key',
    })
  }
  if ((used?.backups ?? 0) > 0) {
    warnings.push({
      what: `${draft.certificateName} encrypts backups too`,
      why: 'Use different certificates for backups and TDE: a key that is lost or rotated then concerns only one of them',
      screen: 'key',
    })
  }
  if (!draft.proveOnServer) {
    warnings.push({
      what: 'The key files on the server are not opened',
      why: 'They are known only as written; the pair in your folder is opened here',
      screen: 'files',
    })
  }
  return [
    ...warnings,
    ...(draft.certificateMode === 'create' ? smallKeyWarnings(facts) : []),
    ...(facts.replicas.read ? [] : replicaWarnings(facts, [])),
    ...silentReplicaWarnings(draft, facts),
  ]
}

const oldProtectorWarnings = (draft: TdeDraft, facts: Facts): Warning[] => {
  if (draft.task !== 'rotate-protector' && draft.task !== 'turn-off') return []
  const names = new Set(
    draft.databases.flatMap((database) => {
      const protector = protectorOf(facts, database)
      const thumbprint = keyOf(facts, database)?.thumbprint ?? null
      if (protector !== undefined) return [protector.name]
      return facts.certificates.read || thumbprint === null ? [] : [`The certificate ${thumbprint}`]
    }),
  )
  return [...names].map((name) => ({
    what: `${name} must stay, here and where its files are`,
    why:
      draft.task === 'turn-off'
        ? 'Full, differential and log backups from before, and log backups of what the log holds now, need it. Nothing in the server protects a certificate that only backups need'
        : 'Backups from before need it, and log backups that span this change need both certificates. Nothing in the server protects a certificate that only backups need',
    screen: null,
  }))
}

/** Log backups that this run takes become part of somebody's chain; those that it does not take keep the certificate needed. */
const logWarnings = (draft: TdeDraft, facts: Facts): Warning[] =>
  draft.databases.flatMap((database) => {
    const { remedy, because } = remedyFor(facts, database)
    if (draft.task === 'turn-off') {
      return remedy === 'log-backup' && draft.logBackups === 'mine'
        ? [
            {
              what: `The log of ${database} needs the certificate until you back it up`,
              why: 'So does that log backup. What is written after it needs no certificate any more',
              screen: 'files',
            },
          ]
        : logTaken(draft, database, remedy)
    }
    const need = logNeed(facts, database)
    if (need === null) return []
    return need.remedy === 'checkpoint'
      ? [
          {
            what: `${database} gets a CHECKPOINT before its key is changed`,
            why: `${because}, and after two changes of the key the server refuses a third (SQL 33122). That a CHECKPOINT is enough is what documentation leads to expect; where it is not, the server refuses the change and leaves the key as it is`,
            screen: 'files',
          },
        ]
      : logTaken(draft, database, remedy)
  })

const logTaken = ({ logBackups }: TdeDraft, database: string, remedy: LogRemedy): Warning[] =>
  remedy === 'log-backup' && logBackups === 'take'
    ? [
        {
          what: `This run takes a log backup of ${database}`,
          why: 'It is part of the log chain: a restore to any later time needs its file. Keep it where your other log backups are',
          screen: 'files',
        },
      ]
    : []

const notesOn = (draft: TdeDraft, facts: Facts, mark: string): Evidence[] => [
  note(facts.server, 'Version and edition', ({ version, edition }) => `${version}, ${edition}`),
  ...draft.databases.map((database) =>
    note(facts.keys, `Encryption of ${database}`, () => {
      const key = keyOf(facts, database)
      return key === undefined
        ? 'no database encryption key'
        : `state ${stateText(key)}, ${key.algorithm}, under ${protectorOf(facts, database)?.name ?? 'a protector that is not seen'}`
    }),
  ),
  ...replicaNotes(draft, facts),
  ...(draft.certificateMode === 'create' && bringsProtector(draft.task) ? [keySizeNote(facts)] : []),
  ...(draft.task === 'turn-on'
    ? [
        note(facts.keys, 'tempdb', (keys) =>
          keys.some(({ state }) => state > 1)
            ? 'encrypted already: this server has databases with TDE'
            : 'is encrypted with the first database, for all databases of this server',
        ),
        note(
          facts.volumes,
          'Free space of the volumes with database files; the log grows while a scan works',
          (all) =>
            all
              .map(({ mountPoint, availableBytes }) => `${mountPoint} ${bytesText(availableBytes)}`)
              .join(', ') || 'not known',
        ),
      ]
    : []),
  {
    statement: 'Mark of this run, in every name that it gives',
    value: mark,
    source: 'Keyturn',
    at: facts.readAt,
  },
]
