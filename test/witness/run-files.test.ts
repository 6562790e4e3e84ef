/**
 * What one run of the wizard leaves on the server's disk and in the person's folder, judged by OpenSSL, by what a
 * stranger with a hex editor sees, and by turning single bits.
 */
import { createPublicKey } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPair } from '../../electron/formats/pair.ts'
import { writePkcs12 } from '../../electron/formats/pkcs12-write.ts'
import { readPvk } from '../../electron/formats/pvk.ts'
import { readParams } from '../../electron/scripts/runbook/step-params.ts'
import type { Answers } from '../../shared/forms/form.ts'
import { asHandleId } from '../../shared/model/ids.ts'
import type { RunView } from '../../shared/model/plan.ts'
import { SqlClient } from '../contract/sandbox-process.ts'
import { answersOfEncryptedBackup } from '../support/encrypted-backup-answers.ts'
import { legacyProvider, openssl, opensslPrints } from '../support/openssl.ts'
import { openRehearsal, type TestRehearsal } from '../support/rehearsal.ts'
import { seeded, withFlippedBit } from '../support/seeded.ts'

const server = 'ktr-sqlprod-01'
const databases = ['Sales', 'Inventory']

let house: TestRehearsal
let answers: Answers
let run: RunView
let client: SqlClient

beforeAll(async () => {
  house = await openRehearsal()
  const filled = await answersOfEncryptedBackup(house.ask, { server, databases, localFolder: 'escrow' })
  // Compressed sample pages are too few bytes to measure how random they look.
  answers = { ...filled.answers, compression: false }
  run = await house.run(answers)
  client = await SqlClient.open(await house.simulators.facts(server))
}, 120_000)

afterAll(async () => {
  client?.close()
  await house?.end()
})

/** The kept password itself, as only a test takes it out of the keyring. */
const kept = async (field: string): Promise<Buffer> => {
  const id = asHandleId(String(answers[field]))
  const info = house.program.keyring.list().find((one) => one.id === id)
  if (!info) throw new Error(`no secret for ${field}`)
  using secret = await house.program.keyring.open(id, info)
  return secret.use((bytes) => Buffer.from(bytes))
}

const passwordFile = async (field: string): Promise<string> => {
  const path = join(house.home, `${field}.txt`)
  writeFileSync(path, await kept(field), { mode: 0o600 })
  return `file:${path}`
}

const stepOf = (kind: string, nth = 0) => {
  const step = run.plan.steps.filter((one) => one.kind === kind)[nth]
  if (!step) throw new Error(`the run has no step ${kind}`)
  return step.params
}

interface Pair {
  certificate: string
  privateKey: string
}

/** Paths on the simulated disk, as the server knows them. */
const onServer = (): Pair => {
  const params = readParams('back-up-certificate', stepOf('back-up-certificate'))
  if (params.privateKeyFile === null) throw new Error('the run wrote a .pfx')
  return { certificate: params.certificateFile, privateKey: params.privateKeyFile }
}

const pairs: readonly (readonly [string, () => Promise<Pair>])[] = [
  [
    'that the server wrote',
    async () => ({
      certificate: await house.simulators.locate(server, onServer().certificate),
      privateKey: await house.simulators.locate(server, onServer().privateKey),
    }),
  ],
  [
    'that Keyturn wrote',
    async () => {
      const { certificateFile, privateKeyFile } = readParams(
        'fetch-certificate-pair',
        stepOf('fetch-certificate-pair'),
      )
      return {
        certificate: join(house.escrow, certificateFile),
        privateKey: join(house.escrow, privateKeyFile),
      }
    },
  ],
]

test('the run ended as verified and its folder holds the pair and nothing else', () => {
  expect(run.state).toBe('verified')
  expect(
    readdirSync(house.escrow)
      .map((name) => name.replace(/^.*\./, ''))
      .sort(),
  ).toEqual(['cer', 'pvk'])
})

describe.each(pairs)('OpenSSL and the pair %s', (_who, find) => {
  test('opens both with the kept password, and they are one key', async () => {
    const pair = await find()
    const password = await passwordFile('certificateFilePassword')
    const ofCertificate = opensslPrints(
      'x509',
      '-inform',
      'DER',
      '-in',
      pair.certificate,
      '-noout',
      '-modulus',
    )
    const ofKey = opensslPrints(
      ...['rsa', '-inform', 'PVK', '-in', pair.privateKey, '-passin', password, '-noout', '-modulus'],
      ...legacyProvider,
    )
    expect(ofCertificate.toString()).toMatch(/^Modulus=[0-9A-F]{256,}\n$/)
    expect(ofKey.toString()).toBe(ofCertificate.toString())
  })

  test('does not open the key with the password of the master key file', async () => {
    const { privateKey } = await find()
    const password = await passwordFile('masterKeyFilePassword')
    const read = ['rsa', '-inform', 'PVK', '-in', privateKey, '-passin', password, '-noout']
    expect(openssl(...read, ...legacyProvider).ok).toBe(false)
  })

  // A bit in a name makes the certificate one of another issuer, whose signature nobody can check: that one is told by
  // the thumbprint, which the run compares with the catalog. A bit in the key never passes.
  test('every flipped bit is found when the pair is opened again and its thumbprint compared', async () => {
    const pair = await find()
    const certificate = readFileSync(pair.certificate)
    const privateKey = readFileSync(pair.privateKey)
    const password = await kept('certificateFilePassword')
    const { thumbprint } = openPair(certificate, privateKey, password)
    const random = seeded(20_261_122)
    const taken: string[] = []
    const attempt = (what: string, cer: Buffer, pvk: Buffer): void => {
      try {
        if (openPair(cer, pvk, password).thumbprint === thumbprint) taken.push(what)
      } catch {
        // Refused, as it must be.
      }
    }
    for (let offset = 0; offset < certificate.length; offset += 1) {
      const bit = random(8)
      attempt(`.cer byte ${offset} bit ${bit}`, withFlippedBit(certificate, offset, bit), privateKey)
    }
    for (let offset = 0; offset < privateKey.length; offset += 1) {
      const bit = random(8)
      attempt(`.pvk byte ${offset} bit ${bit}`, certificate, withFlippedBit(privateKey, offset, bit))
    }
    expect(taken).toEqual([])
  })
})

describe('PKCS#12 files, opened by OpenSSL without its legacy provider', () => {
  const opens = async (file: string): Promise<void> => {
    const password = await passwordFile('certificateFilePassword')
    const shown = opensslPrints('pkcs12', '-in', file, '-passin', password, '-nodes').toString('latin1')
    const certificate = opensslPrints(
      ...['x509', '-inform', 'DER', '-in', join(house.escrow, escrowed('.cer')), '-pubkey', '-noout'],
    ).toString()
    const key = createPublicKey(shown.slice(shown.indexOf('-----BEGIN PRIVATE'))).export({
      format: 'pem',
      type: 'spki',
    })
    expect(key).toBe(certificate)
  }
  const escrowed = (extension: string): string =>
    readdirSync(house.escrow).find((name) => name.endsWith(extension)) ?? ''

  test('written by the server', async () => {
    const path = onServer().privateKey.replace(/\.pvk$/, '.pfx')
    const password = (await kept('certificateFilePassword')).toString()
    await client.run(
      `BACKUP CERTIFICATE [KT_Backup_2026] TO FILE = N'${path}' WITH FORMAT = 'PFX', PRIVATE KEY (ENCRYPTION BY PASSWORD = N'${password}')`,
    )
    await opens(await house.simulators.locate(server, path))
  })

  test('written by Keyturn', async () => {
    const password = await kept('certificateFilePassword')
    const certificate = readFileSync(join(house.escrow, escrowed('.cer')))
    const privateKey = readPvk(readFileSync(join(house.escrow, escrowed('.pvk'))), password)
    const file = join(house.home, 'keyturn.pfx')
    const random = (count: number): Buffer => crypto.getRandomValues(Buffer.alloc(count))
    const friendlyName = 'KT_Backup_2026'
    writeFileSync(file, writePkcs12({ privateKey, certificate, password, friendlyName, random }))
    await opens(file)
  })
})

/** Shannon entropy of the bytes, in bits per byte. */
const entropyOf = (bytes: Buffer): number => {
  const counts = new Float64Array(256)
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1
  return counts.reduce((sum, count) => {
    const share = count / bytes.length
    return count === 0 ? sum : sum - share * Math.log2(share)
  }, 0)
}

/** What every sample page holds, and what the clear form of a key holds. */
const pageTexts = ['Aurelia Lindqvist', 'Tomasz Wrobel', 'KTPG', 'salary', 'customer', 'RSA2']

describe.each([0, 1])('backup file %i', (nth) => {
  const file = (): string => readParams('back-up-database', stepOf('back-up-database', nth)).file
  const bytes = async (): Promise<Buffer> => readFileSync(await house.simulators.locate(server, file()))

  test('holds no text of the pages, and the search would find it', async () => {
    const backup = await bytes()
    expect(
      pageTexts.filter((text) => backup.includes(text) || backup.includes(Buffer.from(text, 'utf16le'))),
    ).toEqual([])
    const clear = await clearBackup()
    expect(clear.includes('Aurelia Lindqvist')).toBe(true)
  })

  test('looks random after its header', async () => {
    const backup = await bytes()
    const body = backup.subarray(64 * 1024)
    expect(body.length).toBeGreaterThan(64 * 1024)
    expect(entropyOf(body)).toBeGreaterThan(7.99)
    expect(entropyOf(await clearBackup())).toBeLessThan(7)
  })

  const clearBackup = async (): Promise<Buffer> => {
    const path = file().replace(/\.bak$/, `-clear-${Math.random().toString(36).slice(2)}.bak`)
    await client.run(
      `BACKUP DATABASE [${databases[nth] ?? ''}] TO DISK = N'${path}' WITH COPY_ONLY, NO_COMPRESSION, CHECKSUM`,
    )
    return readFileSync(await house.simulators.locate(server, path))
  }

  test('one flipped bit anywhere is found by reading the header or the whole file', async () => {
    const original = await bytes()
    const real = await house.simulators.locate(server, file())
    const verify = `RESTORE VERIFYONLY FROM DISK = N'${file()}' WITH CHECKSUM`
    const header = `RESTORE HEADERONLY FROM DISK = N'${file()}'`
    expect(await client.failure(verify)).toEqual([])
    const random = seeded(nth + 7)
    const offsets = [0, 1, original.length - 1, ...Array.from({ length: 37 }, () => random(original.length))]
    const missed: number[] = []
    try {
      for (const offset of offsets) {
        writeFileSync(real, withFlippedBit(original, offset, random(8)))
        const found = [...(await client.failure(header)), ...(await client.failure(verify))]
        if (found.length === 0) missed.push(offset)
      }
    } finally {
      writeFileSync(real, original)
    }
    expect(missed).toEqual([])
    expect(await client.failure(verify)).toEqual([])
  })
})

describe('key files on the server with one flipped bit are refused by the import', () => {
  const scratch = 'bit_flips'
  beforeAll(async () => {
    await client.run(`CREATE DATABASE [${scratch}]`)
    await client.run(`USE [${scratch}]`)
  })
  afterAll(async () => {
    await client.run('USE [master]')
    await client.run(`DROP DATABASE [${scratch}]`)
  })

  const missedBy = async (path: string, statement: string, undo: string): Promise<string[]> => {
    const real = await house.simulators.locate(server, path)
    const original = readFileSync(real)
    const random = seeded(original.length)
    const missed: string[] = []
    try {
      for (let turn = 0; turn < 40; turn += 1) {
        const [offset, bit] = [random(original.length), random(8)]
        writeFileSync(real, withFlippedBit(original, offset, bit))
        if ((await client.failure(statement)).length > 0) continue
        missed.push(`byte ${offset} bit ${bit}`)
        await client.run(undo)
      }
    } finally {
      writeFileSync(real, original)
    }
    // Whole again, the same statement is taken: what was refused before was the bit.
    expect(await client.failure(statement)).toEqual([])
    await client.run(undo)
    return missed
  }

  test.each(['certificate', 'privateKey'] as const)('the pair: %s', async (which) => {
    const { certificate, privateKey } = onServer()
    const password = (await kept('certificateFilePassword')).toString()
    const statement = `CREATE CERTIFICATE [flipped] FROM FILE = N'${certificate}' WITH PRIVATE KEY (FILE = N'${privateKey}', DECRYPTION BY PASSWORD = N'${password}', ENCRYPTION BY PASSWORD = N'Throw-away 4711 pw')`
    const path = which === 'certificate' ? certificate : privateKey
    expect(await missedBy(path, statement, 'DROP CERTIFICATE [flipped]')).toEqual([])
  })

  test('the master key file', async () => {
    const { file } = readParams('back-up-master-key', stepOf('back-up-master-key'))
    const password = (await kept('masterKeyFilePassword')).toString()
    const statement = `RESTORE MASTER KEY FROM FILE = N'${file}' DECRYPTION BY PASSWORD = N'${password}' ENCRYPTION BY PASSWORD = N'Throw-away 4711 pw'`
    expect(await missedBy(file, statement, 'DROP MASTER KEY')).toEqual([])
  })
})
