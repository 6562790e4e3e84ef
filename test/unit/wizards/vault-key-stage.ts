import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asHandleId } from '../../../shared/model/ids.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import type { PlannedStep } from '../../../shared/model/plan.ts'
import type { PlanOutcome } from '../../../electron/engine/contract.ts'
import type { PowerShellHosts } from '../../../electron/ports/powershell-host.ts'
import { simulatedHosts } from '../../../electron/rehearsal/simulated-hosts.ts'
import { tdeVaultKey } from '../../../electron/wizards/tde-vault-key/index.ts'
import type { Facts } from '../../../electron/wizards/tde-vault-key/facts-model.ts'
import { connectorLibrary } from '../../../electron/wizards/sqlserver/host-rules.ts'
import { placeSetupPackages, setupPath } from '../../../sandbox/sqlserver/windows/packages.ts'
import { runHostCalls } from '../../../sandbox/sqlserver/windows/windows-host.ts'
import { planReader } from '../../support/plan-reader.ts'
import { stepStage, type EkmWorld, type StepStage } from './ekm-servers.ts'
import { runId } from './samples.ts'
import type { SharingServer } from './simulated-servers.ts'
import type { Walked } from './walk.ts'

/** The job on a simulated server, its simulated Windows host, and a vault of simulated Azure. */
export interface VaultKeyStage {
  server: SharingServer
  answers: Answers
  hosts: PowerShellHosts
  /** Of replicas and of the server itself, by target. */
  others: Map<string, SharingServer>
  read(answers?: Answers): Promise<Facts>
  plan(answers?: Answers): Promise<PlanOutcome>
  stage(): Promise<StepStage>
  /** Every step in order; `until`: stops before the first step of that kind. */
  run(steps: readonly PlannedStep[], until?: string): Promise<Walked[]>
  end(): void
}

export const vaultKeyAnswers = (place: EkmWorld, server: SharingServer): Answers => ({
  target: server.ref.id,
  task: 'turn-on',
  databases: ['Sales'],
  algorithm: 'AES_256',
  azureMode: 'without',
  vaultHost: place.host,
  vaultKey: 'ktr-tde-sql01',
  versionMode: 'newest',
  keyBackupConfirmed: true,
  identityKind: 'service-principal',
  clientId: place.application.clientId,
  clientSecret: 'h-secret',
  credentialName: 'KT_cred',
  keyName: 'KT_key',
  keyLogin: 'KT_key_login',
  providerName: 'AzureKeyVault_EKM',
  providerLibrary: connectorLibrary,
  connectorSetup: setupPath('15.0.2000.440'),
  exportFolder: 'D:\\Backup',
})

export const vaultKeyStage = async (
  place: EkmWorld,
  name: string,
  connector: string | null = null,
): Promise<VaultKeyStage> => {
  const server = await place.start(name, connector)
  placeSetupPackages(server.instance.disk)
  const folder = mkdtempSync(join(tmpdir(), 'kt-vault-key-'))
  const others = new Map([[String(server.ref.id), server]])
  const own = (target: string): SharingServer => others.get(target) ?? server
  const stage: VaultKeyStage = {
    server,
    others,
    answers: vaultKeyAnswers(place, server),
    hosts: simulatedHosts((instance, calls) => {
      const asked = [...others.values()].find(({ ref }) => ref.name === instance) ?? server
      return runHostCalls({ instance: () => asked.instance, restart: () => asked.restart() }, calls)
    }),
    read: async (answers = stage.answers) =>
      tdeVaultKey.readFacts(
        tdeVaultKey.parse(answers),
        planReader((target) => own(target.id).open(), {
          hosts: stage.hosts,
          secretInfo: (handle) =>
            handle === asHandleId('h-secret') ? { generation: 1, label: 'the secret' } : null,
          knownServers: () =>
            [...others.values()].map(({ ref }) => ({ ref, host: ref.name, serverName: ref.name })),
        }),
      ) as Promise<Facts>,
    plan: async (answers = stage.answers) =>
      tdeVaultKey.plan(tdeVaultKey.parse(answers), await stage.read(answers), runId),
    stage: async () => {
      const made = stepStage(await server.open(), tdeVaultKey.steps, {
        secret: place.application.secret,
        others: new Map(
          await Promise.all([...others].map(async ([id, one]) => [id, await one.open()] as const)),
        ),
      })
      made.around.hosts = stage.hosts
      made.around.folder = folder
      return made
    },
    run: async (steps, until) => {
      let made = await stage.stage()
      const walked: Walked[] = []
      for (const step of steps) {
        if (step.kind === until) break
        walked.push(await made.walk(step))
        if (step.kind === 'restart-service') {
          const { earlier } = made.around
          made = await stage.stage()
          made.around.earlier.push(...earlier)
        }
      }
      return walked
    },
    end: () => rmSync(folder, { recursive: true, force: true }),
  }
  return stage
}
