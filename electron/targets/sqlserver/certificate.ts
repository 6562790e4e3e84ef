import type { X509Certificate } from 'node:crypto'

/** What a server's certificate says about itself; public. Shown so that a person can compare it before they pin it. */
export interface CertificateFacts {
  subject: string
  issuer: string
  /** ISO 8601, UTC. */
  notBefore: string
  notAfter: string
  /** SHA-256 of the DER, 64 upper-case hex characters. */
  sha256: string
  /** DNS names and addresses; empty when the certificate carries none. */
  names: string[]
  /** Under the trust of this connection (system store or CA file), for the name asked for. */
  trusted: boolean
  /** Why not; empty when it is trusted. */
  reason: string
}

export const certificateFacts = (certificate: X509Certificate, distrust: string): CertificateFacts => ({
  subject: oneLine(certificate.subject),
  issuer: oneLine(certificate.issuer),
  notBefore: certificate.validFromDate.toISOString(),
  notAfter: certificate.validToDate.toISOString(),
  sha256: certificateSha256(certificate),
  names: namesIn(certificate.subjectAltName),
  trusted: distrust === '',
  reason: distrust,
})

export const certificateSha256 = (certificate: X509Certificate): string =>
  certificate.fingerprint256.replaceAll(':', '').toUpperCase()

/** OpenSSL's reasons in words; what is not listed keeps its code, which is what people search for. */
export const distrustInWords = (code: string): string =>
  reasons[code] ?? `its check ended with ${code === '' ? 'an unnamed error' : code}`

export const isDistrust = (code: string): boolean => code in reasons

const reasons: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its chain ends in a CA that is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its issuer is not known here',
  UNABLE_TO_GET_ISSUER_CERT: 'its issuer is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its issuer is not known here',
  CERT_UNTRUSTED: 'its issuer is not trusted here',
  CERT_REJECTED: 'its issuer is rejected here',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  CERT_REVOKED: 'it was revoked',
  CERT_SIGNATURE_FAILURE: 'its signature does not fit',
  CERT_CHAIN_TOO_LONG: 'its chain is too long',
  INVALID_CA: 'a certificate in its chain may not issue others',
  PATH_LENGTH_EXCEEDED: 'its chain is longer than its CA allows',
  INVALID_PURPOSE: 'it is not meant for servers',
  HOSTNAME_MISMATCH: 'it carries another name',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it carries another name',
  ERR_TLS_CERT_ALTNAME_FORMAT: 'its names are not well formed',
}

const oneLine = (name: string): string => name.split('\n').join(', ')

const namesIn = (subjectAltName: string | undefined): string[] =>
  (subjectAltName ?? '')
    .split(', ')
    .filter((entry) => entry !== '')
    .map((entry) => entry.replace(/^(DNS|IP Address):/, ''))
