import { asShareGroupId } from '../../../shared/model/ids.ts'
import type { EscrowMeans } from '../../escrow/means.ts'
import type { NewRecipient, PackageGroup } from '../../escrow/package/write.ts'
import type { CertificateFacts } from '../../formats/x509.ts'
import type { ParamsOf } from '../../scripts/runbook/step-params.ts'
import type { Read } from '../sqlserver/facts-model.ts'

/** Who opens a package: what jobs that write one have in common. */

export interface RecipientFile {
  file: string
  kind: 'custodian' | 'recovery-hsm'
  /** DER; null where it can’t be used. */
  certificate: Buffer | null
  facts: CertificateFacts | null
  /** Bits that KeyUsage names; null: the certificate has no such extension, and may be used for all. */
  keyUsage: readonly string[] | null
  /** SHA-256 of the DER, lower-case hex. */
  sha256: string
  /** Why it can’t be used; null: it can. */
  problem: string | null
}

export interface RecipientFolder {
  label: string
  names: readonly string[]
  chosen: readonly RecipientFile[]
}

/** Those that can be used; the review blocks on any other. */
export const usableRecipients = ({
  recipients,
}: {
  recipients: Read<RecipientFolder> | null
}): UsableRecipient[] =>
  (recipients?.read === true ? recipients.value.chosen : []).flatMap((one) =>
    one.certificate === null || one.facts === null || one.problem !== null
      ? []
      : [{ ...one, certificate: one.certificate, facts: one.facts }],
  )

export type UsableRecipient = RecipientFile & {
  certificate: NonNullable<RecipientFile['certificate']>
  facts: NonNullable<RecipientFile['facts']>
}

/** Of a certificate that somebody else made: what a manifest can hold. */
export const recipientName = (subject: string): string => {
  const plain = subject.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, ' ').trim()
  return plain === '' ? 'no subject' : plain.slice(0, 120)
}

/** As the step that writes the package is told of it, and what that makes of it. */
export const plannedRecipient = ({
  kind,
  facts,
  certificate,
  sha256,
}: UsableRecipient): PlannedRecipient => ({
  kind,
  name: recipientName(facts.subject),
  certificate: certificate.toString('base64'),
  sha256,
})

export const newRecipient = ({ kind, name, certificate }: PlannedRecipient): NewRecipient => ({
  kind,
  name,
  certificate: Buffer.from(certificate, 'base64'),
})

type PlannedRecipient = ParamsOf<'write-escrow-package'>['recipients'][number]

/** The group that an answer names, with what packages carry of it; null: none, or its key was not made. */
export const groupOf = (answer: unknown, register: EscrowMeans['register']): PackageGroup | null => {
  const chosen = register.groups().find(({ id }) => id === answer)
  return chosen === undefined || chosen.spkiSha256 === null
    ? null
    : register.groupForPackages(asShareGroupId(chosen.id))
}
