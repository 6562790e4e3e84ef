import type { Answers, FormFacts } from '../../../shared/forms/form.ts'
import { mostStripes } from '../../../shared/model/storage.ts'
import { certificateRefusal, todayOf } from '../sqlserver/certificate-rules.ts'
import { writtenBlobs } from '../sqlserver/preview-storage.ts'
import { credentialFor } from '../sqlserver/storage-rules.ts'
import { bytesText } from '../sqlserver/words.ts'
import { stripeBytes, stripesFor } from './blockers-storage.ts'
import { keyRefusal } from './encryptor.ts'
import type { Facts } from './facts-model.ts'
import { sizeOf } from './space.ts'

const years = 5

/** Values for fields without an answer, each with its reason. */
export const suggestionsFor = (facts: Facts, answers: Answers): FormFacts['suggested'] => {
  const today = todayOf(facts)
  const year = today.slice(0, 4)
  const suggested: FormFacts['suggested'] = {
    encryptor: {
      value: 'certificate',
      because: 'It needs nothing but this server; its private key goes into files that are opened again',
    },
    destination: { value: 'disk', because: 'It needs no storage account and no network' },
    algorithm: { value: 'AES_256', because: 'The longest key; the difference in time is hard to measure' },
    checksum: { value: true, because: 'Without it a later check can’t find changed pages' },
    stats: { value: 5, because: 'Twenty messages per backup' },
    copyOnly: { value: true, because: 'Leaves the backups of your own schedule as they are' },
    verifyAfter: { value: true, because: 'Shows that the whole file can be read again' },
    proveOnServer: { value: true, because: 'Files and passwords are tried before they are needed' },
    compression: { value: false, because: 'Keeps the run’s load on the processor low' },
    serviceMasterKeyFile: {
      value: false,
      because: 'It needs CONTROL SERVER and is needed once per instance',
    },
    certificateExpiry: {
      value: `${Number(year) + years}${leapFree(today.slice(4))}`,
      because: `${years} years; without a date the server would take one`,
    },
    certificateSubject: {
      value: `Backup encryption ${facts.target.name} ${year}`.slice(0, 64),
      because: 'Says in the .cer file what the key is for',
    },
  }
  if (facts.masterKey.read) {
    const key = facts.masterKey.value
    suggested['masterKeyMode'] =
      key === null
        ? { value: 'create', because: 'master has none' }
        : key.opensByItself
          ? { value: 'use', because: 'master has one, and the server opens it by itself' }
          : { value: 'repair', because: 'master has one that opens only with its password' }
  }
  const folder = facts.folders.read ? facts.folders.value.backup : null
  if (folder !== null) {
    suggested['backupFolder'] = { value: folder, because: 'The server’s default folder for backups' }
    suggested['keyFolder'] = {
      value: folder,
      because:
        'The service account may write there. Move the files away afterwards: keys and backups belong apart',
    }
  }
  if (facts.certificates.read) Object.assign(suggested, certificateSuggestion(facts, today, year))
  if (answers['destination'] === 'url') Object.assign(suggested, storageSuggestions(facts, answers))
  // Where the databases were not read, any of the keys may be the protector of one.
  const key =
    facts.ekm?.keys.read === true && facts.ekm.databases.read
      ? facts.ekm.keys.value.find((one) => keyRefusal(facts, one) === null)
      : undefined
  if (key !== undefined)
    suggested['asymmetricKeyName'] = {
      value: key.name,
      because: 'Under it is no database encryption key that this login sees',
    }
  return suggested
}

const storageSuggestions = (facts: Facts, answers: Answers): FormFacts['suggested'] => {
  const place = writtenBlobs(answers)
  const there = credentialFor(place, facts.credentials)
  const typed = typeof answers['containerUrl'] === 'string' && answers['containerUrl'] !== ''
  const chosen = answers['databases']
  const largest = (Array.isArray(chosen) ? chosen : [])
    .map((name) => sizeOf(name, facts).bytes ?? 0)
    .reduce((most, bytes) => Math.max(most, bytes), 0)
  const stripes = Math.min(mostStripes, stripesFor(largest, stripeBytes(place)))
  return {
    blobAccess: {
      value: 'sas',
      because: 'A token has an end and opens one container; an access key opens all of the account',
    },
    ...(typed
      ? {
          credentialMode:
            there === undefined
              ? { value: 'create', because: 'The server has none of this name' }
              : { value: 'use', because: `The server has one, of IDENTITY ${there.identity}` },
        }
      : {}),
    stripes: {
      value: stripes,
      because:
        largest === 0
          ? 'The size of the databases is not known'
          : `The largest has ${bytesText(largest)} before compression; one stripe takes about ${bytesText(stripeBytes(place))}`,
    },
    transferSize: { value: '4194304', because: 'The largest block: about 200 GB fit into one stripe' },
    blockSize: { value: '65536', because: 'Documentation recommends it for blobs' },
  }
}

/** 29 February is not in every year. */
const leapFree = (monthAndDay: string): string => (monthAndDay === '-02-29' ? '-02-28' : monthAndDay)

const certificateSuggestion = (facts: Facts, today: string, year: string): FormFacts['suggested'] => {
  if (!facts.certificates.read) return {}
  const usable = facts.certificates.value
    .filter((certificate) => certificateRefusal(certificate, today) === null)
    .filter(({ protects }) => protects === null || protects.length === 0)
    .sort((a, b) => (a.expiresOn < b.expiresOn ? 1 : -1))[0]
  return usable === undefined
    ? {
        certificateMode: { value: 'create', because: 'master has none that takes new backups' },
        certificateName: { value: `KT_Backup_${year}`, because: 'Says what it is for and since when' },
      }
    : {
        certificateMode: { value: 'use', because: 'master has one that takes new backups' },
        certificateName: {
          value: usable.name,
          because: `Of those that take new backups it lasts longest, until ${usable.expiresOn}`,
        },
      }
}
