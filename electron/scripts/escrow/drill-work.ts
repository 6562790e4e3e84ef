import type { Script, ScriptPart } from '../../../shared/model/script.ts'
import { oneLine } from './package-work.ts'

/** What Keyturn does with a package that it opens, as the review shows it. Nothing of it is sent anywhere. */

/** Names under which a run keeps what opens a package. */
export const openingHoles = {
  share: (number: number): string => `share_${String(number).padStart(2, '0')}`,
  passphrase: 'recipient_passphrase',
} as const

const file = (...parts: ScriptPart[]): Script => ({ language: 'file', parts })

export const verifyPackageWork = (folder: string, signer: string): Script =>
  file(
    `READ ${folder}: every file, its length and SHA-256 as MANIFEST.json lists them
  MANIFEST.sig over MANIFEST.json, by the key with SHA-256 ${signer}`,
  )

export type OpenedWith =
  | { kind: 'shares'; group: string; holes: readonly string[] }
  | { kind: 'recipient'; file: string; passphrase: string | null }

/** How the private key comes to hand: the same in every step that opens something. */
export const keyWork = (opened: OpenedWith): ScriptPart[] =>
  opened.kind === 'shares'
    ? [
        `  join shares of ${oneLine(opened.group)}: `,
        ...opened.holes.flatMap((hole, index): ScriptPart[] => [
          ...(index === 0 ? [] : [', ']),
          { hole, purpose: 'escrow.share' },
        ]),
        '\n  open group/private.p7 with what they give',
      ]
    : [
        `  open the private key in ${oneLine(opened.file)}`,
        ...(opened.passphrase === null
          ? []
          : [
              ' with ',
              { hole: opened.passphrase, purpose: 'escrow.recipient-passphrase' } satisfies ScriptPart,
            ]),
        '\n  find its certificate in recipients/',
      ]

export const openPackageWork = (folder: string, opened: OpenedWith): Script =>
  file(`OPEN ${folder}\n`, ...keyWork(opened), '\n  compare its public half, then wipe it')

export const openItemWork = (folder: string, opened: OpenedWith, path: string, compared: string): Script =>
  file(
    `OPEN ${folder}: ${path}\n`,
    ...keyWork(opened),
    `\n  open ${path} with it, in memory\n  ${oneLine(compared)}, then wipe it`,
  )

/** The key that wraps it comes to hand, the item itself stays wrapped: a token opens it. */
export const openWrapWork = (folder: string, opened: OpenedWith, path: string): Script =>
  file(
    `OPEN ${folder}: ${path}\n`,
    ...keyWork(opened),
    `\n  open the temporary key in ${path} with it, in memory, and wipe the private key
  give the temporary key to the token (below), then wipe it; the key of the item stays wrapped here`,
  )

export const noteDrillWork = (folder: string): Script =>
  file(`REGISTER ${folder}: date of its last drill, and how far each item was proven`)
