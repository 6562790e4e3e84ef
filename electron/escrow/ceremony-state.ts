import {
  type CeremonyHolder,
  type CeremonyPlan,
  type CeremonyView,
  type SheetToDestroy,
} from '../../shared/model/ceremony.ts'
import type { ShareGroup } from '../../shared/model/escrow.ts'
import type { ShareGroupId } from '../../shared/model/ids.ts'
import type { RecordBody } from '../../shared/model/record.ts'
import { checkCode } from '../formats/slip39/index.ts'
import { leftoverPrefix } from '../platform/atomic-file.ts'
import type { SheetFile } from './ceremony-media.ts'
import type { MadeShares } from './ceremony-shares.ts'
import type { ShareSheetFacts } from './share-sheet.ts'

export interface Holder extends CeremonyHolder {
  attempt: number
  sheet: SheetFile | null
  /** Sheets of earlier attempts. */
  older: SheetToDestroy[]
  /** Sheets beside which a half-written copy may lie: hidden files with the words in them. */
  halves: { sheet: SheetFile; where: string }[]
}

export interface OpenCeremony {
  group: ShareGroupId
  plan: CeremonyPlan
  replaces: CeremonyView['replaces']
  began: string
  made: MadeShares
  holders: Holder[]
  turn: { number: number; here: boolean }
  busy: boolean
}

export const trim = (plan: CeremonyPlan): CeremonyPlan => ({
  ...plan,
  name: plan.name.trim(),
  holders: plan.holders.map(({ name, medium }) => ({ name: name.trim(), medium })),
  witnesses: plan.witnesses.map((name) => name.trim()).filter((name) => name !== ''),
})

export const newGroup = (id: ShareGroupId, plan: CeremonyPlan, created: string): ShareGroup => ({
  id,
  name: plan.name,
  state: 'in-ceremony',
  threshold: plan.threshold,
  members: plan.holders.map(({ name, medium }, index) => ({
    number: index + 1,
    name,
    medium,
    fingerprint: null,
    state: 'waiting',
  })),
  identifier: null,
  spkiSha256: null,
  keyId: null,
  created,
  replacedBy: null,
})

export const withKey = (facts: ShareGroup, made: MadeShares): ShareGroup => ({
  ...facts,
  identifier: made.identifier,
  spkiSha256: made.spkiSha256,
  keyId: made.keyId,
  members: facts.members.map((member, index) => ({
    ...member,
    fingerprint: made.fingerprints[index] ?? null,
  })),
})

export const newHolder = (
  { name, medium }: CeremonyPlan['holders'][number],
  index: number,
  fingerprints: readonly string[],
): Holder => ({
  number: index + 1,
  name,
  medium,
  state: 'waiting',
  checkCode: checkCode(fingerprints[index] ?? ''),
  where: null,
  readBackAt: null,
  problem: null,
  attempt: 0,
  sheet: null,
  older: [],
  halves: [],
})

export const begunBody = (group: ShareGroupId, plan: CeremonyPlan): RecordBody<'ceremony-begun'> => ({
  group,
  name: plan.name,
  threshold: plan.threshold,
  holders: plan.holders.map(({ name, medium }, index) => ({ number: index + 1, name, medium })),
  witnesses: [...plan.witnesses],
  replaces: plan.replaces,
})

export const factsOf = (
  { group, plan, made, began, holders }: OpenCeremony,
  holder: Holder,
): Omit<ShareSheetFacts, 'recordKey' | 'rehearsal'> => ({
  group: {
    id: group,
    name: plan.name,
    spkiSha256: made.spkiSha256,
    threshold: plan.threshold,
    members: holders.length,
  },
  number: holder.number,
  holder: holder.name,
  made: new Date(began),
})

export const sheetOf = ({ number, name, medium, where }: Holder): SheetToDestroy => ({
  number,
  holder: name,
  medium,
  where,
})

/** Where a half-written copy of a sheet lies: `where` ends with the name of the sheet, which has no spaces. */
export const halfOf = (sheet: SheetToDestroy & { where: string }): SheetToDestroy => ({
  ...sheet,
  where: sheet.where.replace(/\S*$/, (name) => `${leftoverPrefix(name)}… (hidden file)`),
})

/** The sheets of earlier attempts, and half-written copies of any. */
export const besides = (holder: Holder): SheetToDestroy[] => [
  ...holder.older,
  ...holder.halves.map(({ where }) => halfOf({ ...sheetOf(holder), where })),
]

export const viewOf = ({ group, plan, replaces, began, holders, turn }: OpenCeremony): CeremonyView => ({
  group,
  name: plan.name,
  threshold: plan.threshold,
  holders: holders.map(({ number, name, medium, state, checkCode: code, where, readBackAt, problem }) => ({
    number,
    name,
    medium,
    state,
    checkCode: code,
    where,
    readBackAt,
    problem,
  })),
  witnesses: plan.witnesses,
  replaces,
  began,
  state: 'open',
  turn: { ...turn },
  ended: null,
  because: null,
  toDestroy: [],
})

/** What may exist of a holder’s share when the ceremony breaks off. */
export const sheetsLeft = (holder: Holder): SheetToDestroy[] => {
  const { medium, state, where } = holder
  const printed = medium === 'paper' && (state === 'written' || state === 'read-back' || state === 'failed')
  // The page that was read back from paper is gone, or among the older ones.
  const file = where !== null && !(medium === 'paper' && state === 'read-back')
  return [
    ...besides(holder),
    ...(file ? [sheetOf(holder)] : []),
    ...(printed && where !== null ? [{ ...sheetOf(holder), where: null }] : []),
  ]
}

export const shareBody = (
  { group, made }: OpenCeremony,
  { number, name, medium }: Holder,
): Pick<RecordBody<'ceremony-share'>, 'group' | 'number' | 'holder' | 'medium' | 'fingerprint'> => ({
  group,
  number,
  holder: name,
  medium,
  fingerprint: made.fingerprints[number - 1] ?? '',
})

export const activeBody = ({
  group,
  plan,
  made,
  replaces,
  holders,
}: OpenCeremony): Omit<RecordBody<'ceremony-active'>, 'toDestroy'> => ({
  group,
  name: plan.name,
  threshold: plan.threshold,
  members: holders.length,
  identifier: made.identifier,
  publicKey: made.spkiSha256,
  replaces: replaces?.id ?? null,
})
