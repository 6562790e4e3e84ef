import type { HsmKeyDraft } from '../../../shared/forms/hsm-key-draft.ts'
import { runMark, type RunId } from '../../../shared/model/ids.ts'
import type { Plan, ReliedFact } from '../../../shared/model/plan.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import {
  compareByCheckValue,
  compareBySignature,
  destroyKey,
  dropEphemeral,
  generate,
  generateEphemeral,
  lock,
  logIn,
  script,
  unwrapForCheck,
  usePublicKey,
  wrapEphemeral,
  wrapKey,
} from '../../scripts/pkcs11/calls.ts'
import type { PackageGroup } from '../../escrow/package/write.ts'
import { usableRecipients, type UsableRecipient } from '../escrow/recipients.ts'
import { wrapUseOf } from '../hsm/wrap-use.ts'
import { numbered, secretsOf, type Draftstep } from '../sqlserver/plan-parts.ts'
import { escrowSteps } from './plan-escrow.ts'
import { adviceOn } from './advice.ts'
import type { KekFact } from '../azure/exchange-key.ts'
import type { Facts, ShownKey, VaultFact } from './facts-model.ts'
import { generatorOf } from './generator.ts'
import { kekAnswers } from './facts.ts'
import { keepSteps, nameOf, replacedOf } from './replaced.ts'

/** CKA_ID of a key: the run that makes it, as its text in hex. Whoever sees the key finds its run. */
export const keyIdOf = (runId: RunId): string => Buffer.from(runId, 'latin1').toString('hex')

export const typeWords = {
  'rsa-2048': 'RSA key of 2,048 bits',
  'rsa-3072': 'RSA key of 3,072 bits',
  'ec-p256': 'EC key (P-256)',
  'ec-p384': 'EC key (P-384)',
  'aes-256': 'AES key of 256 bits',
} as const

export interface Wanted {
  draft: HsmKeyDraft
  facts: Facts
  runId: RunId
  keyId: string
  /** The chosen ones that can be found. */
  keks: readonly { vault: VaultFact; kek: KekFact }[]
  /** Null: no escrow package. */
  escrowGroup: PackageGroup | null
  escrowRecipients: readonly UsableRecipient[]
  /** Null: none is chosen, or it can’t be found. */
  replaced: ShownKey | null
}

export const wantedOf = (draft: HsmKeyDraft, facts: Facts, runId: RunId): Wanted => {
  const answers = draft.destination === 'none' ? [] : kekAnswers({ keks: draft.keks })
  const keks = answers.flatMap(({ vault: id, name, version }) => {
    const read = facts.vaults.get(id)
    const kek = read?.read === true ? read.value.keks.find((one) => isKek(one, name, version)) : undefined
    return read?.read === true && kek !== undefined ? [{ vault: read.value, kek }] : []
  })
  const escrows = draft.destination === 'chosen' && draft.group !== null && facts.group !== null
  return {
    draft,
    facts,
    runId,
    keyId: keyIdOf(runId),
    keks,
    escrowGroup: escrows ? facts.group : null,
    escrowRecipients: escrows ? usableRecipients(facts) : [],
    replaced: replacedOf(draft, facts),
  }
}

const isKek = (one: KekFact, name: string, version: string): boolean =>
  one.name === name && one.version === version

/** Pure: the same draft, facts and run id give the same plan. Order and risks: README.md. */
export const planHsmKey = (draft: HsmKeyDraft, facts: Facts, runId: RunId): PlanOutcome => {
  const wanted = wantedOf(draft, facts, runId)
  const { target } = facts
  const steps = numbered(
    [
      makeStep(wanted),
      ...wanted.keks.map((one) => wrapStep(wanted, one)),
      ...escrowSteps(wanted),
      ...lockSteps(wanted),
      ...keepSteps(wanted),
    ],
    target,
  )
  const pin = draft.pinMode === 'typed' ? draft.pin : facts.keptPin
  const plan: Plan = {
    format: 1,
    job: 'hsm-key',
    runId,
    title: titleOf(wanted),
    targets: [
      { ref: target, identity: { ...facts.identity } },
      ...wanted.keks.map(({ vault }) => ({ ref: vault.ref, identity: { ...vault.identity } })),
    ],
    steps,
    secrets: secretsOf(
      steps,
      (hole) => (hole === 'hsm_pin' && pin !== null ? { handle: pin, target } : null),
      facts.secrets,
    ),
    relied: reliedOn(wanted),
  }
  return { plan, advice: adviceOn(wanted) }
}

const titleOf = ({ draft, facts, replaced }: Wanted): string =>
  replaced === null
    ? `Key ${draft.label} on ${facts.target.name}`
    : `Key ${draft.label} on ${facts.target.name}, to replace ${nameOf(replaced)}`

const hasDestinations = ({ draft }: Wanted): boolean => draft.destination === 'chosen'

const makeStep = (wanted: Wanted): Draftstep => {
  const { draft, keyId, facts } = wanted
  const extractable = hasDestinations(wanted)
  const { label, type } = draft
  const undo = { action: `Destroy ${label} on the token`, script: script(destroyKey(keyId)) }
  return {
    kind: 'make-hsm-key',
    title: `Make ${typeWords[type]} ${label}`,
    now: 'No key of the token carries this run’s mark',
    after: extractable
      ? 'It is on the token, never readable, and can be wrapped until the last step locks it'
      : 'It is on the token, never readable, and can never be wrapped',
    scripts: [script(logIn(), generate({ name: label, id: keyId, type, extractable }))],
    params: { label, keyId, type, extractable },
    permission: `The PIN of the user of ${facts.target.name}`,
    undo: extractable
      ? { can: 'until-first', of: 'lock-hsm-key', ...undo, final: true }
      : { can: true, ...undo },
    resume: 'marked',
    stopNow: null,
  }
}

export const mechanismOf = ({ facts }: Wanted): ReturnType<typeof wrapUseOf> => wrapUseOf(facts.probe)

const firstLabel = (host: string): string => host.split('.')[0] ?? host

/** The first label of the host, or the whole of it where another vault of the plan has the same one. */
const vaultName = (host: string, { keks }: Wanted): string => {
  const same = keks.filter(({ vault }) => firstLabel(vault.identity.host) === firstLabel(host))
  return same.length > 1 ? host : firstLabel(host)
}

const wrapStep = (wanted: Wanted, { vault, kek }: Wanted['keks'][number]): Draftstep => {
  const { draft, keyId, facts, runId } = wanted
  const { label, type } = draft
  const { host } = vault.identity
  const { mechanism, testOnly } = mechanismOf(wanted)
  const test = testOnly ? 'TEST-ONLY-' : ''
  const file = `${test}${label}-${vaultName(host, wanted)}-${runMark(runId)}.byok`
  return {
    kind: 'wrap-hsm-key',
    title: `Wrap ${label} for ${host}`,
    now: `${facts.placeLabel ?? 'The folder'} has no file ${file}`,
    after: `${file} opens in ${host} alone${testOnly ? '. For tests only: the token wraps against RFC 5649' : ''}`,
    scripts: [
      script(
        usePublicKey(kek.kid, kek.sha256),
        generateEphemeral(),
        wrapEphemeral(kek.kid, 'sha1'),
        wrapKey(mechanism, keyId),
        unwrapForCheck(mechanism),
        type === 'aes-256' ? compareByCheckValue() : compareBySignature('CKM_SHA256_RSA_PKCS'),
        dropEphemeral(),
      ),
    ],
    params: {
      label,
      keyId,
      type,
      vault: vault.ref.id,
      host,
      kek: {
        name: kek.name,
        version: kek.version,
        kid: kek.kid,
        bits: kek.bits === 2048 ? 2048 : kek.bits === 3072 ? 3072 : 4096,
        spki: kek.spki,
        sha256: kek.sha256,
      },
      mechanism,
      testOnly,
      place: draft.place ?? '',
      file,
      generator: generatorOf(facts.token, testOnly),
    },
    permission: `The PIN of the user of ${facts.target.name}; keys/read in ${host}`,
    undo: {
      can: false,
      because: `${file} stays in your folder; it opens in ${host} alone. Delete it if the key is undone`,
    },
    resume: 'marked',
    stopNow: null,
  }
}

const lockSteps = (wanted: Wanted): Draftstep[] => {
  if (!hasDestinations(wanted)) return []
  const { draft, keyId, facts } = wanted
  const { label, type } = draft
  return [
    {
      kind: 'lock-hsm-key',
      title: `Lock ${label}: nobody can wrap it again`,
      now: 'It can be wrapped by whoever has the PIN',
      after: 'It can’t be wrapped any more, for good',
      scripts: [script(lock(keyId))],
      params: { label, keyId, type },
      permission: `The PIN of the user of ${facts.target.name}`,
      undo: { can: false, because: 'A token takes this back from nobody' },
      resume: 'marked',
      stopNow: null,
    },
  ]
}

/** Words for what changed, should it change between review and run. */
const reliedOn = ({ facts, keks, escrowGroup, escrowRecipients, replaced }: Wanted): ReliedFact[] => [
  { target: facts.target.name, fact: 'Module', value: facts.moduleSha256 },
  { target: facts.target.name, fact: 'Firmware', value: facts.token.firmware },
  {
    target: facts.target.name,
    fact: 'Key wrap',
    value:
      facts.probe === null
        ? 'never probed'
        : `${facts.probe.use?.mechanism ?? 'none'} ${facts.probe.use?.verdict ?? ''}`.trim(),
  },
  ...(replaced === null
    ? []
    : [
        {
          target: facts.target.name,
          fact: `Public key of ${nameOf(replaced)}`,
          value: `${replaced.id}, SHA-256 ${replaced.spkiSha256}`,
        },
      ]),
  ...(escrowGroup === null
    ? []
    : [
        {
          target: escrowGroup.facts.name,
          fact: 'share group',
          value: `${escrowGroup.facts.id}, ${escrowGroup.facts.state}, key ${escrowGroup.facts.spkiSha256 ?? 'not made'}`,
        },
      ]),
  ...escrowRecipients.map(({ file, sha256 }) => ({
    target: file,
    fact: 'SHA-256 of the certificate',
    value: sha256,
  })),
  ...keks.map(({ vault, kek }) => ({
    target: vault.ref.name,
    fact: `Key ${kek.name}`,
    value: `${kek.version}, ${kek.refusal ?? 'usable'}, SHA-256 ${kek.sha256}`,
  })),
]
