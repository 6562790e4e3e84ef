import type { PutOn } from '../../../shared/forms/escrow-drill-draft.ts'
import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import { contentOf } from '../../../shared/model/escrow.ts'
import type { ManifestItem } from '../../escrow/package/manifest.ts'
import { pinCheck, suggestedPin, wrapCheck } from '../hsm/token-shown.ts'
import { shownOf } from '../sqlserver/words.ts'
import { selfVouched } from './blockers.ts'
import type { Facts, PackageFact, TargetFacts } from './facts-model.ts'
import { hasNoName } from './own-names.ts'
import { packageOf } from './plan.ts'
import { tokenRead } from './token-advice.ts'

/** What one screen shows of the facts. */
export const formFacts = (
  screen: string,
  answers: Answers,
  facts: Facts,
  connected: { servers: readonly FactOption[]; tokens: readonly FactOption[] },
): FormFacts => {
  const found = packageOf(facts)
  return {
    options: {
      targets: connected.servers,
      tokenTargets: connected.tokens,
      packages: facts.packages.map((name) => ({ value: name, label: name, usable: true })),
      items: (found?.manifest.items ?? []).map(itemRow),
      keyFiles:
        facts.keyFile?.read === true
          ? facts.keyFile.value.names.map((name) => ({ value: name, label: name, usable: true }))
          : [],
      masterKeyMode: masterKeyRows(facts.target, answers['purpose'] === 'recovery'),
    },
    shown: shownOn(screen, facts, found),
    flags: {
      'several-packages': facts.packages.length > 1,
      'without-names': (found?.manifest.items ?? []).some(hasNoName),
      ...Object.fromEntries(
        Array.from({ length: found?.manifest.group.threshold ?? 0 }, (_, index) => [
          `share-${index + 1}`,
          true,
        ]),
      ),
    },
    suggested: suggestedBy(answers, facts, found),
    checks: checksOn(screen, facts, found),
    readAt: facts.readAt,
  }
}

/** The target is chosen after the items. */
const whatHappens: Readonly<Partial<Record<ManifestItem['kind'], string>>> = {
  certificate: 'restored, where a server takes the keys',
  'hsm-key': 'unwrapped there, where a token takes the keys',
}

const itemRow = (item: ManifestItem): FactOption => ({
  value: String(item.number),
  label: `${item.number}: ${item.name}`,
  detail: contentOf(item).words,
  usable: true,
  facts: {
    From: item.from.target,
    Purpose: item.purpose,
    'What happens': whatHappens[item.kind] ?? 'opened and compared only',
  },
})

const masterKeyRows = (target: TargetFacts | null, recovery: boolean): FactOption[] => {
  if (target === null || !target.masterKey.read) return []
  const key = target.masterKey.value
  const row = (value: string, label: string, reason: string | null): FactOption => ({
    value,
    label,
    usable: reason === null,
    ...(reason === null ? {} : { reason }),
  })
  const there = key === null ? null : 'master has one'
  return [
    row(
      'throw-away',
      'Create one under a throw-away password',
      recovery ? 'what is recovered stays, so its master key needs a password that is known' : there,
    ),
    row('password', 'Create one under a password of mine', there),
    row(
      'use',
      'Use the one that is there',
      key === null ? 'master has none' : key.opensByItself ? null : 'it does not open by itself',
    ),
  ]
}

type Shown = FormFacts['shown'][number]

const signerWords = {
  given: 'the key whose fingerprint was typed',
  known: 'a key of this profile’s record',
  'package-only': 'a key that only the package vouches for',
} as const

const shownOn = (screen: string, facts: Facts, found: PackageFact | null): Shown[] => {
  if (screen === 'server')
    return facts.token !== null
      ? tokenRead(facts)
      : facts.target === null
        ? []
        : [
            shownOf(
              facts.target.server,
              'Version and edition',
              ({ version, edition }) => `${version}, ${edition}`,
            ),
            shownOf(
              facts.target.account,
              'Account that opens the files',
              (account) => account ?? 'not named',
            ),
          ]
  if (found === null) return []
  const shown = (label: string, value: string): Shown => ({
    label,
    value,
    source: facts.package?.source ?? 'Keyturn',
    at: facts.package?.at ?? facts.readAt,
  })
  const { manifest, signer, files, bytes } = found
  const { group, recipients } = manifest
  const opens = shown(
    'Opens with',
    `any ${group.threshold} of ${group.members.map(({ name }) => name).join(', ')} (${group.name})${
      recipients.length === 0
        ? ''
        : `; or the private key of ${recipients.map(({ name }) => name).join(', ')}`
    }`,
  )
  return screen === 'package'
    ? [
        shown(
          'Package',
          `${manifest.id}, written ${manifest.made.at.slice(0, 10)}; ${files} files, ${bytes.toLocaleString('en-US')} bytes, each as the manifest lists it`,
        ),
        shown('Who signed it', `${signerWords[signer.standing]}: ${signer.fingerprint}`),
        opens,
      ]
    : [opens]
}

/** By what the package holds. */
export const suggestedPutOn = (
  items: readonly Pick<ManifestItem, 'kind'>[],
): { value: PutOn; because: string } =>
  items.some(({ kind }) => kind === 'hsm-key') && !items.some(({ kind }) => kind === 'certificate')
    ? { value: 'token', because: 'The package holds keys of tokens and no certificate' }
    : { value: 'server', because: 'The package holds certificates, or no key of a token' }

const suggestedBy = (
  answers: Answers,
  { target, token }: Facts,
  found: PackageFact | null,
): FormFacts['suggested'] => {
  const items = found?.manifest.items ?? []
  const recovery = answers['purpose'] === 'recovery'
  return {
    ...(answers['openWith'] === undefined
      ? { openWith: { value: 'shares', because: 'Every package opens with shares' } }
      : {}),
    putOn: suggestedPutOn(items),
    ...(token?.read === true
      ? {
          pinMode: suggestedPin(token.value),
        }
      : {}),
    ...(items.length === 0
      ? {}
      : { items: { value: items.map(({ number }) => String(number)), because: 'All items of the package' } }),
    ...(target?.masterKey.read !== true
      ? {}
      : {
          masterKeyMode:
            target.masterKey.value !== null
              ? { value: 'use', because: 'master has one' }
              : recovery
                ? { value: 'password', because: 'master has none, and what is recovered stays' }
                : { value: 'throw-away', because: 'master has none' },
        }),
  }
}

type Check = FormFacts['checks'][number]

const checksOn = (screen: string, facts: Facts, found: PackageFact | null): Check[] => {
  if (screen === 'opening')
    return facts.keyFile?.read === false
      ? [
          {
            name: 'Folder with the private key file',
            state: 'failed',
            detail: facts.keyFile.because,
            at: facts.keyFile.at,
            field: 'recipientFolder',
          },
        ]
      : []
  if (screen === 'server') return tokenChecks(facts)
  if (screen !== 'package' || facts.package === null) return []
  const at = facts.package.at
  if (found === null)
    return [
      {
        name: 'Package',
        state: 'failed',
        detail: facts.package.read ? '' : facts.package.because,
        at,
        field: facts.packages.length > 1 ? 'packageName' : 'packageFolder',
      },
    ]
  return [
    {
      name: 'Package',
      state: 'ok',
      detail: 'its files are exactly those of the manifest, unchanged, and the manifest is signed',
      at,
      field: 'packageFolder',
    },
    {
      name: 'Signer',
      state: selfVouched(found) ? 'failed' : 'ok',
      detail: selfVouched(found)
        ? 'This profile does not know the key that signed it. Enter the fingerprint from where it was noted; whoever changed the package could have signed it anew'
        : signerWords[found.signer.standing],
      at,
      field: 'signerFingerprint',
    },
  ]
}

const tokenChecks = (facts: Facts): Check[] => {
  if (facts.token === null) return []
  const { at } = facts.token
  if (!facts.token.read)
    return [{ name: 'Key wrap', state: 'failed', detail: facts.token.because, at, field: 'hsm' }]
  const token = facts.token.value
  return [
    pinCheck(token),
    // One that fills keys up is told and can be gone on with: what it takes is for tests.
    { ...wrapCheck(token), field: token.probe !== null && token.probe.use === null ? 'hsm' : null },
  ]
}
