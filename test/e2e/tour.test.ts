import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Program } from '../../electron/program.ts'
import { pdfText } from '../support/pdf-text.ts'
import { until } from './house.ts'
import { faultsOf } from './layout.ts'
import { leftOver } from './processes.ts'
import { takeTour, tourPassphrase, type TourResult } from './take-tour.ts'

const pictures = [
  '01-first-start',
  '02-recovery-sheet',
  '03-add-connection',
  '04-connection-tested',
  '05-rehearsal-overview',
  '10-set-up',
  '100-token-probed',
  '101-ceremony-begin',
  '102-ceremony-share',
  '103-ceremony-done',
  '104-hsm-key-result',
  '104-hsm-key-review',
  '105-key-import-result',
  '105-key-import-review',
  '106-escrow-export-result',
  '106-escrow-export-review',
  '107-escrow-drill-result',
  '107-escrow-drill-review',
  '108-share-checked',
  '109-package-verified',
  '11-wizard-intro',
  '110-escrow',
  '111-group',
  '112-package',
  '12-wizard-databases',
  '13-wizard-keys',
  '14-wizard-key-files',
  '15-wizard-destination',
  '16-review',
  '17-run',
  '18-result',
  '19-result-further-down',
  '20-keys',
  '21-audit',
  '30-restore-drill-result',
  '30-restore-drill-review',
  '31-master-key-result',
  '31-master-key-review',
  '32-certificate-result',
  '32-certificate-review',
  '33-backup-certificate-rotation-result',
  '33-backup-certificate-rotation-review',
  '34-tde-result',
  '34-tde-review',
  '35-move-database-result',
  '35-move-database-review',
  '36-vault-result',
  '36-vault-review',
  '50-credential-identity',
  '51-credential-result',
  '51-credential-review',
  '52-renewal-result',
  '52-renewal-review',
  '60-vault-key-host',
  '61-vault-key-result',
  '61-vault-key-review',
  '70-vault-key-rotation-answers',
  '71-vault-key-rotation-result',
  '71-vault-key-rotation-review',
  '74-doctor',
  '75-doctor-code',
  '76-connector-answers',
  '77-connector-upgrade-result',
  '77-connector-upgrade-review',
  '80-backup-url-destination',
  '81-backup-url-result',
  '81-backup-url-review',
  '82-drill-url-result',
  '82-drill-url-review',
  '90-clean-up-loss',
  '91-clean-up-result',
  '91-clean-up-review',
]

/** Screens and pages that the tour looks closer at: each part of it has told them all. */
const looks = 63

const secretsOf = async ({ keyring }: Program): Promise<string[]> =>
  Promise.all(
    keyring.list().map(async ({ id, purpose, target }) => {
      using secret = await keyring.open(id, { purpose, target })
      return secret.use((bytes) => bytes.toString('utf8'))
    }),
  )

describe('the guided tour', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-e2e-tour-'))
  const told: string[] = []
  const secrets = [tourPassphrase]
  const looked: string[] = []
  const faults: string[] = []
  let result: TourResult
  const written = (): string[] => readdirSync(result.pictures)
  const read = (end: string): string => {
    const name = written().find((one) => one.endsWith(end))
    return name === undefined ? '' : readFileSync(join(result.pictures, name), 'utf8')
  }

  beforeAll(async () => {
    result = await takeTour({
      folder,
      say: (text) => told.push(text),
      look: async (page, ask, name) => {
        looked.push(name)
        faults.push(...(await faultsOf(page, ask)).map((fault) => `${name}: ${fault}`))
      },
      beforeClose: async (program) => {
        secrets.push(...(await secretsOf(program)))
        if (program.rehearsal) secrets.push(program.rehearsal.passphrase())
      },
    })
    // Every job and a closer look at each of their screens: on a busy machine that is minutes.
  }, 900_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))

  test('tells each step once', () => {
    expect(told).toHaveLength(41)
    expect(new Set(told).size).toBe(told.length)
  })

  test('no screen of a job of EKM, storage, tokens or escrow breaks a rule of WCAG 2.2 AA, scrolls sideways, or covers a stop of Tab', () => {
    expect(looked).toHaveLength(looks)
    expect(faults).toEqual([])
  })

  test('leaves every picture', () => {
    const found = written().filter((name) => name.endsWith('.png'))
    expect(found.toSorted()).toEqual(pictures.map((name) => `${name}.png`))
    for (const name of found) expect(statSync(join(result.pictures, name)).size).toBeGreaterThan(5_000)
  })

  test('leaves both runbooks and the report, about the same job', () => {
    expect(read('.sql')).toContain('BACKUP DATABASE [Payroll]')
    expect(read('.sql')).toMatch(/\$\(\w+\)/)
    const texts = written().filter((name) => name.endsWith('.md'))
    expect(texts).toHaveLength(2)
    expect(texts.filter((name) => name.includes('-runbook-'))).toHaveLength(1)
    expect(texts.filter((name) => name.includes('-run-'))).toHaveLength(1)
    for (const name of texts)
      expect(readFileSync(join(result.pictures, name), 'utf8')).toContain('KT_Backup_2026')
  })

  test('leaves the report as PDF too: every page numbered, with its digest, and none of the secrets in its text', () => {
    const pdf = readFileSync(join(result.pictures, written().find((name) => name.endsWith('.pdf')) ?? ''))
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    const text = pdfText(pdf)
    const pages = Number(/Page1of(\d+)/.exec(text)?.[1])
    expect(pages).toBeGreaterThan(1)
    expect(text).toContain(`Page${pages}of${pages}`)
    expect(text.match(/SHA-256[0-9a-f]{64}/g)?.length).toBeGreaterThanOrEqual(pages)
    for (const part of [
      'REHEARSAL',
      'KT_Backup_2026',
      'Encryptedbackup',
      'BACKUPDATABASE[Sales]',
      '(+',
      'UTC',
    ])
      expect(text).toContain(part)
    expect(secrets.filter((secret) => text.includes(secret.replace(/\s/g, '')))).toEqual([])
  })

  test('writes no password, passphrase or login password into what it leaves', () => {
    // Three generated for the job, one login each of two servers here and one connection there, two passphrases.
    expect(secrets.length).toBeGreaterThanOrEqual(8)
    for (const secret of secrets) expect(secret.length).toBeGreaterThanOrEqual(8)
    for (const name of written()) {
      const content = readFileSync(join(result.pictures, name))
      for (const encoding of ['utf8', 'utf16le'] as const)
        expect(secrets.filter((secret) => content.includes(Buffer.from(secret, encoding)))).toEqual([])
    }
  })

  test('tried to reach nothing beyond this machine', () => {
    expect(result.refusedConnections).toBe(0)
  })

  test('ended every process that it started', async () => {
    await until('every process has ended', () => leftOver(folder).length === 0)
  })
})
