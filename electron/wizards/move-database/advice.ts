import type { MoveDraft } from '../../../shared/forms/move-database-draft.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Plan, PlanAdvice, SatisfiedStep, Warning } from '../../../shared/model/plan.ts'
import { bytesText, note } from '../sqlserver/words.ts'
import { volumeOf } from '../sqlserver/volumes.ts'
import { blockersOn } from './blockers.ts'
import type { Facts } from './facts-model.ts'
import { certificateThere, valueOf, type MoveContext } from './plan-context.ts'

/** Everything that stands around the plan on the review. Pure, like the plan. */
export const adviceOn = (
  draft: MoveDraft,
  facts: Facts,
  plan: Plan,
  context: MoveContext | null,
): PlanAdvice => ({
  satisfied: context === null ? [] : satisfiedIn(context),
  blockers: blockersOn(draft, facts, plan, context),
  warnings: context === null ? [] : warningsOn(context),
  notes: notesOn(draft, facts, context),
  factsAt: facts.readAt,
})

const satisfiedIn = ({ destination, tde, backupCertificate }: MoveContext): SatisfiedStep[] =>
  [...new Set([tde, backupCertificate?.thumbprint ?? null])].flatMap((thumbprint) => {
    const there = thumbprint === null ? null : certificateThere(destination, thumbprint)
    const { certificates } = destination
    return there === null || thumbprint === null || !certificates.read
      ? []
      : [
          {
            title: `Bring the certificate to ${destination.target.name}`,
            evidence: {
              statement: `${there.name} has the thumbprint already, its private key under the master key`,
              value: thumbprint,
              source: certificates.source,
              at: certificates.at,
            },
          },
        ]
  })

const warningsOn = (context: MoveContext): Warning[] => {
  const { draft, facts, there, moved, databaseKey, tde, backupCertificate } = context
  const list: Warning[] = []
  const warn = (what: string, why: string, screen: string | null = null): number =>
    list.push({ what, why, screen })
  if (draft.way === 'detach') {
    warn(
      `Nobody can use ${draft.database} from the detach until it is attached again`,
      'Sessions in it are ended, and the run waits in between for someone who copies the files',
      'way',
    )
    if (moved.owner === '')
      warn(
        `Who owns ${draft.database} is not visible with this login`,
        `After it was attached again, it belongs to ${facts.principal}. Its other flags are set back`,
      )
  } else {
    warn(
      `What is written to ${draft.database} after the backup does not come along`,
      'The source stays in use. Stop the applications first, or move the tail of the log by hand',
      'way',
    )
    if (tde === null && backupCertificate === null)
      warn(
        'The backup on the way is not encrypted',
        `Whoever reads ${draft.backupFolder} reads the database`,
        'way',
      )
    if (tde !== null && backupCertificate?.thumbprint === tde)
      warn(
        'The backup is encrypted under the certificate of TDE',
        'Another certificate keeps the two apart: who loses one has not lost both',
        'way',
      )
  }
  if (databaseKey !== null && draft.databaseKeyPassword === null)
    warn(
      `The master key of ${draft.database} stays closed on ${there.name}`,
      `Its password was not given. What is under it there (certificates, symmetric keys) opens only after OPEN MASTER KEY with that password${draft.way === 'detach' && databaseKey.opensByItself ? '; on the source too, once it was detached' : ''}`,
      'keys',
    )
  if (draft.sourceAfter === 'as-it-was')
    warn(
      `${draft.database} stays in use on ${facts.target.name}`,
      'Two copies grow apart as soon as both are written to',
      'after',
    )
  if (!draft.checkConsistency)
    warn('DBCC CHECKDB is not run', 'A page that was damaged on the way shows only when it is read', 'after')
  return list
}

const notesOn = (draft: MoveDraft, facts: Facts, context: MoveContext | null): Evidence[] => {
  const there = facts.destination?.answered === true ? facts.destination : null
  const versions = ({ version, edition }: { version: string; edition: string }): string =>
    `${version}, ${edition}`
  return [
    note(facts.server, `Version and edition of ${facts.target.name}`, versions),
    ...(there === null
      ? []
      : [note(there.facts.server, `Version and edition of ${there.facts.target.name}`, versions)]),
    ...(facts.encryption === null
      ? []
      : [
          note(facts.encryption, `Encryption of ${draft.database}`, (one) =>
            one === null
              ? 'no encryption key'
              : `state ${one.state}, under thumbprint ${one.thumbprint ?? 'not read'}`,
          ),
        ]),
    ...(facts.databaseKey === null
      ? []
      : [
          note(facts.databaseKey, `Master key of ${draft.database} itself`, (key) =>
            key === null
              ? 'none'
              : `${key.passwordCopies} copies under a password, ${key.opensByItself ? 'opens by itself' : 'opens only with its password'}`,
          ),
        ]),
    ...(facts.moved === null
      ? []
      : [
          note(facts.moved, 'Users that stand for a login', (moved) =>
            moved === null || moved.users === null
              ? 'not visible'
              : `${moved.users}; whether the destination has their logins is not checked`,
          ),
        ]),
    ...(there === null
      ? []
      : [
          note(
            there.account,
            `Service account of ${there.facts.target.name}`,
            (account) => account ?? 'not visible',
          ),
        ]),
    ...(context === null || there === null
      ? []
      : [
          note(
            there.facts.volumes,
            `Space for ${bytesText(context.files.reduce((sum, { pages }) => sum + pages * 8192, 0))}`,
            (volumes) => {
              const volume = volumeOf(draft.dataFolder, volumes)
              return volume === null
                ? 'not reported for that folder'
                : `${bytesText(volume.availableBytes)} free on ${volume.mountPoint}`
            },
          ),
        ]),
    ...(context === null || valueOf(facts.moved) === null
      ? []
      : [
          {
            statement: 'Mark of this run, in the name of its files',
            value: context.mark,
            source: 'Keyturn',
            at: facts.readAt,
          },
        ]),
  ]
}
