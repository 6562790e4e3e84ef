import { KeyturnError } from '../../shared/errors/problem.ts'
import type { PrintDocument } from '../../shared/model/print.ts'
import { printRoute } from '../../shared/model/print.ts'
import { systemRandom } from '../platform/random.ts'
import { SecretBytes } from '../platform/secret-bytes.ts'
import type { Clock } from '../ports/clock.ts'
import type { Places } from '../ports/places.ts'
import type { CountersignedRecord } from './ceremony-record.ts'
import { localMedia } from './ceremony-media.ts'
import { createCeremonies, type Ceremonies } from './ceremony.ts'
import { sha256Of } from './digest.ts'
import type { EscrowRegister } from './register.ts'
import { makeGroupKey } from './share-group.ts'
import type { ShareSheetFacts } from './share-sheet.ts'

export interface CeremonyOptions {
  register: EscrowRegister
  record: CountersignedRecord
  places: Places
  clock: Clock
  rehearsal: boolean
  operator: string
  /** Resolves when the record knows the keyring’s countersigning key. */
  countersigned(): Promise<void>
  printPdf: CeremonyPrinter
}

/** `print-failed` where there is no window. */
export type CeremonyPrinter = (route: string, given: PrintDocument) => Promise<Uint8Array>

/** The ceremonies of this program. What an earlier one left open is void by the time this returns. */
export const openCeremonies = async (options: CeremonyOptions): Promise<Ceremonies> => {
  const { record, register, places, clock, rehearsal } = options
  const ceremonies = createCeremonies({
    record,
    register: () => register,
    places,
    clock,
    random: systemRandom,
    makeKey: makeGroupKey,
    media: localMedia,
    printSheet: (facts, sheet) => printedSheet(options, facts, sheet),
    recordKey: async () => {
      await options.countersigned()
      const fingerprint = record.latest('countersigner-began')?.body.fingerprint
      if (fingerprint === undefined) throw new KeyturnError('record-unavailable')
      return fingerprint
    },
    rehearsal,
  })
  await ceremonies.settle()
  return ceremonies
}

/** The page goes to the window that prints through its own door; the text is wiped here when it was printed. */
const printedSheet = async (
  { printPdf, clock, rehearsal, operator }: CeremonyOptions,
  { group, number, holder }: ShareSheetFacts,
  sheet: SecretBytes,
): Promise<SecretBytes> => {
  const scope = `Share ${number} of ${group.members} of the group ${group.id}`
  const head: PrintDocument['head'] = {
    title: `Keyturn share ${number} of ${group.members}: ${holder}`,
    rehearsal,
    environment: 'this computer',
    madeBy: operator,
    madeAt: clock.now().toISOString(),
    scope,
    sources: [],
    silent: [],
    // Of what the page is about, not of its words: a digest is for comparing prints, and this one is read back instead.
    digest: sha256Of(Buffer.from(scope)),
  }
  // Plain bytes: a Buffer writes itself as JSON before the wire sees that it is bytes.
  const text = sheet.use((bytes) => new Uint8Array(bytes))
  try {
    return SecretBytes.take(
      await printPdf(printRoute('share-sheet', null), { page: 'share-sheet', head, content: { text } }),
    )
  } finally {
    text.fill(0)
  }
}
