import type { KeyImportDraft } from '../../../shared/forms/key-import-draft.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Blocker, PlanAdvice, SatisfiedStep, Warning } from '../../../shared/model/plan.ts'
import { principalText } from '../azure/words.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import type { Facts, VaultSide } from './facts-model.ts'
import { findingsOn, testOnlyBecause } from './findings.ts'

/** Everything that stands around the plan on the review. Pure, like the plan. */
export const adviceOn = (
  draft: KeyImportDraft,
  facts: Facts,
  satisfied: readonly SatisfiedStep[],
): PlanAdvice => ({
  satisfied,
  blockers: [...missing(draft, facts), ...refused(draft, facts)],
  warnings: warningsOn(draft, facts),
  notes: notesOn(facts),
  factsAt: facts.readAt,
})

const block = (what: string, measured: string, limit: string, screen: string | null): Blocker => ({
  what,
  measured,
  limit,
  screen,
})

const refused = (draft: KeyImportDraft, facts: Facts): Blocker[] =>
  findingsOn({ ...draft }, facts).map(({ screen, problem, measured }) =>
    block(problem.title, measured, problem.next, screen),
  )

/** What was chosen and is not to be had any more. */
const missing = (draft: KeyImportDraft, facts: Facts): Blocker[] => {
  const { task } = draft
  const wanted = [draft.vault, ...(draft.second && task !== 'restore' ? [draft.secondVault] : [])]
  return [
    ...(facts.vaults.read ? [] : [block('Vaults were not read', facts.vaults.because, 'Read', 'vaults')]),
    ...wanted
      .filter((host) => !facts.sides.some((side) => side.host === host.toLowerCase()))
      .map((host) =>
        block(`There is no vault ${host}`, 'not there, or not visible', 'One that is', 'vaults'),
      ),
    ...facts.sides.flatMap((side) => unread(side, task)),
    ...(task === 'transfer' ? fileBlockers(draft, facts) : []),
    ...(task === 'restore' && facts.backup === null
      ? [
          block(
            `${draft.backupFile} is not in the folder`,
            because(facts.names),
            'A file of the folder',
            'key',
          ),
        ]
      : []),
    ...(task === 'restore' && draft.backupOf !== '' && facts.source?.read !== true
      ? [
          block(
            'The vault of the backup was not read',
            because(facts.source),
            'Read, or none is chosen',
            'key',
          ),
        ]
      : []),
    ...(task === 'transfer' || task === 'compare' ? originBlockers(draft, facts) : []),
    ...(task === 'compare' ? compareBlockers(draft, facts) : []),
  ]
}

const because = (read: Read<unknown> | null): string =>
  read === null ? 'not there' : read.read ? 'not there' : read.because

const unread = ({ name, key }: VaultSide, task: string): Blocker[] =>
  key === null || key.read
    ? task === 'compare' && key?.read === true && key.value.key === null
      ? [block(`${name} has no key ${key.value.name}`, 'not there', 'A key of the vault', 'key')]
      : []
    : [
        block(
          `Keys of ${name} were not read`,
          key.because,
          'The plan needs to know whether the name is free. Key Vault Crypto Officer helps, or a network from which the vault answers',
          'vaults',
        ),
      ]

const fileBlockers = (draft: KeyImportDraft, facts: Facts): Blocker[] =>
  facts.sides
    .filter(({ file }) => file === null)
    .map(({ field }) =>
      block(
        `${field === 'vault' ? draft.file : draft.secondFile} is not in the folder`,
        because(facts.names),
        'A .byok file of the folder',
        'key',
      ),
    )

const originBlockers = (draft: KeyImportDraft, facts: Facts): Blocker[] => {
  if (facts.origin !== null) {
    const { bits, words } = facts.origin
    return bits === 2048 || bits === 3072
      ? []
      : [
          block(
            `The ${words} is none that SQL Server takes`,
            `${bits} bits`,
            'RSA with 2,048 or 3,072 bits',
            'key',
          ),
        ]
  }
  // A file that was read and refused is named at its field already.
  if (draft.origin === 'file') {
    return facts.publicFile === null
      ? [block(`${draft.publicFile} is not in the folder`, because(facts.publicNames), 'A public key', 'key')]
      : []
  }
  return [
    block(
      'The key of the token was not read',
      facts.token?.read === true ? 'the token shows no RSA key with this id, or two' : because(facts.token),
      'One RSA key that the token shows',
      'key',
    ),
  ]
}

const compareBlockers = (draft: KeyImportDraft, { server }: Facts): Blocker[] => {
  if (draft.sql === '') return []
  if (server?.read !== true)
    return [block('The server was not read', because(server), 'Read, or none is chosen', 'key')]
  return server.value.keys.some(({ name }) => name === draft.sqlKey)
    ? []
    : [
        block(
          `${server.value.ref.name} has no key ${draft.sqlKey}`,
          'not in master, or not visible',
          'A key of a provider',
          'key',
        ),
      ]
}

const warn = (what: string, why: string, screen: string | null): Warning => ({ what, why, screen })

const warningsOn = (draft: KeyImportDraft, facts: Facts): Warning[] => {
  const { task } = draft
  const files = facts.sides.flatMap(({ file }) => (file?.ok === true ? [file.value] : []))
  const tests = files.filter((file) => testOnlyBecause(file, facts) !== null)
  return [
    ...(tests.length === 0
      ? []
      : [
          warn(
            'The transfer files are for tests only',
            'A token that fills keys up with zero bytes wraps against RFC 5649. Whether Azure takes that is not known; the simulated one does',
            'key',
          ),
        ]),
    ...(task === 'transfer' && draft.origin === 'file'
      ? [
          warn(
            'How the token wraps is not known here',
            'The public key comes from a file, so no probe stands beside it. The file’s own word counts',
            'key',
          ),
        ]
      : []),
    ...(task === 'transfer'
      ? [
          warn(
            `A rotation of ${draft.keyName} in Azure makes other key material`,
            'The token and its escrow cover the imported version only: keep automatic rotation off, and rotate by importing another key',
            null,
          ),
        ]
      : []),
    ...(task === 'transfer' && facts.sides.length === 2 && facts.sides[0]?.region === facts.sides[1]?.region
      ? [
          warn(
            'Both vaults are in one region',
            `${facts.sides[0]?.region ?? ''}: the loss of it takes both`,
            'vaults',
          ),
        ]
      : []),
    ...(task === 'restore' && facts.source === null
      ? [
          warn(
            'Nothing is compared with what comes back',
            'The vault that the backup was taken from is not chosen, so its versions are not known',
            'key',
          ),
        ]
      : []),
    ...(task === 'restore'
      ? [
          warn(
            'A restored key is a copy of its own',
            'What is changed, disabled or deleted in the other vault later does not reach it',
            null,
          ),
        ]
      : []),
    ...facts.sides.flatMap(({ name, rights }) =>
      rights === null || rights.read
        ? []
        : [warn(`Your rights in ${name} were not read`, rights.because, null)],
    ),
  ]
}

const notesOn = (facts: Facts): Evidence[] => {
  const { readAt: at } = facts
  const say = (source: string, statement: string, value: string, when = at): Evidence => ({
    statement,
    value,
    source,
    at: when,
  })
  return [
    say(facts.target.name, 'Signed in as', principalText(facts.principal)),
    ...(facts.origin === null
      ? []
      : [say('Keyturn', `Public key of ${facts.origin.words}; SHA-256`, facts.origin.spkiSha256)]),
    ...facts.sides.flatMap(({ name, region, settings, file, kek }) => [
      say(
        facts.target.name,
        `${name} is in`,
        `${region}, ${settings === null ? 'managed HSM' : settings.tier}`,
      ),
      ...(file?.ok === true
        ? [say(`Keyturn, ${file.value.name}`, 'Wrapped for', `${file.value.kid}; ${file.value.generator}`)]
        : []),
      ...(kek?.read === true && kek.value !== null
        ? [
            say(
              kek.source,
              `Key ${kek.value.name}, for imports`,
              `${kek.value.bits} bits, ${kek.value.refusal ?? 'can open the file'}`,
              kek.at,
            ),
          ]
        : []),
    ]),
  ]
}
