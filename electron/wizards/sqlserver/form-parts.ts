import type { FormFacts } from '../../../shared/forms/form.ts'
import { todayOf } from './certificate-rules.ts'
import type { Read, ServerFacts } from './facts-model.ts'

/** Parts of what screens show that jobs about certificates have in common. */

const years = 5

/** Values for a new certificate and its files, each with its reason. */
export const keySuggestions = (facts: ServerFacts): FormFacts['suggested'] => {
  const today = todayOf(facts)
  const year = today.slice(0, 4)
  const folder = facts.folders.read ? facts.folders.value.backup : null
  return {
    certificateName: {
      value: freeName(facts, `KT_Backup_${year}`),
      because: 'Says what it is for and since when',
    },
    certificateSubject: {
      value: `Backup encryption ${facts.target.name} ${year}`.slice(0, 64),
      because: 'Says in the .cer file what the key is for',
    },
    certificateExpiry: {
      value: `${Number(year) + years}${leapFree(today.slice(4))}`,
      because: `${years} years; without a date the server would take one`,
    },
    format: { value: 'pvk', because: 'Every version of SQL Server reads them' },
    proveOnServer: { value: true, because: 'Files and password are tried before they are needed' },
    ...(folder === null
      ? {}
      : {
          keyFolder: {
            value: folder,
            because:
              'The service account may write there. Move the files away afterwards: keys and backups belong apart',
          },
        }),
  }
}

const freeName = (facts: ServerFacts, wanted: string): string => {
  const taken = facts.certificates.read
    ? new Set(facts.certificates.value.map(({ name }) => name.toLowerCase()))
    : new Set<string>()
  let free = wanted
  for (let number = 2; taken.has(free.toLowerCase()); number += 1) free = `${wanted}_${number}`
  return free
}

/** 29 February is not in every year. */
const leapFree = (monthAndDay: string): string => (monthAndDay === '-02-29' ? '-02-28' : monthAndDay)

/** Whether the server sees the folder for key files. */
export const folderCheck = (folder: Read<boolean> | null): FormFacts['checks'] =>
  folder === null
    ? []
    : [
        {
          name: 'Folder on the server',
          state: !folder.read ? 'unknown' : folder.value ? 'ok' : 'failed',
          detail: !folder.read
            ? folder.because
            : folder.value
              ? 'The server sees it. What its service account may do there shows only in the run'
              : 'The server sees no such folder. Create it there or enter another one',
          at: folder.at,
          field: 'keyFolder',
        },
      ]
