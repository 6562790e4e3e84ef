import { stillNeededText, type KeptBackups } from '../../../shared/model/retention.ts'
import type { DatabaseUnderKey } from './ekm-facts.ts'
import type { Read } from './facts-model.ts'

/**
 * *Still needed by*: who needs a protector that is to be kept, from what this version can see. Pure; `read-key-needs.ts`
 * asks the server. Backups that msdb forgot or that another server took are not in it, and whoever shows it says so.
 */
export interface NeedsRead {
  /** Databases whose encryption key is under an asymmetric key, on the server that was asked. */
  databases: Read<readonly DatabaseUnderKey[]>
  logs: Read<readonly LogUnderKey[]>
  /** Backups that were encrypted with a key of its own, by its thumbprint. */
  encryptedBackups: Read<Readonly<Record<string, KeptBackups>>>
  /** Every backup on record, by database. */
  backups: Read<readonly BackupsOfDatabase[]>
}

export interface LogUnderKey {
  database: string
  /** Hex, upper case. */
  thumbprint: string
  /** Virtual log files. */
  files: number
}

export interface BackupsOfDatabase {
  database: string
  backups: number
  /** ISO times, as msdb has them. */
  oldest: string | null
  newest: string | null
}

/** One kind of need: what was asked, and what was found. */
export interface NeedLine {
  what: string
  /** False: `found` says why it was not read. */
  read: boolean
  found: string
  /** Names of what needs it, and how a sentence begins that says them: "the keys of". */
  names: readonly string[]
  said: string
  source: string
  at: string
}

export interface WhoseNeeds {
  /** Hex, upper case. */
  thumbprint: string
  /** Databases whose backups until now count as possible users: those whose keys were under it. */
  databases: readonly string[]
}

/** All four kinds, also those that nobody needs: "0" is said only where it was counted. */
export const needLines = (read: NeedsRead, { thumbprint, databases }: WhoseNeeds): NeedLine[] => [
  lineOf(read.databases, { what: 'Database encryption keys under it', said: 'the keys of' }, (all) => {
    const names = all.filter(({ key }) => key?.thumbprint === thumbprint).map(({ name }) => name)
    return { found: names.length === 0 ? '0' : `${names.length}: ${names.join(', ')}`, names }
  }),
  lineOf(read.logs, { what: 'Logs that hold records under it', said: 'the logs of' }, (all) => {
    const found = all.filter((one) => one.thumbprint === thumbprint)
    return {
      found:
        found.length === 0
          ? '0 virtual log files'
          : found
              .map(
                ({ database, files }) =>
                  `${database} (${files} virtual log ${files === 1 ? 'file' : 'files'})`,
              )
              .join(', '),
      names: found.map(({ database }) => database),
    }
  }),
  lineOf(read.encryptedBackups, { what: 'Backups encrypted with it', said: '' }, (all) => {
    const kept = all[thumbprint] ?? { backups: 0, keptUntil: null, withoutEnd: 0 }
    return {
      found: stillNeededText(kept),
      names: kept.backups === 0 ? [] : [`${kept.backups} backups encrypted with it`],
    }
  }),
  lineOf(
    read.backups,
    { what: 'Backups from before that TDE may have encrypted under it', said: 'backups of' },
    (all) => {
      const found = all.filter(({ database, backups }) => databases.includes(database) && backups > 0)
      return {
        found:
          found.length === 0
            ? '0 on record'
            : `${found.map(backupsText).join(', ')}. msdb does not say which of them`,
        names: found.map(({ database }) => database),
      }
    },
  ),
]

const backupsText = ({ database, backups, oldest, newest }: BackupsOfDatabase): string =>
  `${backups} of ${database} (${oldest?.slice(0, 10) ?? 'no date'} to ${newest?.slice(0, 10) ?? 'no date'})`

const lineOf = <Value>(
  read: Read<Value>,
  words: Pick<NeedLine, 'what' | 'said'>,
  say: (value: Value) => Pick<NeedLine, 'found' | 'names'>,
): NeedLine => {
  const { source, at } = read
  return read.read
    ? { ...words, read: true, ...say(read.value), source, at }
    : { ...words, read: false, found: read.because, names: [], source, at }
}

/** So many names stand in a sentence; the lines have all. */
const mostNames = 12

/** In one sentence, for a warning. Null: nothing was found. */
export const neededByText = (lines: readonly NeedLine[]): string | null => {
  const parts = lines
    .filter(({ names }) => names.length > 0)
    .map(({ said, names }) => {
      const more = names.length - mostNames
      const named = names.slice(0, mostNames).join(', ')
      return `${said} ${named}${more > 0 ? ` and ${more} more` : ''}`.trim()
    })
  return parts.length === 0 ? null : parts.join('; ')
}
