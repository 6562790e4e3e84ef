import type { KeyImportDraft } from '../../../shared/forms/key-import-draft.ts'
import { runMark, type RunId } from '../../../shared/model/ids.ts'
import type { Plan, ReliedFact, SatisfiedStep } from '../../../shared/model/plan.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import { markTag } from '../../ports/key-vault.ts'
import * as vaultCalls from '../../scripts/azure/key-vault.ts'
import type { ParamsOf } from '../../scripts/runbook/step-params.ts'
import { hsmRoles, rightsFor } from '../azure/roles.ts'
import { numbered, type Draftstep } from '../sqlserver/plan-parts.ts'
import { adviceOn } from './advice.ts'
import type { Facts, VaultSide } from './facts-model.ts'
import { isImportedAlready } from './findings.ts'

interface Wanted {
  draft: KeyImportDraft
  facts: Facts
  mark: string
}

/** Pure: the same draft, facts and run id give the same plan. Order and risks: README.md. */
export const planKeyImport = (draft: KeyImportDraft, facts: Facts, runId: RunId): PlanOutcome => {
  const wanted: Wanted = { draft, facts, mark: runMark(runId) }
  const there = draft.task === 'transfer' ? facts.sides.filter((side) => isImportedAlready(side, facts)) : []
  const steps = numbered(stepsOf(wanted, there), facts.target)
  const { server } = facts
  const withServer = steps.some(({ kind }) => kind === 'compare-server-key')
  const plan: Plan = {
    format: 1,
    job: 'key-import',
    runId,
    title: titleOf(wanted),
    targets: [
      { ref: facts.target, identity: { ...facts.identity } },
      ...(withServer && server?.read === true
        ? [{ ref: server.value.ref, identity: { ...server.value.identity } }]
        : []),
    ],
    steps,
    secrets: [],
    relied: reliedOn(wanted),
  }
  return { plan, advice: adviceOn(draft, facts, there.map(satisfied)) }
}

const titleOf = ({ draft, facts }: Wanted): string => {
  const vaults = facts.sides.map(({ name }) => name).join(' and ')
  switch (draft.task) {
    case 'transfer':
      return `Import key ${draft.keyName} into ${vaults}`
    case 'exchange-key':
      return `Key for imports ${draft.exchangeName} in ${vaults}`
    case 'restore':
      return `Restore key ${draft.keyName} into ${vaults}`
    case 'compare':
      return `Compare key ${draft.keyName} with ${vaults}`
  }
}

const stepsOf = (wanted: Wanted, there: readonly VaultSide[]): Draftstep[] => {
  const { draft, facts } = wanted
  switch (draft.task) {
    case 'transfer':
      return [
        ...facts.sides.filter((side) => !there.includes(side)).map((side) => importStep(wanted, side)),
        chainStep(wanted, there),
      ]
    case 'exchange-key':
      return facts.sides.map((side) => exchangeStep(wanted, side))
    case 'restore':
      return facts.sides.map((side) => restoreStep(wanted, side))
    case 'compare':
      return [chainStep(wanted, facts.sides), ...serverSteps(wanted)]
  }
}

const satisfied = ({ name, key }: VaultSide): SatisfiedStep => ({
  title: `Import into ${name}`,
  evidence: {
    statement: `${name} has this very key: same name, same public key`,
    value: key?.read === true ? (key.value.key?.version ?? '') : '',
    source: key?.source ?? name,
    at: key?.at ?? '',
  },
})

/** What a managed HSM calls a right of its own, where the others name Azure's. */
const rightOn = ({ hsm }: VaultSide, action: string): string =>
  hsm === null ? action : `${hsmRoles.cryptoUser.name} on the managed HSM`

/** Blank where a blocker stands beside the plan. */
const originOf = ({ facts }: Wanted): ParamsOf<'import-transfer-file'>['origin'] => {
  const { origin } = facts
  return origin === null
    ? { spki: '', spkiSha256: '0', bits: 0, words: 'a key that was not read' }
    : { spki: origin.spki, spkiSha256: origin.spkiSha256, bits: origin.bits, words: origin.words }
}

const bitsOf = (bits: number): 2048 | 3072 | 4096 => (bits === 2048 || bits === 3072 ? bits : 4096)

const importStep = (wanted: Wanted, side: VaultSide): Draftstep => {
  const { draft, facts, mark } = wanted
  const { host, name, file, kek } = side
  const { keyName: key } = draft
  const origin = originOf(wanted)
  const found = file?.ok === true ? file.value : null
  const fallback = side.field === 'vault' ? draft.file : draft.secondFile
  const wrapping = kek?.read === true ? kek.value : null
  return {
    kind: 'import-transfer-file',
    title: `Import ${found?.name ?? fallback} into ${name} as key ${key}`,
    now: `no key ${key} in ${host}`,
    after: `RSA-HSM, ${origin.bits} bits, no expiry; its public key is that of ${origin.words}`,
    scripts: [vaultCalls.putTransferFile(host, key, { [markTag]: mark })],
    params: {
      host,
      key,
      place: draft.place ?? '',
      file: found?.name ?? fallback,
      sha256: found?.sha256 ?? '0',
      kek: {
        name: found?.kekName ?? '',
        version: found?.kekVersion ?? '',
        bits: bitsOf(wrapping?.bits ?? 4096),
        sha256: wrapping?.sha256 ?? '0',
      },
      origin,
    },
    permission: rightOn(side, rightsFor.importKeys.action),
    undo: {
      can: true,
      action: `Delete key ${key} of ${name}; it stays recoverable, and its name taken, for the vault’s retention`,
      script: vaultCalls.deleteKey(host, key),
    },
    resume: 'marked',
    stopNow: null,
    target: facts.target,
  }
}

const exchangeStep = ({ draft, mark }: Wanted, side: VaultSide): Draftstep => {
  const { host, name } = side
  const { exchangeName: key } = draft
  const bits = bitsOf(Number(draft.exchangeBits))
  const request = {
    type: 'RSA-HSM',
    bits,
    expires: null,
    tags: { [markTag]: mark },
    uses: ['import'],
  } as const
  return {
    kind: 'create-exchange-key',
    title: `Make key ${key} for imports in ${name}`,
    now: `no key ${key} in ${host}`,
    after: `RSA-HSM, ${bits} bits, for import and nothing else; tokens wrap keys for ${name} with it`,
    scripts: [vaultCalls.postKey(host, key, request)],
    params: { host, key, bits },
    permission: rightOn(side, rightsFor.makeKeys.action),
    undo: {
      can: true,
      action: `Delete key ${key} of ${name}; it stays recoverable, and its name taken, for the vault’s retention`,
      script: vaultCalls.deleteKey(host, key),
    },
    resume: 'marked',
    stopNow: null,
  }
}

const restoreStep = ({ draft, facts }: Wanted, side: VaultSide): Draftstep => {
  const { host, name } = side
  const { keyName: key } = draft
  const { backup, source } = facts
  const file = backup?.ok === true ? backup.value.name : draft.backupFile
  return {
    kind: 'restore-vault-key',
    title: `Restore ${file} into ${name}`,
    now: `no key ${key} in ${host}`,
    after: `key ${key} with all versions of the backup, under their old version ids`,
    scripts: [vaultCalls.postKeyRestore(host)],
    params: {
      host,
      key,
      place: draft.place ?? '',
      file,
      sha256: backup?.ok === true ? backup.value.sha256 : '0',
      from:
        source?.read === true
          ? {
              host: source.value.host,
              versions: source.value.versions.flatMap(({ version }) => version ?? []).toSorted(),
            }
          : null,
    },
    permission: rightOn(side, 'Microsoft.KeyVault/vaults/keys/restore/action'),
    undo: { can: false, because: 'a copy of a key is never deleted by an undo' },
    resume: 'named',
    stopNow: null,
  }
}

/** `there`: of these the version is known; the others are made by this run. */
const chainStep = (wanted: Wanted, there: readonly VaultSide[]): Draftstep => {
  const { draft, facts } = wanted
  const { keyName: key } = draft
  const origin = originOf(wanted)
  const vaults = facts.sides.map((side) => ({
    host: side.host,
    version: there.includes(side) && side.key?.read === true ? (side.key.value.key?.version ?? null) : null,
  }))
  return {
    kind: 'compare-key-chain',
    title: `Compare key ${key} of ${facts.sides.map(({ name }) => name).join(' and ')} with ${origin.words}`,
    now: 'not compared',
    after: 'one public key everywhere; each vault wrapped and unwrapped 32 random bytes with it',
    scripts: vaults.flatMap(({ host, version }) => vaultCalls.postProbe(host, key, version)),
    params: { key, origin, vaults },
    permission: `${rightsFor.readKeys.action}; keys/wrap/action and keys/unwrap/action, where you have them`,
    undo: {
      can: false,
      because: 'it changes nothing; lines stay in the log of the vault',
      leaves: 'nothing',
    },
    resume: 'named',
    stopNow: { leaves: 'Nothing was changed by this step' },
  }
}

const serverSteps = (wanted: Wanted): Draftstep[] => {
  const { draft, facts } = wanted
  const { server } = facts
  const [side] = facts.sides
  const found = side?.key?.read === true ? side.key.value.key : null
  if (draft.sql === '' || server?.read !== true || side === undefined) return []
  return [
    {
      kind: 'compare-server-key',
      title: `Compare key ${draft.sqlKey} of ${server.value.ref.name} with ${side.name}`,
      now: 'not compared',
      after: 'what the server’s views and the connector’s registry say of the key leads to this very key',
      scripts: [],
      params: {
        azure: facts.target.id,
        host: side.host,
        key: draft.keyName,
        version: found?.version ?? '',
        asymmetricKey: draft.sqlKey,
        origin: originOf(wanted),
      },
      permission: 'VIEW DEFINITION on the key; sysadmin for what the registry says',
      undo: { can: false, because: 'it only reads', leaves: 'nothing' },
      resume: 'named',
      stopNow: { leaves: 'Nothing was changed by this step' },
      target: server.value.ref,
    },
  ]
}

/** Words for what changed, should it change between review and run. */
const reliedOn = ({ facts }: Wanted): ReliedFact[] => [
  ...(facts.origin === null
    ? []
    : [{ target: facts.target.name, fact: 'Public key', value: facts.origin.spkiSha256 }]),
  ...facts.sides.flatMap(({ name, key, kek }) => {
    const found = key?.read === true ? key.value.key : null
    return [
      {
        target: name,
        fact: 'Key',
        value: found === null ? 'not there' : `${found.version}, ${found.enabled ? 'enabled' : 'disabled'}`,
      },
      ...(kek?.read === true && kek.value !== null
        ? [
            {
              target: name,
              fact: `Key ${kek.value.name}`,
              value: `${kek.value.version}, ${kek.value.refusal ?? 'usable'}, SHA-256 ${kek.value.sha256}`,
            },
          ]
        : []),
    ]
  }),
]
