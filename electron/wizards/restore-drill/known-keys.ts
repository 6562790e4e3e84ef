import type { CertificateFact } from '../sqlserver/facts-model.ts'
import type { Facts } from './facts-model.ts'

/** The certificates that the source knows, in words that help to find their files. Sorted, so that a digest is stable. */
export const knownKeys = ({ source }: Facts): { thumbprint: string; what: string }[] =>
  source.certificates.read
    ? source.certificates.value
        .flatMap((certificate) =>
          certificate.thumbprint === null
            ? []
            : [{ thumbprint: certificate.thumbprint, what: whereKnown(certificate, source.target.name) }],
        )
        .sort((one, other) => (one.thumbprint < other.thumbprint ? -1 : 1))
    : []

const whereKnown = ({ name, lastExport }: CertificateFact, server: string): string =>
  lastExport === null
    ? `certificate ${name} on ${server}; its private key was never exported, as the catalog says`
    : `certificate ${name} on ${server}; its private key was last exported on ${lastExport.slice(0, 10)}`
