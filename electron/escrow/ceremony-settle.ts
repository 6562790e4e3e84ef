import type { CeremonyView, SheetToDestroy, VoidReason } from '../../shared/model/ceremony.ts'
import type { GroupMember, ShareGroup } from '../../shared/model/escrow.ts'
import { asShareGroupId, type ShareGroupId } from '../../shared/model/ids.ts'
import type { RecordEntry, RecordKind, RecordRow } from '../../shared/model/record.ts'
import { checkCode } from '../formats/slip39/index.ts'
import type { CeremonyRecord } from './ceremony-record.ts'
import { halfOf } from './ceremony-state.ts'
import type { EscrowRegister } from './register.ts'

export interface SettleParts {
  record: CeremonyRecord
  register(): EscrowRegister
  now(): string
}

type EntryOf<Kind extends RecordKind> = Extract<RecordEntry, { kind: Kind }>
type EndEntry = EntryOf<'ceremony-active'> | EntryOf<'ceremony-void'>

/**
 * Brings groups that the register calls “in ceremony” to the state that the record gives them; a ceremony that the record
 * has no end of is void, and an entry says so with the sheets that may exist. For the start, when no ceremony is open.
 */
export const settleGroups = async (parts: SettleParts): Promise<CeremonyView[]> => {
  const interrupted: CeremonyView[] = []
  for (const group of parts.register().groups())
    if (group.state === 'in-ceremony') {
      if (endOf(parts.record, group.id) === null) interrupted.push(sayInterrupted(parts, group))
      await settleGroup(parts, group.id)
    }
  return interrupted
}

/** Writes the end that the record has of this ceremony into the register. Repeating it changes nothing. */
export const settleGroup = async (
  { record, register }: Omit<SettleParts, 'now'>,
  id: ShareGroupId,
): Promise<void> => {
  const end = endOf(record, id)
  if (end === null || register().group(id).state !== 'in-ceremony') return
  if (end.kind === 'ceremony-active') {
    // The old one first: killed in between, this one is still in ceremony and is settled again.
    const { replaces } = end.body
    if (replaces !== null)
      await register().changeGroup(asShareGroupId(replaces), (old) => ({
        ...old,
        state: 'replaced',
        replacedBy: id,
      }))
    await register().changeGroup(id, (group) => ({
      ...group,
      state: 'active',
      members: group.members.map((member) => ({ ...member, state: 'read-back' })),
    }))
    return
  }
  const written = new Set(sharesOf(record, id).map(({ body }) => body.number))
  const stateOf = ({ number }: GroupMember): GroupMember['state'] =>
    written.has(number) ? 'to-destroy' : 'waiting'
  await register().changeGroup(id, (group) => ({
    ...group,
    state: 'void',
    members: group.members.map((member) => ({ ...member, state: stateOf(member) })),
  }))
}

const sayInterrupted = ({ record, now }: SettleParts, group: ShareGroup): CeremonyView => {
  const { id, name } = group
  const toDestroy = sheetsOf(sharesOf(record, id))
  const because: VoidReason = 'interrupted'
  record.append({
    kind: 'ceremony-void',
    outcome: 'failed',
    body: { group: id, name, because, reason: '', toDestroy },
  })
  const begun = entriesAbout(record, id, ['ceremony-begun']).find(
    (entry) => entry.kind === 'ceremony-begun' && entry.body.group === id,
  )
  return {
    group: id,
    name,
    threshold: group.threshold,
    holders: group.members.map((member) => ({
      number: member.number,
      name: member.name,
      medium: member.medium,
      state: 'void',
      checkCode: member.fingerprint === null ? 'not made' : checkCode(member.fingerprint),
      where: null,
      readBackAt: null,
      problem: null,
    })),
    witnesses: begun?.kind === 'ceremony-begun' ? begun.body.witnesses : [],
    replaces: null,
    began: group.created,
    state: 'void',
    turn: null,
    ended: now(),
    because,
    toDestroy,
  }
}

/**
 * Every sheet that was about to be written may exist, and a half-written copy beside one of which no entry says that it
 * was written; paper may have been printed from a page.
 */
export const sheetsOf = (shares: readonly EntryOf<'ceremony-share'>[]): SheetToDestroy[] => {
  const found = new Map<string, SheetToDestroy>()
  const whole = new Set(shares.flatMap(({ body }) => (body.what === 'written' ? [body.where] : [])))
  for (const { body } of shares) {
    const { number, holder, medium, where, what } = body
    const sheet = { number, holder, medium }
    if (where !== null) found.set(where, { ...sheet, where })
    if (where !== null && !whole.has(where)) found.set(`half ${where}`, halfOf({ ...sheet, where }))
    if (medium === 'paper' && what !== 'to-be-written')
      found.set(`paper ${number}`, { ...sheet, where: null })
  }
  return Array.from(found.values()).toSorted((a, b) => a.number - b.number)
}

const endOf = (record: Pick<CeremonyRecord, 'page'>, group: ShareGroupId): EndEntry | null =>
  entriesAbout(record, group, ['ceremony-active', 'ceremony-void'])
    .flatMap((entry): EndEntry[] =>
      entry.kind === 'ceremony-active' || entry.kind === 'ceremony-void' ? [entry] : [],
    )
    .find(({ body }) => body.group === group) ?? null

const sharesOf = (record: Pick<CeremonyRecord, 'page'>, group: ShareGroupId): EntryOf<'ceremony-share'>[] =>
  entriesAbout(record, group, ['ceremony-share']).flatMap((entry) =>
    entry.kind === 'ceremony-share' && entry.body.group === group ? [entry] : [],
  )

const perPage = 100

/** Oldest first. */
export const entriesAbout = (
  record: Pick<CeremonyRecord, 'page'>,
  group: ShareGroupId,
  kind: readonly RecordKind[],
): RecordRow[] => {
  const rows: RecordRow[] = []
  for (let offset = 0; ; offset += perPage) {
    const page = record.page({ filter: { kind, text: group }, offset, limit: perPage, order: 'oldest-first' })
    rows.push(...page.rows)
    if (offset + perPage >= page.total) return rows
  }
}
