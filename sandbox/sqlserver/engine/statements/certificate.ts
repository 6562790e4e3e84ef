import type { KeyObject } from 'node:crypto'
import {
  makeSelfSigned,
  privateKeyMatches,
  readCertificate,
  readPfx,
  readPvk,
  thumbprintOf,
} from '../../files/index.ts'
import type { CertificateFacts } from '../../files/index.ts'
import { dateConversionFailed, fromDateText, parseDateText } from '../../sql/dates.ts'
import type { CertificateRecord, KeyProtection } from '../../state/model.ts'
import { SqlError, cannotFind, noPermissionForAction, syntaxError } from '../errors.ts'
import { assertPasswordPolicy } from '../keys.ts'
import { same } from '../permissions.ts'
import type { Frame, StatementHandler } from '../script.ts'
import type { Session } from '../session.ts'
import { invalidFile, notACertificate } from './certificate-errors.ts'
import { createCertificate, onOff, privateKeyClause } from './certificate-grammar.ts'
import type { CreateCertificate, PrivateKeyClause, Source } from './certificate-grammar.ts'
import { orSqlError, readKeyFile, requireDatabase } from './common.ts'
import { needsMasterKey } from './master-key.ts'

const DAY_LIMIT = 365
const MAX_SUBJECT = 128

/** Passwords of key files are bytes. The encoding of what is outside ASCII is not documented; UTF-8 is an assumption of ours. */
export const filePasswordBytes = (password: string): Buffer => Buffer.from(password, 'utf8')

export function findCertificate(
  session: Session,
  name: string,
  verb: string,
  permission: string,
): CertificateRecord {
  const found = session.instance.store.certificates.find(
    (certificate) => certificate.databaseId === session.databaseId && same(certificate.name, name),
  )
  if (
    found === undefined ||
    !session.instance.permissions.certificate(session.login, session.database, found, 'VIEW DEFINITION')
  )
    throw cannotFind(verb, 'certificate', name)
  if (!session.instance.permissions.certificate(session.login, session.database, found, permission))
    throw cannotFind(verb, 'certificate', name)
  return found
}

function bytesOf(session: Session, source: Source): Buffer {
  const bytes = 'file' in source ? readKeyFile(session, source.file) : source.binary
  if (bytes === undefined || bytes.length === 0) throw invalidFile()
  return bytes
}

interface Material {
  der: Buffer
  facts: CertificateFacts
  key: KeyObject | undefined
}

/** How a private key is going to be kept: under a password, or under the master key of the database. */
function protectionFor(
  session: Session,
  encryption: string | undefined,
): { protection: KeyProtection; under: { password: string } | { masterKey: Buffer } } {
  if (encryption !== undefined) {
    assertPasswordPolicy(encryption)
    return { protection: 'PW', under: { password: encryption } }
  }
  const masterKey = session.masterKey(session.databaseId)
  if (masterKey === undefined) throw needsMasterKey()
  return { protection: 'MK', under: { masterKey } }
}

function readPrivateKey(session: Session, clause: PrivateKeyClause): KeyObject {
  if (clause.source === undefined) throw invalidFile()
  const bytes = bytesOf(session, clause.source)
  return orSqlError(
    () => readPvk(bytes, clause.decryption === undefined ? null : filePasswordBytes(clause.decryption)),
    (error) =>
      error.reason === 'password'
        ? new SqlError(15465, 'The private key password is invalid.')
        : new SqlError(15464, 'Unsupported private key format or key length.'),
  )
}

function imported(session: Session, request: CreateCertificate): Material {
  const source = request.source as Source
  const clause = request.privateKey
  if (clause?.source !== undefined && 'file' in source !== 'file' in clause.source) {
    throw new SqlError(
      33069,
      'CREATE CERTIFICATE statement cannot mix file and binary modes. Rewrite the statement using only the FILE or the BINARY keyword.',
    )
  }
  const bytes = bytesOf(session, source)
  if (request.pfx) {
    const pair = orSqlError(
      () => readPfx(bytes, Buffer.from(clause?.decryption ?? '', 'utf8')),
      (error) =>
        error.reason === 'password'
          ? new SqlError(15465, 'The private key password is invalid.')
          : invalidFile(),
    )
    return { der: pair.certificate, facts: readCertificate(pair.certificate), key: pair.privateKey }
  }
  const facts = orSqlError(
    () => readCertificate(bytes),
    (error) => notACertificate(error.reason, 'binary' in source),
  )
  if (clause === undefined) return { der: bytes, facts, key: undefined }
  const key = readPrivateKey(session, clause)
  assertMatches(bytes, key)
  return { der: bytes, facts, key }
}

/** What may be imported: 384 to 4096 bits, in steps of 64. */
function assertKeySize({ facts, key }: Material): void {
  if (facts.bits >= 384 && facts.bits <= 4096 && facts.bits % 64 === 0) return
  throw key === undefined
    ? invalidFile()
    : new SqlError(15464, 'Unsupported private key format or key length.')
}

function assertMatches(der: Buffer, key: KeyObject): void {
  if (!privateKeyMatches(der, key))
    throw new SqlError(
      15474,
      'Invalid private key. The private key does not match the public key of the certificate.',
    )
}

function dateOption(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const parsed = parseDateText(text)
  if (parsed === null) throw dateConversionFailed()
  return fromDateText(parsed)
}

/** Bits of generated keys by version: 1024 before 2016 is not simulated. */
const generatedBits = (majorVersion: number): number => (majorVersion >= 16 ? 3072 : 2048)

async function generated(session: Session, request: CreateCertificate): Promise<Material> {
  const { instance } = session
  if (request.subject.length < 1 || request.subject.length > MAX_SUBJECT) {
    throw new SqlError(
      15212,
      `Invalid certificate subject. The certificate subject must have between 1 and ${MAX_SUBJECT} characters.`,
    )
  }
  const notBefore = dateOption(request.start) ?? wholeSeconds(instance.now())
  const notAfter = dateOption(request.expiry) ?? new Date(notBefore.getTime() + DAY_LIMIT * 86400000)
  const subject = /^\s*CN\s*=\s*(.*)$/is.exec(request.subject)?.[1] ?? request.subject
  const made = await makeSelfSigned({
    subject,
    notBefore,
    notAfter,
    bits: generatedBits(instance.majorVersion),
    // SHA-1 up to 2016.
    hash: instance.majorVersion >= 14 ? 'sha256' : 'sha1',
  })
  return { der: made.certificate, facts: readCertificate(made.certificate), key: made.privateKey }
}

const wholeSeconds = (date: Date): Date => new Date(Math.floor(date.getTime() / 1000) * 1000)

async function warnAboutDates(frame: Frame, facts: CertificateFacts): Promise<void> {
  const { session, sink } = frame
  const now = session.instance.now()
  if (facts.notAfter < facts.notBefore)
    await session.info(
      sink,
      15213,
      'Warning: The certificate you created has an invalid validity period; its expiration date precedes its start date.',
      10,
    )
  else if (facts.notAfter < now)
    await session.info(sink, 15214, 'Warning: The certificate you created is expired.', 10)
  else if (facts.notBefore > now)
    await session.info(
      sink,
      15215,
      'Warning: The certificate you created is not yet valid; its start date is in the future.',
      10,
    )
}

function assertNew(session: Session, name: string, thumbprint: string | undefined): void {
  const clash = session.instance.store.certificates.find(
    (certificate) =>
      certificate.databaseId === session.databaseId &&
      (same(certificate.name, name) || certificate.thumbprint === thumbprint),
  )
  if (clash !== undefined)
    throw new SqlError(
      15232,
      `A certificate with name '${name}' already exists or this certificate already has been added to the database.`,
    )
}

const create: StatementHandler = {
  head: ['CREATE', 'CERTIFICATE'],
  parse(c) {
    const request = createCertificate(c)
    return {
      async run(frame) {
        const { session } = frame
        requireDatabase(session, 'CONNECT')
        if (request.pfx && session.instance.majorVersion < 16) throw syntaxError('FORMAT', 1)
        if (!session.can('CREATE CERTIFICATE')) throw noPermissionForAction()
        const { store, keys } = session.instance
        assertNew(session, request.name, undefined)
        // The place of the private key is settled before a key is made: no key without a home.
        const wantsKey = request.source === undefined || request.privateKey !== undefined
        const home = wantsKey
          ? protectionFor(
              session,
              request.source === undefined ? request.encryption : request.privateKey?.encryption,
            )
          : undefined
        const { databaseId } = session
        const material =
          request.source === undefined ? await generated(session, request) : imported(session, request)
        assertKeySize(material)
        const thumbprint = thumbprintOf(material.der).toString('hex').toUpperCase()
        assertNew(session, request.name, thumbprint)
        session.change(() => {
          const certificateId = store.nextNumber(`certificate:${databaseId}`, 256)
          store.certificates.put({
            id: `${databaseId}:${certificateId}`,
            databaseId,
            certificateId,
            name: request.name,
            der: material.der.toString('base64'),
            thumbprint,
            subject: material.facts.subject,
            issuer: material.facts.issuer,
            serial: material.facts.serial.toString('hex'),
            startDate: material.facts.notBefore.toISOString(),
            expiryDate: material.facts.notAfter.toISOString(),
            keyLength: material.facts.bits,
            protection: home === undefined || material.key === undefined ? 'NA' : home.protection,
            wrappedKey:
              home === undefined || material.key === undefined
                ? null
                : keys.wrapPrivateKey(material.key, thumbprint, home.under),
            lastKeyBackup: null,
            activeForBeginDialog: request.beginDialog,
          })
        })
        await warnAboutDates(frame, material.facts)
        return null
      },
    }
  },
}

/** The private key of a certificate, opened as the statement's passwords say, or the engine's error for why not. */
export function openPrivateKey(
  session: Session,
  certificate: CertificateRecord,
  decryption: string | undefined,
): KeyObject {
  const { keys } = session.instance
  if (certificate.protection === 'NA')
    throw new SqlError(
      15246,
      `Cannot dump the private key of certificate '${certificate.name}' because the private key cannot be found.`,
    )
  if (certificate.protection === 'PW') {
    if (decryption === undefined)
      throw new SqlError(
        15334,
        'The certificate has a private key that is protected by a user defined password. That password needs to be provided to enable the use of the private key.',
      )
    const key = keys.privateKey(certificate, { password: decryption })
    if (key === undefined)
      throw new SqlError(
        15556,
        'Cannot decrypt or encrypt using the specified certificate, either because it has no private key or because the password provided for the private key is incorrect.',
      )
    return key
  }
  if (decryption !== undefined)
    throw new SqlError(
      15397,
      'The certificate is not protected by a password. A decryption password cannot be used for this operation.',
    )
  const masterKey = session.masterKey(certificate.databaseId)
  if (masterKey === undefined) throw needsMasterKey()
  const key = keys.privateKey(certificate, { masterKey })
  if (key === undefined) throw new SqlError(15466, 'An error occurred during decryption.')
  return key
}

const alter: StatementHandler = {
  head: ['ALTER', 'CERTIFICATE'],
  parse(c) {
    const name = c.expectName()
    if (c.takeWords('REMOVE', 'PRIVATE', 'KEY')) {
      return {
        run: async ({ session }) => (
          changeCertificate(session, name, () => ({ protection: 'NA', wrappedKey: null })),
          null
        ),
      }
    }
    c.expectWord('WITH')
    if (c.takeWord('ACTIVE') !== undefined) {
      c.expectWords('FOR', 'BEGIN_DIALOG')
      const active = onOff(c)
      return {
        run: async ({ session }) => (
          changeCertificate(session, name, () => ({ activeForBeginDialog: active })),
          null
        ),
      }
    }
    c.expectWords('PRIVATE', 'KEY')
    const clause = privateKeyClause(c)
    return {
      async run({ session }) {
        changeCertificate(session, name, (certificate) => {
          assertChangeable(certificate, clause)
          const key =
            clause.source === undefined
              ? openPrivateKey(session, certificate, clause.decryption)
              : readPrivateKey(session, clause)
          assertMatches(Buffer.from(certificate.der, 'base64'), key)
          const home = protectionFor(session, clause.encryption)
          return {
            protection: home.protection,
            wrappedKey: session.instance.keys.wrapPrivateKey(key, certificate.thumbprint, home.under),
          }
        })
        return null
      },
    }
  },
}

/** A private key comes once; changing how it is kept needs one that is there. */
function assertChangeable(certificate: CertificateRecord, clause: PrivateKeyClause): void {
  if (clause.source !== undefined && certificate.protection !== 'NA')
    throw new SqlError(
      15332,
      'The private key is already set for this file. To change it you should drop and re-create the certificate.',
    )
  if (clause.source === undefined && certificate.protection === 'NA')
    throw new SqlError(15563, 'The certificate has no private key set for it.')
}

function changeCertificate(
  session: Session,
  name: string,
  change: (certificate: CertificateRecord) => Partial<CertificateRecord>,
): void {
  const certificate = findCertificate(session, name, 'alter', 'ALTER')
  const changed = { ...certificate, ...change(certificate) }
  session.change(() => session.instance.store.certificates.put(changed))
}

const drop: StatementHandler = {
  head: ['DROP', 'CERTIFICATE'],
  parse(c) {
    const ifExists = c.takeWords('IF', 'EXISTS')
    const name = c.expectName()
    return {
      async run({ session }) {
        const { store } = session.instance
        if (
          ifExists &&
          store.certificates.find(
            (candidate) => candidate.databaseId === session.databaseId && same(candidate.name, name),
          ) === undefined
        )
          return null
        // The engine does not know which backup files need this key: it drops it all the same.
        const certificate = findCertificate(session, name, 'drop', 'CONTROL')
        if (
          certificate.databaseId === 1 &&
          store.encryptionKeys.find((key) => key.protector.thumbprint === certificate.thumbprint) !==
            undefined
        )
          throw new SqlError(
            33127,
            'The certificate cannot be dropped because it is used by one or more databases to encrypt a Database Encryption Key.',
          )
        session.change(() => store.certificates.delete(certificate.id))
        return null
      },
    }
  },
}

export const CERTIFICATE_STATEMENTS: readonly StatementHandler[] = [create, alter, drop]
