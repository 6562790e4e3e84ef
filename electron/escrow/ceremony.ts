import { KeyturnError, problemOf, type Problem } from '../../shared/errors/problem.ts'
import {
  planProblems,
  type CeremonyPlan,
  type CeremonyView,
  type SheetToDestroy,
  type VoidReason,
} from '../../shared/model/ceremony.ts'
import type { GroupMember } from '../../shared/model/escrow.ts'
import { asShareGroupId, type PlaceId, type ShareGroupId } from '../../shared/model/ids.ts'
import type { RecordBody } from '../../shared/model/record.ts'
import { readShare, shareFingerprint } from '../formats/slip39/index.ts'
import { newIdText, type RandomSource } from '../platform/random.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'
import type { Clock } from '../ports/clock.ts'
import type { Places } from '../ports/places.ts'
import { beginGroup } from './ceremony-begin.ts'
import type { CeremonyRecord } from './ceremony-record.ts'
import { fingerprintIn, sheetName, type SheetMedia } from './ceremony-media.ts'
import { settleGroup, settleGroups } from './ceremony-settle.ts'
import { makeShares } from './ceremony-shares.ts'
import { halfMayStay, olderSheets, pageLeft, sweepHalves } from './ceremony-sheets.ts'
import {
  activeBody,
  besides,
  factsOf,
  newHolder,
  shareBody,
  sheetsLeft,
  trim,
  viewOf,
  withKey,
  type Holder,
  type OpenCeremony,
} from './ceremony-state.ts'
import type { EscrowRegister } from './register.ts'
import type { GroupKey } from './share-group.ts'
import { shareSheet, type ShareSheetFacts } from './share-sheet.ts'

export interface CeremonyParts {
  record: CeremonyRecord
  register(): EscrowRegister
  places: Places
  clock: Clock
  random: RandomSource
  makeKey(): Promise<GroupKey>
  media: SheetMedia
  /** A page with this sheet as PDF, made where the window can't look. `print-failed`. */
  printSheet(facts: ShareSheetFacts, sheet: SecretBytes): Promise<SecretBytes>
  /** Fingerprint of the key in the keyring that countersigns the record, which names each signer of packages. */
  recordKey(): Promise<string>
  rehearsal: boolean
}

/**
 * The one ceremony of this program, as states in memory: restart-only. What it made is nowhere but here until it is on
 * the holders’ media, so that whatever ends it in the middle makes it void, by the record and by the register.
 */
export interface Ceremonies {
  /** `ceremony-plan`, `ceremony-open`, `ceremony-self-check`, errors of the register. */
  begin(plan: CeremonyPlan): Promise<CeremonyView>
  /** The present one, or the last one of this start; null: none. */
  state(): CeremonyView | null
  /** The holder whose turn it is left the hand-over page. `ceremony-not-open`, `ceremony-order`. */
  take(group: ShareGroupId, number: number): CeremonyView
  /** Writes the sheet into the folder, as a file or as a page to print. Also `ceremony-same-folder`, errors of local files. */
  write(group: ShareGroupId, number: number, place: PlaceId): Promise<CeremonyView>
  /** Reads the file again from where it was written. A share that is not the same is the state `failed`, not an error. */
  readBack(group: ShareGroupId, number: number): Promise<CeremonyView>
  /** The words as they were typed from paper. `share-word-unknown` and the like change nothing: they can be mended. */
  typed(group: ShareGroupId, number: number, words: SecretBytes): Promise<CeremonyView>
  /** Makes an open ceremony void: secrets are wiped and the record says so before this returns. Without one it does nothing. */
  breakOff(because: VoidReason, reason?: string): void
  /** What is still being written to the register after `breakOff`. Never throws. */
  settled(): Promise<void>
  /** At the start: what an earlier program left open is void, and said so; `state` shows it. */
  settle(): Promise<void>
}

export const createCeremonies = (parts: CeremonyParts): Ceremonies => {
  const { record, places, clock, media } = parts
  let open: OpenCeremony | null = null
  let beginning = false
  /** Why the present beginning is not wanted any more. */
  let broken: VoidReason | null = null
  const whyBroken = (): VoidReason | null => broken
  let last: CeremonyView | null = null
  let work: Promise<void> = Promise.resolve()

  const now = (): string => clock.now().toISOString()
  const later = (change: () => Promise<void>): void => {
    work = work.then(change).catch(() => undefined)
  }

  const holderOf = (group: ShareGroupId, number: number): { ceremony: OpenCeremony; holder: Holder } => {
    if (open === null || open.group !== group) throw new KeyturnError('ceremony-not-open')
    if (open.busy) throw outOfOrder('the step before is not over')
    const holder = open.holders[number - 1]
    if (holder === undefined || open.turn.number !== number) throw outOfOrder('it is another holder’s turn')
    return { ceremony: open, holder }
  }
  const presentOf = (group: ShareGroupId, number: number) => {
    const found = holderOf(group, number)
    if (!found.ceremony.turn.here) throw outOfOrder('the holder has not left the hand-over page')
    return found
  }
  /** Nothing else is done meanwhile; a ceremony that is broken off meanwhile stays so. */
  const alone = async (ceremony: OpenCeremony, act: () => Promise<void>): Promise<CeremonyView> => {
    ceremony.busy = true
    try {
      await act()
    } finally {
      ceremony.busy = false
    }
    assertStill(ceremony)
    return state() ?? viewOf(ceremony)
  }
  const assertStill = (ceremony: OpenCeremony): void => {
    if (open !== ceremony && last?.group !== ceremony.group) throw new KeyturnError('ceremony-not-open')
    if (open !== ceremony && last?.state === 'void') throw new KeyturnError('ceremony-not-open')
  }
  const state = (): CeremonyView | null => (open === null ? last : viewOf(open))

  const say = (
    ceremony: OpenCeremony,
    holder: Holder,
    what: RecordBody<'ceremony-share'>['what'],
    where: string | null,
    problem: Problem | null = null,
  ): void => {
    const outcome = what === 'failed' ? 'failed' : 'done'
    record.append({
      kind: 'ceremony-share',
      outcome,
      body: { ...shareBody(ceremony, holder), what, where, problem },
    })
  }
  const memberStates = (
    ceremony: OpenCeremony,
    change: (member: GroupMember) => GroupMember,
  ): Promise<void> =>
    parts
      .register()
      .changeGroup(ceremony.group, (group) => ({ ...group, members: group.members.map(change) }))

  const begin = async (plan: CeremonyPlan): Promise<CeremonyView> => {
    const trimmed = trim(plan)
    const problems = planProblems(trimmed)
    const [first] = problems
    if (first !== undefined)
      throw new KeyturnError('ceremony-plan', { what: first.message }, { fields: problems })
    if (open !== null || beginning)
      throw new KeyturnError('ceremony-open', { group: open?.plan.name ?? trimmed.name })
    beginning = true
    broken = null
    const register = parts.register()
    const group = asShareGroupId(`sg-${newIdText(parts.random)}`)
    const began = now()
    try {
      const replaced = trimmed.replaces === null ? null : register.group(trimmed.replaces)
      if (replaced !== null && replaced.state !== 'active')
        throw new KeyturnError('ceremony-plan', { what: 'the group to be replaced is not active' })
      await beginGroup({ record, register }, group, trimmed, began)
      try {
        const made = await makeShares(
          { threshold: trimmed.threshold, members: trimmed.holders.length },
          parts,
        )
        if (whyBroken() !== null) {
          for (const share of made.shares) share.wipe()
          throw new KeyturnError('ceremony-not-open')
        }
        const ceremony: OpenCeremony = {
          group,
          plan: trimmed,
          replaces: replaced && { id: replaced.id, name: replaced.name },
          began,
          made,
          holders: trimmed.holders.map((holder, index) => newHolder(holder, index, made.fingerprints)),
          turn: { number: 1, here: false },
          busy: false,
        }
        open = ceremony
        await register.changeGroup(group, (facts) => withKey(facts, made), {
          spki: made.spki,
          sealedPrivateKey: made.sealedPrivateKey,
        })
      } catch (thrown) {
        if (open?.group === group) breakOff('failed', problemOf(thrown).title)
        else if (last?.group !== group)
          sayVoid(
            group,
            trimmed.name,
            whyBroken() ?? 'failed',
            whyBroken() === null ? problemOf(thrown).title : '',
            [],
          )
        throw thrown
      }
      const view = state()
      if (view?.group !== group || view.state !== 'open') throw new KeyturnError('ceremony-not-open')
      return view
    } finally {
      beginning = false
    }
  }

  const write = (group: ShareGroupId, number: number, place: PlaceId): Promise<CeremonyView> => {
    const { ceremony, holder } = presentOf(group, number)
    if (holder.state !== 'waiting' && holder.state !== 'failed')
      throw outOfOrder('this share is written and waits to be read back')
    const folder = places.folderOf(place)
    if (
      ceremony.holders.some(
        (other) => other !== holder && other.medium === 'file' && other.sheet?.folder === folder,
      )
    )
      throw new KeyturnError('ceremony-same-folder')
    return alone(ceremony, async () => {
      await sweepHalves(media, holder)
      if (holder.where !== null) holder.older.push(...(await olderSheets(media, holder)))
      holder.attempt += 1
      const { medium, attempt } = holder
      const members = ceremony.holders.length
      const sheet = { folder, name: sheetName(group, { number, members, medium, attempt }, parts.rehearsal) }
      const where = `${places.label(place)}: ${sheet.name}`
      const recordKey = await parts.recordKey()
      await memberStates(ceremony, (member) =>
        member.number === number ? { ...member, state: 'handed-out' } : member,
      )
      assertStill(ceremony)
      const facts: ShareSheetFacts = { ...factsOf(ceremony, holder), recordKey, rehearsal: parts.rehearsal }
      say(ceremony, holder, 'to-be-written', where)
      Object.assign(holder, { sheet, where, problem: null })
      halfMayStay(holder, sheet, where)
      const share = ceremony.made.shares[number - 1]
      if (share === undefined) throw new KeyturnError('internal')
      try {
        using text = shareSheet(facts, share)
        if (medium === 'file') await media.write(sheet, text)
        else {
          using page = await parts.printSheet(facts, text)
          assertStill(ceremony)
          await media.write(sheet, page)
        }
      } catch (thrown) {
        failed(ceremony, holder, thrown)
        throw thrown
      } finally {
        await sweepHalves(media, holder)
      }
      assertStill(ceremony)
      holder.state = 'written'
      say(ceremony, holder, 'written', where)
    })
  }

  const readBack = (group: ShareGroupId, number: number): Promise<CeremonyView> => {
    const { ceremony, holder } = presentOf(group, number)
    const { sheet } = holder
    if (sheet === null || (holder.state !== 'written' && holder.state !== 'failed'))
      throw outOfOrder('this share was not written yet')
    if (holder.medium !== 'file') throw outOfOrder('a share on paper is read back by typing its words')
    return alone(ceremony, async () => {
      let found: string
      try {
        found = await fingerprintIn(media, sheet)
      } catch (thrown) {
        return failed(ceremony, holder, thrown)
      }
      assertStill(ceremony)
      await compared(ceremony, holder, found)
    })
  }

  const typed = (group: ShareGroupId, number: number, words: SecretBytes): Promise<CeremonyView> => {
    const { ceremony, holder } = presentOf(group, number)
    if (holder.medium !== 'paper') throw outOfOrder('a share in a file is read back from its medium')
    if (holder.state !== 'written' && holder.state !== 'failed')
      throw outOfOrder('this share was not written yet')
    const found = fingerprintOf(words)
    return alone(ceremony, () => compared(ceremony, holder, found))
  }

  const compared = async (ceremony: OpenCeremony, holder: Holder, found: string): Promise<void> => {
    const { number, name, medium } = holder
    if (found !== ceremony.made.fingerprints[number - 1])
      return failed(ceremony, holder, new KeyturnError('share-read-other', { holder: name }))
    if (medium === 'paper') holder.older.push(...(await pageLeft(media, holder)))
    // Looked at anew: a medium that was pulled after it was written can show again what had been removed.
    else if (holder.sheet !== null && holder.where !== null) halfMayStay(holder, holder.sheet, holder.where)
    const swept = number < ceremony.holders.length ? [holder] : ceremony.holders
    for (const one of swept) await sweepHalves(media, one)
    assertStill(ceremony)
    say(ceremony, holder, 'read-back', medium === 'file' ? holder.where : null)
    Object.assign(holder, { state: 'read-back', readBackAt: now(), problem: null })
    ceremony.made.shares[number - 1]?.wipe()
    if (number < ceremony.holders.length) {
      ceremony.turn = { number: number + 1, here: false }
      await memberStates(ceremony, (member) =>
        member.number === number ? { ...member, state: 'read-back' } : member,
      )
    } else await activate(ceremony)
  }

  const failed = (ceremony: OpenCeremony, holder: Holder, thrown: unknown): void => {
    if (open !== ceremony) return
    const problem = problemOf(thrown)
    Object.assign(holder, { state: 'failed', problem })
    say(ceremony, holder, 'failed', holder.where, problem)
  }

  /** The entry is the instant: killed right after it, the next start completes the register from it. */
  const activate = async (ceremony: OpenCeremony): Promise<void> => {
    const { group } = ceremony
    const toDestroy = ceremony.holders.flatMap(besides)
    record.append({
      kind: 'ceremony-active',
      outcome: 'done',
      body: { ...activeBody(ceremony), toDestroy },
    })
    wipe(ceremony)
    open = null
    last = { ...viewOf(ceremony), state: 'active', turn: null, ended: now(), toDestroy }
    await settleGroup(parts, group)
  }

  const breakOff = (because: VoidReason, reason = ''): void => {
    broken = because
    if (open === null) return
    const ceremony = open
    open = null
    wipe(ceremony)
    const toDestroy = ceremony.holders.flatMap(sheetsLeft)
    last = {
      ...viewOf(ceremony),
      holders: viewOf(ceremony).holders.map((one) => ({ ...one, state: 'void' })),
      state: 'void',
      turn: null,
      ended: now(),
      because,
      toDestroy,
    }
    sayVoid(ceremony.group, ceremony.plan.name, because, reason, toDestroy)
    // Not waited for: a medium that does not answer must not hold up a lock. The list names them in any case.
    for (const holder of ceremony.holders) void sweepHalves(media, holder)
  }

  const sayVoid = (
    group: ShareGroupId,
    name: string,
    because: VoidReason,
    reason: string,
    toDestroy: SheetToDestroy[],
  ): void => {
    const body = { group, name, because, reason, toDestroy }
    try {
      record.append({ kind: 'ceremony-void', outcome: 'failed', body })
    } catch {
      // Neither a lock nor an end may fail for this: the register still says “in ceremony”, and the next start says it.
      return
    }
    later(() => settleGroup(parts, group))
  }

  return {
    begin,
    state,
    take: (group, number) => {
      const { ceremony } = holderOf(group, number)
      if (ceremony.turn.here) throw outOfOrder('the hand-over page was left before')
      ceremony.turn = { number, here: true }
      return viewOf(ceremony)
    },
    write: async (...given) => write(...given),
    readBack: async (...given) => readBack(...given),
    typed: async (...given) => typed(...given),
    breakOff,
    settled: () => work,
    settle: async () => {
      last = (await settleGroups({ ...parts, now })).at(-1) ?? last
    },
  }
}

const outOfOrder = (what: string): KeyturnError => new KeyturnError('ceremony-order', { what })

/** The checksum first: a typing mistake is told apart from another share. */
const fingerprintOf = (words: SecretBytes): string => {
  readShare(words)
  return shareFingerprint(words)
}

const wipe = ({ made }: OpenCeremony): void => {
  for (const share of made.shares) share.wipe()
}
