/** A private certificate authority and one server certificate, made by the OpenSSL command line. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const HOST_NAME = /^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i
const DAYS = '365'

function alternativeName(host: string): string {
  if (isIP(host) !== 0) return `IP:${host}`
  if (!HOST_NAME.test(host)) throw new TypeError('not a host name or address')
  return `DNS:${host}`
}

function configuration(hosts: string[]): string {
  return `[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = ${hosts.map(alternativeName).join(', ')}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
`
}

/**
 * PEM texts: the server's key and certificate (P-256, made in milliseconds; valid for a year, for these DNS names and IP
 * addresses) and the authority that signed it. The authority's key is thrown away. Each call makes new ones. Needs `openssl` on the
 * path; blocks while it runs.
 */
export function makeServerCertificate(hosts: string[]): { key: string; cert: string; ca: string } {
  if (hosts.length === 0) throw new TypeError('a certificate needs a host')
  const folder = mkdtempSync(join(tmpdir(), 'ktr-cert-'))
  const file = (name: string): string => join(folder, name)
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, {
      stdio: ['ignore', 'ignore', 'ignore'],
      env: { PATH: process.env['PATH'], OPENSSL_CONF: file('openssl.cnf') },
    })
  }
  try {
    writeFileSync(file('openssl.cnf'), configuration(hosts))
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-sha256']
    const authority = ['-keyout', file('ca.key'), '-out', file('ca.pem')]
    openssl(
      'req',
      '-x509',
      ...newKey,
      ...authority,
      '-subj',
      '/CN=ktr rehearsal CA',
      '-extensions',
      'ca',
      '-days',
      DAYS,
    )
    const request = ['-keyout', file('server.key'), '-out', file('server.csr')]
    openssl('req', '-new', ...newKey, ...request, '-subj', '/CN=ktr rehearsal server')
    const signer = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial']
    const extensions = ['-extfile', file('openssl.cnf'), '-extensions', 'server']
    const output = ['-in', file('server.csr'), '-out', file('server.pem')]
    openssl('x509', '-req', '-sha256', '-days', DAYS, ...signer, ...extensions, ...output)
    const read = (name: string): string => readFileSync(file(name), 'utf8')
    return { key: read('server.key'), cert: read('server.pem'), ca: read('ca.pem') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
