import type { Answers } from '../../../shared/forms/form.ts'
import { asTargetId } from '../../../shared/model/ids.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { PlanReader } from '../../engine/contract.ts'
import type { TokenKeyFact } from '../../ports/token-readings.ts'
import { readSecrets } from '../sqlserver/read-server.ts'
import type { CareMeans, Facts } from './facts-model.ts'

/** Only the id counts: name and environment come back from the connection itself. */
const refOf = (answer: unknown): TargetRef => {
  const id = asTargetId(String(answer ?? ''))
  return { id, kind: 'hsm', name: id, environment: 'production' }
}

/** Reads everything that plan and screens stand on; tries no PIN and changes nothing. Answers may be partial. */
export const readFacts = async (
  answers: Answers,
  reader: PlanReader,
  { readings, openKeys }: CareMeans,
): Promise<Facts> => {
  const now = (): string => reader.clock.now().toISOString()
  const open = await reader.hsms.open(refOf(answers['hsm']))
  try {
    const { facts: token, identity, ref: target } = open
    const shown = (await open.token.find({ onlyPublic: true }))
      .filter(({ kept }) => kept === 'token')
      .map(({ id, label, spkiSha256 }) => ({ id, label, spkiSha256 }))
    const kept = readings.last(target.id)
    // Another device by the same connection: what was read is not of this one.
    const reading = kept?.serial === identity.serial ? kept : null
    const id = typeof answers['key'] === 'string' ? answers['key'] : ''
    const key = id === '' ? null : (reading?.keys.find((one) => one.id === id) ?? null)
    const keptPin = reader.hsms.keptPin(target.id)
    return {
      target,
      identity,
      readAt: now(),
      token,
      keptPin,
      reading,
      shown,
      key,
      twins: key === null ? [] : (reading?.keys ?? []).filter((one) => isTwin(one, key)),
      copies: key === null ? null : await readCopies(key, identity.serial, reader, now),
      madeBy: openKeys().find(({ run }) => Buffer.from(run, 'latin1').toString('hex') === id) ?? null,
      secrets: readSecrets({ ...answers, kept: keptPin }, ['pin', 'kept'], reader),
    }
  } finally {
    await open.close()
  }
}

const isTwin = (one: TokenKeyFact, key: TokenKeyFact): boolean =>
  one.mark !== key.mark &&
  one.type === key.type &&
  (key.spkiSha256 === null
    ? key.checkValue !== null && one.checkValue === key.checkValue
    : one.spkiSha256 === key.spkiSha256)

const readCopies = async (
  { spkiSha256, checkValue, id }: TokenKeyFact,
  serial: string,
  { verdicts }: PlanReader,
  now: () => string,
): Promise<Facts['copies']> => {
  const search = await verdicts.copies()
  const { asked, notAsked } = search
  return { ...search.of({ spkiSha256, checkValue, id, serial }), asked, notAsked, at: now() }
}
