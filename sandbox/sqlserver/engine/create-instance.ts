import { randomBytes } from 'node:crypto'
import { databaseRecord, defaultFiles, writeDatabaseFiles } from './database-files.ts'
import { installConnector, prepareRegistry } from './ekm/host.ts'
import { recoverDatabases } from './tde/recovery.ts'
import { replayDoubleWrites } from './tde/double-write.ts'
import { Instance, hashPassword, newGuid, sidFor } from './instance.ts'
import type { InstanceOptions } from './instance.ts'
import { seedHistory } from './seed-history.ts'
import { upgradeState } from './upgrade-state.ts'

export interface LoginSeed {
  name: string
  password: string
  roles?: readonly string[]
}

export interface DatabaseSeed {
  name: string
  /** Bytes of page data. */
  bytes: number
  recoveryModel?: 'FULL' | 'SIMPLE'
  readOnlyFilegroup?: string | undefined
}

export interface InstanceSeed {
  logins: readonly LoginSeed[]
  databases: readonly DatabaseSeed[]
  /** Folders that exist on the server's disks, as Windows paths. */
  folders: readonly string[]
  /** Plain backups of the last days that msdb remembers and whose files are gone. */
  historyDays: number
  /** Rows of SQL Server Agent; nothing runs them. */
  jobs?: readonly AgentJobSeed[]
  /** Connector for key vaults that is installed, by its file version, with its registry key prepared. */
  connector?: string | undefined
}

export interface AgentJobSeed {
  name: string
  steps: readonly { name: string; database: string; command: string }[]
}

export type SandboxInstance = Instance

/** Opens the instance in its folder; the first time, makes it as the seed says. */
export async function createInstance(options: InstanceOptions, seed: InstanceSeed): Promise<SandboxInstance> {
  const instance = new Instance(options)
  if (instance.store.serviceMasterKey.get('smk') === undefined) seedInstance(instance, seed)
  upgradeState(instance.store)
  replayDoubleWrites(options.dataDir)
  recoverDatabases(instance)
  await instance.recovered
  return instance
}

const SYSTEM_DATABASES = ['master', 'tempdb', 'model', 'msdb'] as const
const SYSTEM_BYTES = 256 * 1024

function seedInstance(instance: Instance, seed: InstanceSeed): void {
  const { disk, store, keys } = instance
  for (const folder of [instance.dataFolder, instance.backupFolder, ...seed.folders]) disk.makeFolder(folder)
  const now = instance.now().toISOString()
  const databases: DatabaseSeed[] = [
    ...SYSTEM_DATABASES.map((name) => ({
      name,
      bytes: SYSTEM_BYTES,
      recoveryModel: name === 'model' ? ('FULL' as const) : ('SIMPLE' as const),
    })),
    ...seed.databases,
  ]
  const records = databases.map((database, i) => {
    const { readOnlyFilegroup } = database
    const files = defaultFiles(instance, database.name, database.bytes, readOnlyFilegroup)
    for (const file of files) {
      const place = disk.forWriting(file.physicalName, instance.dataFolder)
      // A start that was killed half-way left files behind; nothing refers to them yet.
      if (place.exists) disk.remove(place)
    }
    writeDatabaseFiles(instance, database.name, files)
    return {
      ...databaseRecord(instance, i + 1, database.name, files, 'sa'),
      recoveryModel: database.recoveryModel ?? 'FULL',
      ...(readOnlyFilegroup === undefined ? {} : { readOnlyFilegroups: [readOnlyFilegroup] }),
    }
  })
  if (seed.connector !== undefined) {
    installConnector(instance, { version: seed.connector, signed: true, runtime: true })
    prepareRegistry(instance, true)
  }
  store.change(undefined, () => {
    store.serviceMasterKey.put({
      id: 'smk',
      guid: newGuid(),
      createDate: now,
      modifyDate: now,
      wrapped: keys.wrapServiceKey(randomBytes(32)),
    })
    for (const record of records) store.databases.put(record)
    store.counters.put({ id: 'database', value: records.length + 1 })
    seed.logins.forEach((login, i) => {
      const principalId = login.name === 'sa' ? 1 : 259 + i
      store.logins.put({
        id: String(principalId),
        principalId,
        name: login.name,
        sid: login.name === 'sa' ? '01' : sidFor(login.name),
        type: 'S',
        passwordHash: hashPassword(login.password),
        disabled: false,
        defaultDatabase: 'master',
        createDate: now,
        modifyDate: now,
        roles: [...(login.roles ?? [])],
      })
    })
    for (const { name, steps } of seed.jobs ?? []) {
      store.agentJobs.put({ id: newGuid(), name, enabled: true, createDate: now, steps: [...steps] })
    }
    for (const record of records.slice(SYSTEM_DATABASES.length))
      seedHistory(instance, record.id, seed.historyDays)
  })
}
