import { expiryProblem } from '../../../shared/forms/draft-parts.ts'
import type { EncryptedBackupDraft } from '../../../shared/forms/encrypted-backup-draft.ts'
import type { Blocker } from '../../../shared/model/plan.ts'
import { certificateRefusal, todayOf } from '../sqlserver/certificate-rules.ts'
import { keyNamed, keyRefusal } from './encryptor.ts'
import type { Facts } from './facts-model.ts'
import { copiesText } from '../sqlserver/words.ts'

export const keyBlockers = (draft: EncryptedBackupDraft, facts: Facts): Blocker[] =>
  draft.encryptor === 'asymmetric-key'
    ? vaultKeyBlockers(draft, facts)
    : [
        ...masterKeyBlockers(draft, facts),
        ...(draft.certificateMode === 'use' ? usedCertificate(draft, facts) : newCertificate(draft, facts)),
      ]

/** A key of a provider that the server can use now and that protects no database. */
const vaultKeyBlockers = (draft: EncryptedBackupDraft, facts: Facts): Blocker[] => {
  const { ekm } = facts
  if (ekm === null || !ekm.keys.read)
    return [
      onKeys(
        'Keys of providers were not read',
        ekm === null || ekm.keys.read ? 'not read yet' : ekm.keys.because,
        'VIEW DEFINITION on master',
      ),
    ]
  const off = ekm.option.read && !ekm.option.value.inUse
  const key = keyNamed(facts, draft.asymmetricKeyName)
  const refusal = key === undefined ? 'not there, or not visible with this login' : keyRefusal(facts, key)
  return [
    ...(off
      ? [
          onKeys(
            'Extensible key management is off',
            `${ekm.option.source}: 0`,
            'Turn it on (job TDE with a vault key)',
          ),
        ]
      : []),
    ...(refusal === null
      ? []
      : [
          onKeys(
            `Asymmetric key ${draft.asymmetricKeyName} can’t take backups`,
            refusal,
            'A key of an enabled provider under which no database encryption key is',
          ),
        ]),
    ...(ekm.databases.read
      ? []
      : [
          onKeys(
            'Which databases the key protects was not read',
            ekm.databases.because,
            'VIEW SERVER STATE: a key that protects TDE can’t take backups',
          ),
        ]),
  ]
}

const onKeys = (what: string, measured: string, limit: string): Blocker => ({
  what,
  measured,
  limit,
  screen: 'keys',
})

const masterKeyBlockers = (draft: EncryptedBackupDraft, facts: Facts): Blocker[] => {
  const key = facts.masterKey
  if (!key.read) return [onKeys('The state of the master key is not known', key.because, 'The plan needs it')]
  const found = key.value
  if (found === null) {
    return draft.masterKeyMode === 'create'
      ? []
      : [onKeys('master has no database master key', `${key.source}: no row`, 'Choose to create one')]
  }
  if (draft.masterKeyMode === 'create') {
    return [
      onKeys(
        'master has a database master key',
        `${key.source}: ${found.keyGuid}`,
        found.opensByItself ? 'Choose to use it' : 'Choose to repair it, with its password',
      ),
    ]
  }
  return draft.masterKeyMode === 'use' && !found.opensByItself
    ? [
        onKeys(
          'The master key does not open by itself',
          `${copiesText(found.serviceMasterKeyCopies)} under the service master key`,
          'Choose to repair it, with its password',
        ),
      ]
    : []
}

const usedCertificate = (draft: EncryptedBackupDraft, facts: Facts): Blocker[] => {
  const certificates = facts.certificates
  if (!certificates.read)
    return [onKeys('Certificates were not read', certificates.because, 'The plan needs them')]
  const found = certificates.value.find(({ name }) => name === draft.certificateName)
  const reason =
    found === undefined
      ? 'not there, or not visible with this login'
      : certificateRefusal(found, todayOf(facts))
  return reason === null
    ? []
    : [
        onKeys(
          `Certificate ${draft.certificateName} can’t take new backups`,
          reason,
          'A private key under the master key and an expiry after today',
        ),
      ]
}

const newCertificate = (draft: EncryptedBackupDraft, facts: Facts): Blocker[] => {
  const certificates = facts.certificates
  if (!certificates.read)
    return [onKeys('Certificates were not read', certificates.because, 'The plan needs them')]
  const wanted = draft.certificateName.toLowerCase()
  const taken = certificates.value.find(({ name }) => name.toLowerCase() === wanted)
  const expiry = expiryProblem(draft.certificateExpiry, todayOf(facts))
  return [
    ...(taken === undefined
      ? []
      : [
          onKeys(
            `The name ${draft.certificateName} is taken`,
            `${certificates.source}: ${taken.name}, until ${taken.expiresOn}`,
            'A name that master does not have (names that differ only by case count as the same)',
          ),
        ]),
    ...(expiry === null
      ? []
      : [onKeys('The expiry of the new certificate can’t be used', expiry, 'A later day')]),
  ]
}
