import { readdirSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { KeyturnError, problemOf } from '../../shared/errors/problem.ts'
import { localFileError, writeNewFile } from '../platform/atomic-file.ts'
import { readFileCapped } from '../platform/read-file.ts'
import type { FoundBackup, HandleInfo } from '../ports/keyring.ts'
import { infoOf } from './content.ts'
import { readKeyringText } from './disk.ts'
import { parseFile, type KeyringContent, type KeyringFile } from './file.ts'
import type { KdfPolicy } from './kdf.ts'
import { limits } from './limits.ts'

/** Files that hold a whole keyring: backups in a folder of the person's choice, and what a restore replaced. */

/** `2026-11-25T132717123Z`: sorts by time and stands in file names everywhere. */
export const stampOf = (at: Date): string => at.toISOString().replace(/[:.]/g, '')

export const backupName = (keyring: string, at: Date, prefix: string): string =>
  `${prefix}keyturn-keyring-${keyring}-${stampOf(at)}.json`

const mayBeKeyring = /^[^./\\][^/\\]{0,200}\.json$/
const replacedName = /^keyring-replaced-(\d{4}-\d\d-\d\dT)(\d\d)(\d\d)(\d\d)(\d{3})Z\.json$/
const mostListed = 100

/** A name that `backupsIn` could have given; else `not-found`. */
export const backupPath = (folder: string, name: string): string => {
  if (!mayBeKeyring.test(name) || basename(name) !== name)
    throw new KeyturnError('not-found', { what: 'This keyring backup' })
  return join(folder, name)
}

export const readCopy = async (path: string, policy: KdfPolicy): Promise<KeyringFile> =>
  parseFile(await readKeyringText(path), policy)

/** Secrets that are gone, or older, when `after` takes the place of `before`. */
export const goneBetween = (before: KeyringContent | null, after: KeyringContent): HandleInfo[] =>
  [...(before?.sets.values() ?? [])]
    .filter(({ id, generation }) => (after.sets.get(id)?.generation ?? 0) < generation)
    .map(infoOf)

export const backupsIn = async (
  folder: string,
  policy: KdfPolicy,
  present: KeyringContent | null,
): Promise<FoundBackup[]> => {
  const names = await readdir(folder).catch((error: unknown) => {
    throw localFileError(error, folder)
  })
  const found: FoundBackup[] = []
  for (const { name, changed } of await newestFirst(folder, names)) {
    try {
      const { content } = await readCopy(join(folder, name), policy)
      const { keyring } = content.header
      found.push({
        name,
        keyring,
        at: content.savedAt ?? changed,
        secrets: content.sets.size,
        sameKeyring: present?.header.keyring === keyring,
        gone: goneBetween(present, content),
        problem: null,
      })
    } catch (error) {
      // Other programs' JSON is not worth a word; a keyring that does not read is.
      if (/keyring/i.test(name))
        found.push({
          name,
          keyring: '',
          at: changed,
          secrets: 0,
          sameKeyring: false,
          gone: [],
          problem: problemOf(error),
        })
    }
  }
  return found.toSorted((a, b) => b.at.localeCompare(a.at))
}

const newestFirst = async (
  folder: string,
  names: readonly string[],
): Promise<{ name: string; changed: string }[]> => {
  const files: { name: string; changed: string }[] = []
  for (const name of names.filter((one) => mayBeKeyring.test(one))) {
    const about = await stat(join(folder, name)).catch(() => null)
    if (about?.isFile() && about.size <= limits.fileBytes)
      files.push({ name, changed: about.mtime.toISOString() })
  }
  return files.toSorted((a, b) => b.changed.localeCompare(a.changed)).slice(0, mostListed)
}

/** Keeps the present file, whatever it holds, under a dated name beside it. Null: there is none. */
export const keepReplaced = async (path: string, at: Date): Promise<string> => {
  const name = `keyring-replaced-${stampOf(at)}.json`
  await writeNewFile(join(dirname(path), name), await readFileCapped(path, limits.fileBytes))
  return name
}

export const replacedBeside = (path: string): string[] => {
  try {
    return readdirSync(dirname(path))
      .filter((name) => replacedName.test(name))
      .sort()
  } catch {
    return []
  }
}

/** Removes replaced keyrings and says which. `which`: those that may go; default all. */
export const removeReplaced = async (
  path: string,
  which: (name: string) => Promise<boolean> = () => Promise.resolve(true),
): Promise<string[]> => {
  const removed: string[] = []
  for (const name of replacedBeside(path)) {
    if (!(await which(name))) continue
    await rm(join(dirname(path), name), { force: true })
    removed.push(name)
  }
  return removed
}

/**
 * A replaced file that still opens with a passphrase that was changed since: of the same keyring, put aside before the
 * present passphrase was set.
 */
export const isOutdated = async (
  path: string,
  name: string,
  { keyring, passphraseSetAt }: KeyringContent['header'],
  policy: KdfPolicy,
): Promise<boolean> => {
  const at = replacedName.exec(name)
  if (at === null || passphraseSetAt === undefined) return false
  const [, day, hours, minutes, seconds, milliseconds] = at
  if (`${day}${hours}:${minutes}:${seconds}.${milliseconds}Z` >= passphraseSetAt) return false
  const { content } = await readCopy(join(dirname(path), name), policy)
  return content.header.keyring === keyring
}
