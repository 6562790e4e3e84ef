import { readdirSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { localMedia } from '../../../electron/escrow/ceremony-media.ts'
import { createCeremonies, type CeremonyParts } from '../../../electron/escrow/ceremony.ts'
import { openRegister, type EscrowRegister } from '../../../electron/escrow/register.ts'
import { makeGroupKey, type GroupKey } from '../../../electron/escrow/share-group.ts'
import { systemRandom } from '../../../electron/platform/random.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { CeremonyPlan } from '../../../shared/model/ceremony.ts'
import { asPlaceId, type PlaceId } from '../../../shared/model/ids.ts'
import { FixedClock } from '../platform/fixed-clock.ts'
import { newFile, openRecord } from '../record/support.ts'

let made: { pkcs8: Buffer; rest: Omit<GroupKey, 'pkcs8'> } | null = null

/** A real key, made once for the whole file: making one takes up to a second. */
export const oneKey = async (): Promise<GroupKey> => {
  if (made === null) {
    const { pkcs8, ...rest } = await makeGroupKey()
    made = { pkcs8: pkcs8.use((bytes) => Buffer.from(bytes)), rest }
  }
  return { pkcs8: SecretBytes.take(Buffer.from(made.pkcs8)), ...made.rest }
}

export const twoOfThree: CeremonyPlan = {
  name: 'Vault keys 2026',
  threshold: 2,
  holders: [
    { name: 'Ana Ruiz', medium: 'file' },
    { name: 'Bo Chen', medium: 'file' },
    { name: 'Chidi Obi', medium: 'paper' },
  ],
  witnesses: ['Wanda Lang'],
  replaces: null,
}

/** A profile with a record, a register and folders of holders. `reopen`: the program after it was killed. */
export const ceremonyHouse = async (wanted: Partial<CeremonyParts> = {}) => {
  const root = mkdtempSync(join(tmpdir(), 'keyturn-ceremony-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const folder = (name: string): string => {
    mkdirSync(join(root, name), { recursive: true })
    return join(root, name)
  }
  const recordFile = newFile()
  const record = openRecord(recordFile)
  const register = await openRegister(folder('profile'))
  /** What the printer was given, by the test’s own eyes. */
  const printed: string[] = []
  let fails = false
  const parts = (over: { record: typeof record; register: EscrowRegister }): CeremonyParts => ({
    record: {
      page: (request) => over.record.page(request),
      append: (entry) => {
        if (fails) throw new KeyturnError('record-unavailable')
        return over.record.append(entry)
      },
    },
    register: () => over.register,
    places: { folderOf: (place) => folder(place), label: (place) => `stick ${place}` },
    clock: new FixedClock(),
    random: systemRandom,
    makeKey: oneKey,
    media: localMedia,
    printSheet: async (_facts, sheet) => {
      printed.push(sheet.use((bytes) => bytes.toString('utf8')))
      return SecretBytes.fromText('%PDF-1.4 a page')
    },
    recordKey: async () => 'ab'.repeat(32),
    rehearsal: false,
    ...wanted,
  })
  const place = (name: string): PlaceId => asPlaceId(name)
  return {
    root,
    folder,
    place,
    record,
    register,
    printed,
    ceremonies: createCeremonies(parts({ record, register })),
    /** The words as the holder reads them from the paper. */
    wordsOnPaper: (): string => wordsOf(printed.at(-1) ?? ''),
    filesAt: (name: string): string[] => readdirSync(folder(name)),
    /** From now on nothing can be written to the record, until the program starts again. */
    failRecord: (): void => {
      fails = true
    },
    reopen: async () => {
      fails = false
      record.close()
      const again = openRecord(recordFile)
      const registerAgain = await openRegister(folder('profile'))
      return {
        record: again,
        register: registerAgain,
        ceremonies: createCeremonies(parts({ record: again, register: registerAgain })),
      }
    },
  }
}

/** The words of a sheet, found without the reader that is under test. */
export const wordsOf = (sheet: string): string =>
  (/BEGIN SHARE WORDS\n([\s\S]*)END SHARE WORDS/.exec(sheet)?.[1] ?? '')
    .replace(/\d+\./g, ' ')
    .trim()
    .split(/\s+/)
    .join(' ')

/** The code of what was refused; anything else that is thrown is a fault. */
export const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work()
  } catch (error) {
    if (error instanceof KeyturnError) return error.code
    throw error
  }
  throw new Error('it was not refused')
}

export type House = Awaited<ReturnType<typeof ceremonyHouse>>

/** What the record says of ceremonies, oldest first. */
export const sentences = ({ record }: Pick<House, 'record'>): string[] =>
  record
    .page({ offset: 0, limit: 100, order: 'oldest-first' })
    .rows.filter(({ kind }) => kind.startsWith('ceremony-'))
    .map(({ sentence }) => sentence)

/** One holder's whole part. */
export const part = async (house: House, number: number): Promise<void> => {
  const { ceremonies, place } = house
  const state = ceremonies.state()
  if (state === null) throw new Error('no ceremony')
  ceremonies.take(state.group, number)
  await ceremonies.write(state.group, number, place(`holder-${number}`))
  if (state.holders[number - 1]?.medium === 'file') await ceremonies.readBack(state.group, number)
  else await ceremonies.typed(state.group, number, SecretBytes.fromText(house.wordsOnPaper()))
}

export const whole = async (house: House, plan: CeremonyPlan = twoOfThree) => {
  const { group } = await house.ceremonies.begin(plan)
  for (const [index] of plan.holders.entries()) await part(house, index + 1)
  return group
}
