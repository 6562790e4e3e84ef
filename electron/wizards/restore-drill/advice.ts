import type { RestoreDrillDraft } from '../../../shared/forms/restore-drill-draft.ts'
import { pairsIn } from '../../../shared/forms/restore-drill-keys.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Plan, PlanAdvice, SatisfiedStep, Warning } from '../../../shared/model/plan.ts'
import { bytesText, note } from '../sqlserver/words.ts'
import { backupBlockers, drillServerBlockers, keyBlockers, named, secretBlockers } from './blockers.ts'
import type { Chain } from './chains.ts'
import type { Facts } from './facts-model.ts'
import { knownKeys } from './known-keys.ts'
import { needsOf } from './needs.ts'
import { tokenEndWarnings } from '../sqlserver/storage-rules.ts'
import { blobBlockers, blobsSeen } from './blobs.ts'
import type { GivenKey } from './plan-keys.ts'
import { vaultKeyBlockers, vaultKeyWarnings, type VaultKeyNeed } from './vault-keys.ts'
import { spaceFor } from './space.ts'

/** Everything that stands around the plan on the review. Pure, like the plan. */
export const adviceOn = (
  draft: RestoreDrillDraft,
  facts: Facts,
  plan: Plan,
  {
    chains,
    keys,
    vaultKeys,
  }: { chains: readonly Chain[]; keys: readonly GivenKey[]; vaultKeys: readonly VaultKeyNeed[] },
): PlanAdvice => ({
  satisfied: satisfiedBy(draft, facts),
  blockers: [
    ...backupBlockers(draft, facts, chains),
    ...drillServerBlockers(draft, facts, chains, keys),
    ...blobBlockers(draft, facts, chains),
    ...vaultKeyBlockers(facts, vaultKeys),
    ...keyBlockers(draft, facts, chains, keys),
    ...secretBlockers(draft, facts, plan),
  ],
  warnings: [
    ...warningsOn(draft, facts, chains),
    ...vaultKeyWarnings(facts, vaultKeys),
    ...(blobsSeen(draft, chains).length === 0
      ? []
      : tokenEndWarnings(draft, facts.secrets, facts.source.readAt, 'server')),
  ],
  notes: notesOn(draft, facts, chains),
  factsAt: facts.source.readAt,
})

const satisfiedBy = ({ masterKeyMode }: RestoreDrillDraft, { drill }: Facts): SatisfiedStep[] => {
  const key = drill?.masterKey
  return masterKeyMode === 'use' && key?.read === true && key.value?.opensByItself === true
    ? [
        {
          title: 'Database master key of the drill server',
          evidence: {
            statement: 'It is there and opens by itself; the drill leaves it as it is',
            value: key.value.keyGuid,
            source: key.source,
            at: key.at,
          },
        },
      ]
    : []
}

const warning = (what: string, why: string, screen: string | null): Warning => ({ what, why, screen })

export const warningsOn = (draft: RestoreDrillDraft, facts: Facts, chains: readonly Chain[]): Warning[] => {
  const needs = needsOf(chains, facts)
  const known = new Map(knownKeys(facts).map(({ thumbprint, what }) => [thumbprint, what]))
  const found: Warning[] = []
  for (const thumbprint of needs.all) {
    if (!facts.source.certificates.read)
      found.push(
        warning(
          `Whether ${facts.source.target.name} still has the certificate ${thumbprint} was not read`,
          facts.source.certificates.because,
          'keys',
        ),
      )
    else if (!known.has(thumbprint))
      found.push(
        warning(
          `${facts.source.target.name} does not have the certificate ${thumbprint} any more, which these backups need`,
          'Only its key files can bring it back. If they are lost, these backups are too',
          'keys',
        ),
      )
    else if (known.get(thumbprint)?.includes('never exported'))
      found.push(
        warning(
          `The private key of the certificate ${thumbprint} was never exported, as the catalog says`,
          'Then the key files given here are those of another certificate. Export it while the source has it',
          'keys',
        ),
      )
  }
  const certificates = facts.source.certificates
  if (certificates.read) {
    const newer = certificates.value.filter(
      ({ thumbprint, privateKey }) =>
        thumbprint !== null && privateKey === 'MK' && !needs.all.includes(thumbprint),
    )
    if (needs.backup.length > 0 && newer.length > 0)
      found.push(
        warning(
          `The files of ${newer.map(({ name }) => name).join(', ')} do not open these backups`,
          'A renewed certificate is another one with another thumbprint; a backup keeps asking for the one it was made with',
          'keys',
        ),
      )
  }
  for (const { sets, endsBecause } of chains) {
    if (endsBecause !== null)
      found.push(
        warning(
          `The chain of ${sets[0]?.database ?? ''} ends early`,
          `${endsBecause}. A restore reaches no later point from this full backup`,
          'backup',
        ),
      )
  }
  if (needs.tde.length > 0)
    found.push(
      warning(
        `${needs.tde.map(({ database }) => database).join(', ')}: under TDE, so the database asks for its own certificate`,
        'The thumbprint above is that of today. If the protector changed since the backup, the file asks for the one before',
        'keys',
      ),
    )
  if (!facts.source.databases.read)
    found.push(
      warning(
        `Whether databases of ${facts.source.target.name} are under TDE was not read`,
        `${facts.source.databases.because}. One that is asks for its own certificate, besides that of the backup`,
        'keys',
      ),
    )
  else if (needs.unseen.length > 0)
    found.push(
      warning(
        `${needs.unseen.join(', ')}: under TDE, and its certificate is not visible with this login`,
        'VIEW SERVER STATE on the source shows the thumbprint. Without that certificate among the key files the restore is refused (SQL 33111)',
        'keys',
      ),
    )
  if (draft.passwordFrom !== 'typed' && draft.keyFiles !== 'none')
    found.push(
      warning(
        draft.passwordFrom === 'both'
          ? 'Passwords may come from Keyturn, not from where they are kept for the emergency'
          : 'The passwords come from Keyturn, not from where they are kept for the emergency',
        'The drill then does not show that anybody can find them on the day they are needed. The record says so',
        'keys',
      ),
    )
  const alone = (facts.drill?.keyFolders ?? []).flatMap(({ files }) =>
    draft.keyFiles === 'search' && files?.read === true ? pairsIn(files.value).alone : [],
  )
  if (alone.length > 0)
    found.push(
      warning(
        `${named(alone)}: no .pvk file of the same name beside it`,
        'A certificate without its private key opens nothing. Where its .pvk has another name, name the files yourself',
        'keys',
      ),
    )
  if (!draft.consistency)
    found.push(
      warning(
        'Pages are not checked',
        'A restore brings back damage that was in the database before its backup, without an error',
        'checks',
      ),
    )
  return found
}

const notesOn = (draft: RestoreDrillDraft, facts: Facts, chains: readonly Chain[]): Evidence[] => {
  const { drill } = facts
  const known = new Map(knownKeys(facts).map(({ thumbprint, what }) => [thumbprint, what]))
  const space = spaceFor(draft, chains, facts)
  return [
    ...needsOf(chains, facts).all.map((thumbprint) =>
      note(
        facts.source.certificates,
        `Needed: ${thumbprint}`,
        () => known.get(thumbprint) ?? 'not on the source',
      ),
    ),
    ...(drill === null
      ? []
      : [
          note(drill.account, 'Account that opens the files there', (account) => account ?? 'not named'),
          note(drill.volumes, 'Free space for the restored files', () =>
            space.volume === null
              ? 'the server reports it only for volumes with database files'
              : `${bytesText(space.volume.availableBytes)} on ${space.volume.mountPoint}`,
          ),
          note(facts.backups, 'Largest restored database', () =>
            space.neededBytes === null ? 'not in the history' : bytesText(space.neededBytes),
          ),
        ]),
  ]
}
