import { exportPlaceKinds } from '../../../shared/forms/escrow-export-draft.ts'
import { shareFields } from '../../../shared/forms/escrow-drill-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import type { ShareGroup } from '../../../shared/model/escrow.ts'
import { asTargetId } from '../../../shared/model/ids.ts'
import type { FactReader } from '../../engine/contract.ts'
import { shareOwner } from '../../escrow/given-shares.ts'
import type { EscrowMeans } from '../../escrow/means.ts'
import { readNewPlace } from '../escrow/new-place.ts'
import { readRecipients } from '../escrow/read-recipients.ts'
import { groupOf } from '../escrow/recipients.ts'
import { readPlace, readSecrets } from '../sqlserver/read-server.ts'
import type { Facts, OldPackage } from './facts-model.ts'
import { readOldPackage, type LookIn } from './old-packages.ts'

/** A list that a person chooses from needs no more; what was wrapped anew leaves it. */
const mostShown = 200

/** Reads the lists of this profile and the packages where they lie; changes and opens nothing. Answers may be partial. */
export const readFacts = async (answers: Answers, reader: FactReader, means: EscrowMeans): Promise<Facts> => {
  const { register } = means
  const groups = register.groups()
  const old = groups.find(({ id, spkiSha256 }) => id === answers['oldGroup'] && spkiSha256 !== null) ?? null
  const current = register.packages().filter(({ replacedBy }) => replacedBy === null)
  const ofOld = current
    .filter(({ group }) => group === old?.id)
    .toSorted((one, other) => (one.made.at < other.made.at ? -1 : 1))
  const chosen = textsOf(answers['packages'])
  const lookIn = lookInOf(answers['lookIn'], reader)
  const packages: OldPackage[] = []
  for (const one of ofOld.slice(0, mostShown))
    packages.push(await readOldPackage(one, chosen.includes(one.id), lookIn, reader, means))
  const keep = answers['recipientMode'] !== 'others'
  return {
    readAt: reader.clock.now().toISOString(),
    groups,
    old,
    target: old === null ? null : targetOf(old, means),
    packages,
    more: Math.max(0, ofOld.length - mostShown),
    waiting: countBy(current.map(({ group }) => group)),
    group: groupOf(answers['newGroup'], register),
    recipients: keep ? null : await readRecipients(answers, reader),
    place: await readOtherPlace(answers, reader),
    given: old === null ? [] : reader.keptFor(shareOwner(old.id), 'escrow.share').map(({ id }): string => id),
    secrets: readSecrets(answers, shareFields, reader),
  }
}

const targetOf = ({ id, name }: ShareGroup, { environment }: EscrowMeans): Facts['target'] => ({
  id: asTargetId(id),
  kind: 'escrow',
  name,
  environment,
})

export const textsOf = (answer: unknown): string[] =>
  Array.isArray(answer) ? answer.filter((one) => typeof one === 'string') : []

const lookInOf = (answer: unknown, reader: FactReader): LookIn | null => {
  const label = readPlace(answer, reader)
  return label === null || typeof answer !== 'string' ? null : { id: answer, label }
}

const countBy = (ids: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

const readOtherPlace = async (answers: Answers, reader: FactReader): Promise<Facts['place']> => {
  const { placeMode, place, placeKind } = answers
  if (placeMode !== 'other' || typeof place !== 'string' || place === '') return null
  const kind = exportPlaceKinds.find((one) => one === placeKind) ?? 'folder'
  return { kind, ...(await readNewPlace(place, reader)) }
}
