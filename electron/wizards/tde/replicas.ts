import { bringsProtector, type TdeDraft } from '../../../shared/forms/tde-draft.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Blocker, ReliedFact, Warning } from '../../../shared/model/plan.ts'
import { certificateNamed } from '../sqlserver/certificate-advice.ts'
import type { Replica } from '../sqlserver/read-replicas.ts'
import { answeredReplicas, silentReplicas, whySilent } from '../sqlserver/tde-facts.ts'
import type { Facts } from './facts-model.ts'

/** What the other replicas of the chosen databases said about the certificate, and what follows from it. Pure. */

type Answered = Extract<Replica, { asked: 'answered' }>

export const someReplicaIsSilent = (facts: Facts): boolean => silentReplicas(facts).length > 0

/** The thumbprint that every replica needs; null: the certificate is not there yet. */
const wantedThumbprint = (draft: TdeDraft, facts: Facts): string | null =>
  draft.certificateMode === 'use'
    ? (certificateNamed(facts, draft.certificateName)?.thumbprint ?? null)
    : null

/** What keeps a replica from opening a database key under a certificate; `sight`: that was not seen. */
type Lack = 'nothing' | 'certificate' | 'open-master-key' | 'sight'

const certificateOnReplica = ({ facts }: Answered, thumbprint: string): { text: string; lacks: Lack } => {
  const { certificates, masterKey } = facts
  if (!certificates.read) return { text: certificates.because, lacks: 'sight' }
  const found = certificates.value.find((one) => one.thumbprint === thumbprint)
  if (found === undefined) return { text: 'no certificate of that thumbprint', lacks: 'certificate' }
  if (found.privateKey !== 'MK')
    return {
      text: `${found.name} without a private key under the master key (${found.privateKey})`,
      lacks: 'certificate',
    }
  const there = `${found.name}, private key under the master key`
  if (!masterKey.read)
    return { text: `${there}; whether that opens by itself: ${masterKey.because}`, lacks: 'sight' }
  return masterKey.value?.opensByItself === true
    ? { text: there, lacks: 'nothing' }
    : { text: `${there}, which the server does not open by itself`, lacks: 'open-master-key' }
}

const limitOf = (lacks: Exclude<Lack, 'nothing'>, certificate: string): string => {
  switch (lacks) {
    case 'certificate':
      return `${certificate} there too: the job “Certificate”, task “Copy”, brings it. Then read again`
    case 'open-master-key':
      return 'A master key there that opens by itself: the job “Master key” adds the copy. Then read again'
    case 'sight':
      return 'VIEW DEFINITION on master there, for the login of its connection. Then read again'
  }
}

export const replicaBlockers = (draft: TdeDraft, facts: Facts): Blocker[] => {
  const thumbprint = wantedThumbprint(draft, facts)
  if (!bringsProtector(draft.task) || thumbprint === null) return []
  const { certificateName } = draft
  return [
    ...answeredReplicas(facts).flatMap((replica): Blocker[] => {
      const { text, lacks } = certificateOnReplica(replica, thumbprint)
      return lacks === 'nothing'
        ? []
        : [
            {
              what:
                lacks === 'sight'
                  ? `Whether ${replica.name} can open a key under ${certificateName} was not read`
                  : `${replica.name} can’t open a key under ${certificateName}`,
              measured: `${replica.facts.certificates.source}: ${text}`,
              limit: limitOf(lacks, certificateName),
              screen: 'key',
            },
          ]
    }),
    ...(draft.replicasConfirmed
      ? []
      : silentReplicas(facts).map((replica) => ({
          what: `Whether ${replica.name} has ${certificateName} is not known`,
          measured: whySilent(replica),
          limit:
            replica.asked === 'no-answer'
              ? 'An answer from it, or your own word that you looked there'
              : 'A connection to it (Connections), then read again; or your own word that you looked there',
          screen: 'key',
        }))),
  ]
}

export const silentReplicaWarnings = (draft: TdeDraft, facts: Facts): Warning[] =>
  bringsProtector(draft.task) && draft.replicasConfirmed
    ? silentReplicas(facts).map((replica) => ({
        what: `${replica.name} has ${draft.certificateName} by your word only`,
        why: `Keyturn saw nothing of it (${whySilent(replica)}). Without the certificate its data movement stops when the key is made, and a failover to it fails`,
        screen: 'key',
      }))
    : []

/** With source and time, for the review. */
export const replicaNotes = (draft: TdeDraft, facts: Facts): Evidence[] => {
  const thumbprint = wantedThumbprint(draft, facts)
  return facts.replicasAsked.map((replica) => {
    const statement =
      thumbprint === null
        ? `Replica ${replica.name} of ${replica.databases.join(', ')}`
        : `${draft.certificateName} on replica ${replica.name}`
    if (replica.asked !== 'answered')
      return { statement, value: whySilent(replica), source: 'Keyturn', at: replica.at }
    const { source, at } = replica.facts.certificates
    return {
      statement,
      value: thumbprint === null ? 'answers' : certificateOnReplica(replica, thumbprint).text,
      source,
      at,
    }
  })
}

/** Part of the digest: a replica that lost the certificate, or its connection, since the review makes another plan. */
export const replicasRelied = (draft: TdeDraft, facts: Facts): ReliedFact[] => {
  const thumbprint = wantedThumbprint(draft, facts)
  return facts.replicasAsked.map((replica) => ({
    target: replica.name,
    fact: thumbprint === null ? `replica of ${replica.databases.join(', ')}` : `certificate ${thumbprint}`,
    value:
      replica.asked !== 'answered'
        ? whySilent(replica)
        : thumbprint === null
          ? 'answers'
          : certificateOnReplica(replica, thumbprint).text,
  }))
}
