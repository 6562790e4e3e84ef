import { existsSync } from 'node:fs'
import type { ServerFile } from '../../disk.ts'
import { FileFormatError, readBackupHeader } from '../../files/index.ts'
import { SqlError, notSimulated } from '../errors.ts'
import type { Frame } from '../script.ts'
import { incorrectlyFormed, openDevice } from './backup-common.ts'
import type { BackupOptions } from './backup-grammar.ts'

/** Opens every device for writing and makes room on it; nothing is removed before each of them was looked at. */
export async function prepareMedia(
  frame: Frame,
  paths: readonly string[],
  options: BackupOptions,
): Promise<ServerFile[]> {
  const { disk } = frame.session.instance
  const places = paths.map((path) => openDevice(frame, path, true))
  const twice = places.findIndex((place, i) => places.findIndex((other) => other.real === place.real) < i)
  if (twice >= 0)
    throw new SqlError(
      3227,
      `The backup media on "${paths[twice]}" is part of media family ${twice + 1} which has already been processed on "${places[twice]?.shown}". Ensure that backup devices are correctly specified. For tape devices, ensure that the correct volumes are loaded.`,
    )
  for (const [i, place] of places.entries())
    if (existsSync(place.real) && !options.format)
      await assertOverwritable(place, paths[i] ?? '', places.length, options)
  for (const place of places) {
    if (existsSync(place.real)) disk.remove(place)
    disk.own(place)
  }
  return places
}

/** What is on the device decides whether it may be written: a new file, or one that FORMAT or INIT gives up. */
async function assertOverwritable(
  place: ServerFile,
  path: string,
  families: number,
  options: BackupOptions,
): Promise<void> {
  const facts = await readBackupHeader(place.real).catch((error: unknown) => {
    if (error instanceof FileFormatError) throw incorrectlyFormed(path)
    throw error
  })
  const formatted = Number(facts.header['FamilyCount'] ?? 1)
  if (formatted !== families)
    throw new SqlError(
      3231,
      `The media loaded on "${path}" is formatted to support ${formatted} media families, but ${families} media families are expected according to the backup device specification.`,
    )
  if (facts.encryption !== null || options.encryption !== undefined)
    throw new SqlError(
      3095,
      "The backup cannot be performed because 'ENCRYPTION' was requested after the media was formatted with an incompatible structure. To append to this media set, either omit 'ENCRYPTION' or create a new media set by using WITH FORMAT in your BACKUP statement. If you use WITH FORMAT on an existing media set, all its backup sets will be overwritten.",
    )
  if (!options.init) throw notSimulated('appending a backup set to a media set')
}
