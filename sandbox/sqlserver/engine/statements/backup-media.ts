import { existsSync } from 'node:fs'
import type { BackupPlace } from '../../files/index.ts'
import type { ServerFile } from '../../disk.ts'
import { FileFormatError, readBackupHeader } from '../../files/index.ts'
import { SqlError, notSimulated } from '../errors.ts'
import type { Frame } from '../script.ts'
import { incorrectlyFormed, openDevice } from './backup-common.ts'
import type { BackupOptions, DeviceKind } from './backup-grammar.ts'
import { prepareUrl, urlDevice, urlPlace } from '../url/devices.ts'
import type { UrlDevice } from '../url/devices.ts'
import { assertNoCredential } from '../url/rules.ts'

/** Where a family of a media set goes. */
export type Device = { kind: 'disk'; shown: string; place: ServerFile } | UrlDevice

export const placeOf = (
  device: Device,
  maxTransferSize: number | undefined,
  signal: AbortSignal,
): BackupPlace => (device.kind === 'disk' ? device.place.real : urlPlace(device, maxTransferSize, signal))

/** Opens every device for writing and makes room on it; nothing is removed before each of them was looked at. */
export async function prepareMedia(
  frame: Frame,
  named: readonly { kind: DeviceKind; name: string }[],
  options: BackupOptions,
): Promise<Device[]> {
  const names = named.map(({ name }) => name)
  if (named[0]?.kind === 'url') return prepareUrls(frame, names, options)
  assertNoCredential(options.credential)
  const places = await prepareFiles(frame, names, options)
  return places.map((place) => ({ kind: 'disk', shown: place.shown, place }))
}

async function prepareUrls(
  frame: Frame,
  urls: readonly string[],
  options: BackupOptions,
): Promise<UrlDevice[]> {
  const devices = urls.map((url) => urlDevice(frame.session, url, options.credential))
  const twice = urls.findIndex((url, i) => urls.indexOf(url) < i)
  if (twice >= 0) throw processedTwice(urls[twice] ?? '', twice + 1, urls[twice] ?? '')
  for (const device of devices) await prepareUrl(device, options.format, frame.signal)
  return devices
}

const processedTwice = (path: string, family: number, before: string): SqlError =>
  new SqlError(
    3227,
    `The backup media on "${path}" is part of media family ${family} which has already been processed on "${before}". Ensure that backup devices are correctly specified. For tape devices, ensure that the correct volumes are loaded.`,
  )

async function prepareFiles(
  frame: Frame,
  paths: readonly string[],
  options: BackupOptions,
): Promise<ServerFile[]> {
  const { disk } = frame.session.instance
  const places = paths.map((path) => openDevice(frame, path, true))
  const twice = places.findIndex((place, i) => places.findIndex((other) => other.real === place.real) < i)
  if (twice >= 0) throw processedTwice(paths[twice] ?? '', twice + 1, places[twice]?.shown ?? '')
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
