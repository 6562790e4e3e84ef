import type { PackageLook, PackageRow } from '../../shared/ipc/schemas.ts'
import type { GroupState, MemberState, PlaceKind, ShareMedium } from '../../shared/model/escrow.ts'
import type { Mark } from '../ui/StatusMark.tsx'

export const groupStateWords: Readonly<Record<GroupState, string>> = {
  'in-ceremony': 'in ceremony',
  active: 'active',
  replaced: 'replaced',
  void: 'void',
}

export const groupStateMarks: Readonly<Record<GroupState, Mark>> = {
  'in-ceremony': 'running',
  active: 'ok',
  replaced: 'old',
  void: 'failed',
}

export const memberStateWords: Readonly<Record<MemberState, string>> = {
  waiting: 'not written',
  'handed-out': 'written, not read back',
  'read-back': 'read back',
  'to-destroy': 'sheet to be destroyed',
}

export const memberStateMarks: Readonly<Record<MemberState, Mark>> = {
  waiting: 'waiting',
  'handed-out': 'attention',
  'read-back': 'ok',
  'to-destroy': 'failed',
}

export const mediumWords: Readonly<Record<ShareMedium, string>> = {
  paper: 'paper',
  file: 'file on own medium',
}

export const placeWords: Readonly<Record<PlaceKind, string>> = {
  folder: 'folder',
  'network-share': 'network share',
  usb: 'USB medium',
  'blob-container': 'blob container',
}

export const packageStateMarks: Readonly<Record<PackageRow['state'], Mark>> = {
  written: 'attention',
  escrowed: 'ok',
  replaced: 'old',
}

export const signerWords: Readonly<Record<PackageLook['signer']['standing'], string>> = {
  known: 'a key that the record of this profile names',
  'package-only': 'known from the package alone: whoever changed it could have put that key there',
}

/** Short enough to be compared by eye; the same as on the sheet. */
export const checkCodeOf = (fingerprint: string | null): string =>
  fingerprint === null ? 'not made' : `${fingerprint.slice(0, 4)} ${fingerprint.slice(4, 8)}`
