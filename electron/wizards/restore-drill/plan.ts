import type { RestoreDrillDraft } from '../../../shared/forms/restore-drill-draft.ts'
import { passwordsOf } from '../../../shared/forms/restore-drill-keys.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import type { Plan, ReliedFact } from '../../../shared/model/plan.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import type { DrillAround } from '../../scripts/runbook/drill-params.ts'
import { drillHole } from '../../scripts/tsql/drill.ts'
import { fileProbeFor } from '../../scripts/tsql/queries.ts'
import { emptyServerStep, masterKeySteps } from '../sqlserver/plan-drill.ts'
import { numbered, secretsOf, type HandleOfHole } from '../sqlserver/plan-parts.ts'
import { majorOf, serverRef } from '../sqlserver/read-server.ts'
import { adviceOn } from './advice.ts'
import { chainOf, latestFulls, type Chain } from './chains.ts'
import type { BackupSetFact, Facts } from './facts-model.ts'
import { credentialSteps } from './blobs.ts'
import { knownKeys } from './known-keys.ts'
import { storageHoles } from '../../scripts/tsql/storage.ts'
import { vaultKeysOf, vaultKeyStep } from './vault-keys.ts'
import { databaseSteps } from './plan-databases.ts'
import { mostKeysNeeded, needsOf } from './needs.ts'
import { givenKeys, importSteps, removeKeySteps } from './plan-keys.ts'

/** Pure: the same draft, facts and run id give the same plan. Its order is described in README.md. */
export const planRestoreDrill = (draft: RestoreDrillDraft, facts: Facts, runId: RunId): PlanOutcome => {
  const chains = chosenChains(draft, facts)
  const keys = givenKeys(draft, facts, runId)
  const drillServer = facts.drill?.target ?? noServer
  const around: DrillAround = {
    account: facts.drill?.account.read === true ? facts.drill.account.value : null,
    probe: fileProbeFor(facts.drill === null ? 0 : majorOf(facts.drill)),
    known: knownKeys(facts),
  }
  const source = facts.source.target
  const vaultKeys = vaultKeysOf(chains, facts)
  const credential = credentialSteps(draft, drillServer.name, chains)
  const steps = numbered(
    [
      emptyServerStep,
      ...vaultKeyStep(vaultKeys, facts.drill),
      ...credential.make,
      ...masterKeySteps(draft.masterKeyMode, { server: 'the drill server', removed: true }),
      ...importSteps(keys, draft, around, mostKeysNeeded(needsOf(chains, facts))),
      ...databaseSteps({ draft, runId, source, around, keys, vaultKeys }, chains),
      ...removeKeySteps(keys, draft),
      ...credential.remove,
    ],
    drillServer,
  )
  const plan: Plan = {
    format: 1,
    job: 'restore-drill',
    runId,
    title: `Restore drill of ${counted(chains)} from ${source.name} on ${drillServer.name}`,
    targets: [{ ref: drillServer, identity: { ...(facts.drill?.identity ?? {}) } }],
    steps,
    secrets: secretsOf(steps, handleOf(draft, facts), facts.secrets),
    relied: reliedOn(facts, chains),
  }
  return { plan, advice: adviceOn(draft, facts, plan, { chains, keys, vaultKeys }) }
}

/** Until one is chosen (preview). */
const noServer: TargetRef = { ...serverRef(''), name: '‹drill server›' }

/** The chosen full backups, in the order of the history, each with what follows it. */
export const chosenChains = (draft: RestoreDrillDraft, facts: Facts): Chain[] => {
  if (!facts.backups.read) return []
  const all = facts.backups.value
  const fulls: BackupSetFact[] =
    draft.which === 'latest'
      ? latestFulls(all)
      : all.filter(({ kind, setId }) => kind === 'full' && draft.backups.includes(setId))
  return fulls.map((full) => (draft.follow ? chainOf(full, all) : { sets: [full], endsBecause: null }))
}

const counted = (chains: readonly Chain[]): string => {
  const names = [...new Set(chains.map(({ sets }) => sets[0]?.database ?? ''))]
  return names.length === 1 ? String(names[0]) : `${names.length} databases`
}

const handleOf = (draft: RestoreDrillDraft, facts: Facts): HandleOfHole => {
  const source = facts.source.target
  const passwords = new Map(passwordsOf(draft).map(({ handle }, index) => [drillHole(index), handle]))
  return (hole) => {
    if (hole === 'dmk_password') {
      return draft.masterKeyPassword === null || facts.drill === null
        ? null
        : { handle: draft.masterKeyPassword, target: facts.drill.target }
    }
    if (hole === storageHoles.sas || hole === storageHoles['access-key']) {
      const handle = hole === storageHoles.sas ? draft.storageToken : draft.accessKey
      return handle === null || facts.drill === null ? null : { handle, target: facts.drill.target }
    }
    const handle = passwords.get(hole)
    return handle === undefined ? null : { handle, target: source }
  }
}

/** What makes the plan wrong when it changes. */
const reliedOn = (facts: Facts, chains: readonly Chain[]): ReliedFact[] => {
  const { source, drill } = facts
  const onDrill = (fact: string, value: string): ReliedFact => ({
    target: drill?.target.name ?? '',
    fact,
    value,
  })
  return [
    ...chains.flatMap(({ sets }) =>
      sets.map(({ setId, database, kind, files, thumbprint }): ReliedFact => ({
        target: source.target.name,
        fact: `${kind} backup ${setId} of ${database}`,
        value: `${files.join(', ')}; ${thumbprint ?? 'not encrypted'}`,
      })),
    ),
    ...(drill === null
      ? []
      : [
          ...(drill.credentials === null
            ? []
            : [
                onDrill(
                  'credentials of storage',
                  drill.credentials.read
                    ? drill.credentials.value
                        .filter(({ provider }) => provider === null)
                        .map(({ name, identity }) => `${name} (${identity})`)
                        .join(', ') || 'none'
                    : drill.credentials.because,
                ),
              ]),
          ...(drill.ekm === null
            ? []
            : [
                onDrill(
                  'keys of providers',
                  drill.ekm.keys.read
                    ? drill.ekm.keys.value
                        .map(({ name, thumbprint }) => `${name} ${thumbprint}`)
                        .join(', ') || 'none'
                    : drill.ekm.keys.because,
                ),
              ]),
          onDrill('login', drill.principal),
          onDrill('version', drill.server.read ? drill.server.value.version : drill.server.because),
          onDrill(
            'user databases',
            drill.userDatabases.read
              ? drill.userDatabases.value.join(', ') || 'none'
              : drill.userDatabases.because,
          ),
          onDrill(
            'database master key of master',
            drill.masterKey.read
              ? drill.masterKey.value === null
                ? 'none'
                : `${drill.masterKey.value.keyGuid}, ${drill.masterKey.value.opensByItself ? 'opens by itself' : 'opens only with its password'}`
              : drill.masterKey.because,
          ),
          onDrill(
            'certificates of master',
            drill.certificates.read
              ? drill.certificates.value.map(({ thumbprint }) => thumbprint ?? 'no thumbprint').join(', ') ||
                  'none'
              : drill.certificates.because,
          ),
        ]),
  ]
}
