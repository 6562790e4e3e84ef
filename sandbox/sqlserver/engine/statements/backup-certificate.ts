import { writePfx, writePvk } from '../../files/index.ts'
import { SqlError, notSimulated } from '../errors.ts'
import { assertPasswordPolicy } from '../keys.ts'
import type { StatementHandler } from '../script.ts'
import { pfxFormat, privateKeyClause } from './certificate-grammar.ts'
import type { PrivateKeyClause } from './certificate-grammar.ts'
import { filePasswordBytes, findCertificate, openPrivateKey } from './certificate.ts'
import { assertNewFile, file, requireDatabase, writeKeyFile } from './common.ts'

export const backupCertificate: StatementHandler = {
  head: ['BACKUP', 'CERTIFICATE'],
  parse(c) {
    const line = c.line
    const name = c.expectName()
    c.expectWord('TO')
    const path = file(c)
    let clause: PrivateKeyClause | undefined
    let pfx = false
    if (c.takeWord('WITH') !== undefined) {
      pfx = pfxFormat(c)
      c.expectWords('PRIVATE', 'KEY')
      clause = privateKeyClause(c)
      if (clause.encryption === undefined || (clause.source === undefined) !== pfx) c.fail()
      if (clause.source !== undefined && 'binary' in clause.source)
        throw notSimulated('BACKUP CERTIFICATE to binary', line)
    }
    return {
      async run({ session }) {
        requireDatabase(session, 'CONNECT')
        if (pfx && session.instance.majorVersion < 16)
          throw new SqlError(102, "Incorrect syntax near 'FORMAT'.", { severity: 15 })
        const certificate = findCertificate(
          session,
          name,
          'find',
          clause === undefined ? 'VIEW DEFINITION' : 'CONTROL',
        )
        const der = Buffer.from(certificate.der, 'base64')
        if (clause === undefined) {
          writeKeyFile(session, path, der)
          return null
        }
        const encryption = clause.encryption ?? ''
        const key = openPrivateKey(session, certificate, clause.decryption)
        assertPasswordPolicy(encryption)
        assertNewFile(session, path)
        if (pfx) writeKeyFile(session, path, writePfx(der, key, Buffer.from(encryption, 'utf8')))
        else {
          const keyPath = clause.source !== undefined && 'file' in clause.source ? clause.source.file : ''
          assertNewFile(session, keyPath)
          writeKeyFile(session, path, der)
          writeKeyFile(session, keyPath, writePvk(key, filePasswordBytes(encryption)))
        }
        session.change(() =>
          session.instance.store.certificates.put({
            ...certificate,
            lastKeyBackup: session.instance.now().toISOString(),
          }),
        )
        return null
      },
    }
  },
}
