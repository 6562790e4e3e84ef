import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import { asRunId, asTargetId, type RunId } from '../../../shared/model/ids.ts'
import type { Plan } from '../../../shared/model/plan.ts'
import type { PlanReader, PlanOutcome } from '../../../electron/engine/contract.ts'
import { createVerdicts } from '../../../electron/inventory/verdicts.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { SqlServer } from '../../../electron/ports/sql-server.ts'
import { dropCertificate } from '../../../electron/scripts/tsql/certificate.ts'
import { createMasterKey } from '../../../electron/scripts/tsql/master-key.ts'
import { certificate as job } from '../../../electron/wizards/certificate/index.ts'
import type { MajorVersion } from '../../../sandbox/sqlserver/engine/instance.ts'
import { writePvk } from '../../../sandbox/sqlserver/files/index.ts'
import { certificateDraft } from './certificate-samples.ts'
import { target } from './fake-server.ts'
import type { KeyPair } from './key-pair.ts'
import { runAll, simulatedServer, type Simulated } from './simulated.ts'
import { passwords, world, type walk, type World } from './walk.ts'
import { planReader } from '../../support/plan-reader.ts'

export const otherRef = { ...target, id: asTargetId('t-otherserver2'), name: 'KTR-OTHER' }
export const keptPassword = Buffer.from(passwords.certificate_file_password)
export const inFiveYears = `${new Date().getUTCFullYear() + 5}-06-01`
export const today = (): string => new Date().toISOString().slice(0, 10).replaceAll('-', '')

export interface CertificateStage {
  server: SqlServer
  /** A second server with a master key of its own; only where the stage has one. */
  other: SqlServer
  /** Of the person. */
  folder: string
  /** Another one for each test, so that the files of one are not those of the next. */
  run: RunId
  reader: PlanReader
  planned(changes: Answers): Promise<PlanOutcome>
  /** The plan, which has no blocker. */
  ready(changes: Answers): Promise<Plan>
  around(): World<SqlServer>
  writePair(pair: KeyPair, name?: string, password?: Buffer | null): void
}

let runs = 0

/** One simulated server per stage with a master key in master; certificates are dropped after each test. */
export const useCertificateStage = (version: MajorVersion, { withOther = false } = {}): CertificateStage => {
  const opened: Simulated[] = []
  const open = async (ref: typeof target): Promise<SqlServer> => {
    const simulated = await simulatedServer(version, 'Developer', ref)
    opened.push(simulated)
    const server = await simulated.open()
    const secrets = new Map([['dmk_password', SecretBytes.fromText(passwords.dmk_password)]])
    await runAll(server, [createMasterKey()], secrets)
    return server
  }
  const stage: Partial<CertificateStage> = {}
  const made = stage as CertificateStage
  beforeAll(async () => {
    made.server = await open({ ...target, name: 'KTR-WIZARD' })
    if (withOther) made.other = await open(otherRef)
  })
  afterAll(async () => {
    for (const simulated of opened) await simulated.stop()
  })
  beforeEach(() => {
    made.folder = mkdtempSync(join(tmpdir(), 'kt-mine-'))
    runs += 1
    made.run = asRunId(`k${String(runs).padStart(7, '2')}cdef`)
  })
  afterEach(async () => {
    rmSync(made.folder, { recursive: true, force: true })
    for (const server of withOther ? [made.server, made.other] : [made.server]) {
      const rows = await server.query('SELECT c.name AS name FROM master.sys.certificates AS c')
      const names = rows.map(({ name }) => String(name)).filter((name) => !name.startsWith('##'))
      await runAll(server, names.map(dropCertificate))
    }
  })
  made.reader = planReader(({ id }) => (id === otherRef.id ? made.other : made.server), {
    places: { folderOf: () => made.folder, label: () => made.folder },
  })
  made.planned = async (changes) => {
    const draft = job.parse({ ...certificateDraft({ certificateExpiry: inFiveYears }), ...changes })
    return job.plan(draft, await job.readFacts(draft, made.reader), made.run)
  }
  made.ready = async (changes) => {
    const { plan, advice } = await made.planned(changes)
    expect(advice.blockers).toEqual([])
    return plan
  }
  made.around = () => ({
    ...world(made.server, made.folder),
    verdicts: createVerdicts({
      open: async ({ id }) => (id === otherRef.id ? made.other : made.server),
    }),
    ...(withOther ? { others: new Map([[otherRef.id, made.other]]) } : {}),
  })
  made.writePair = (pair, name = 'pair', password = keptPassword) => {
    writeFileSync(join(made.folder, `${name}.cer`), pair.certificate)
    writeFileSync(join(made.folder, `${name}.pvk`), writePvk(pair.key, password))
  }
  return made
}

export const hex = (pair: KeyPair): string => pair.thumbprint.toString('hex').toUpperCase()

/** Thumbprint and kind of the private key, or null. */
export const thumbprintOn = async (on: SqlServer, name: string): Promise<string | null> => {
  const rows = await on.query(
    `SELECT CONVERT(varchar(66), c.thumbprint, 1) AS thumbprint, c.pvt_key_encryption_type AS kind FROM master.sys.certificates AS c WHERE c.name = N'${name}'`,
  )
  const row = rows[0]
  return row === undefined ? null : `${String(row['thumbprint']).slice(2)} ${String(row['kind'])}`
}

export const proofsOf = (walked: Awaited<ReturnType<typeof walk>>): string[] =>
  walked.flatMap(({ outcome }) => outcome.proofs).map(({ kind, level, by }) => `${kind} ${level} by ${by}`)
