import type { FormFacts } from '../../../shared/forms/form.ts'
import { certificateRefusal, todayOf } from '../sqlserver/certificate-rules.ts'
import type { Facts } from './facts-model.ts'

const years = 5

/** Values for fields without an answer, each with its reason. */
export const suggestionsFor = (facts: Facts): FormFacts['suggested'] => {
  const today = todayOf(facts)
  const year = today.slice(0, 4)
  const suggested: FormFacts['suggested'] = {
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
  return suggested
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
