import { join } from 'node:path'
import { z } from 'zod'
import { KeyturnError } from '../../shared/errors/problem.ts'
import {
  escrowLimits,
  escrowPatterns,
  groupStates,
  memberStates,
  placeKinds,
  recipientKinds,
  shareMedia,
  type EscrowPackage,
  type PackageDrill,
  type GroupState,
  type PackagePlace,
  type ShareGroup,
} from '../../shared/model/escrow.ts'
import {
  asPackageId,
  asRunId,
  asShareGroupId,
  type PackageId,
  type ShareGroupId,
} from '../../shared/model/ids.ts'
import { openJsonFile, type JsonFile } from '../profile/json-file.ts'
import { itemFacts } from './package/manifest.ts'
import type { PackageGroup } from './package/write.ts'

export const registerName = 'escrow.json'

const text = (most: number) => z.string().min(1).max(most)
const time = z.iso.datetime()
const sha256 = z.string().regex(escrowPatterns.sha256)
const number = (most: number) => z.number().int().min(1).max(most)
const groupId = z.string().regex(escrowPatterns.group).transform(asShareGroupId)
const packageId = z.string().regex(escrowPatterns.package).transform(asPackageId)

const storedGroup = z.strictObject({
  facts: z.strictObject({
    id: groupId,
    name: text(escrowLimits.longestName),
    state: z.enum(groupStates),
    threshold: z.number().int().min(escrowLimits.leastThreshold).max(escrowLimits.mostMembers),
    members: z
      .array(
        z.strictObject({
          number: number(escrowLimits.mostMembers),
          name: text(escrowLimits.longestName),
          fingerprint: sha256.nullable(),
          medium: z.enum(shareMedia),
          state: z.enum(memberStates),
        }),
      )
      .min(escrowLimits.leastThreshold)
      .max(escrowLimits.mostMembers),
    identifier: z.number().int().min(0).max(32_767).nullable(),
    spkiSha256: sha256.nullable(),
    keyId: z.string().regex(escrowPatterns.keyId).nullable(),
    created: time,
    replacedBy: groupId.nullable(),
  }),
  /** Base64 of what packages carry of the group: null until the ceremony has made it. */
  key: z.strictObject({ spki: z.base64().max(2_000), sealedPrivateKey: z.base64().max(16_000) }).nullable(),
})

const storedPackage = z.strictObject({
  id: packageId,
  made: z.strictObject({ at: time, run: z.string().max(40).transform(asRunId) }),
  group: groupId,
  recipients: z
    .array(
      z.strictObject({
        number: number(escrowLimits.mostRecipients),
        kind: z.enum(recipientKinds),
        name: text(escrowLimits.longestName),
        certificateSha256: sha256,
        spkiSha256: sha256,
      }),
    )
    .max(escrowLimits.mostRecipients),
  items: z
    .array(itemFacts.extend({ number: number(escrowLimits.mostItems) }))
    .min(1)
    .max(escrowLimits.mostItems),
  storedAt: z
    .array(
      z.strictObject({
        kind: z.enum(placeKinds),
        label: text(escrowLimits.longestText),
        state: z.enum(['written', 'escrowed']),
        readBackAt: time.nullable(),
      }),
    )
    .max(escrowLimits.mostPlaces),
  manifestSha256: sha256,
  replacedBy: packageId.nullable(),
})

const file = z.strictObject({
  format: z.literal('keyturn-escrow-register'),
  version: z.literal(1),
  groups: z.array(storedGroup).max(escrowLimits.mostGroups),
  packages: z.array(storedPackage).max(escrowLimits.mostPackages),
  /** The last drill of each package. */
  drills: z
    .array(
      z.strictObject({
        package: packageId,
        at: time,
        run: z.string().max(40).transform(asRunId),
        purpose: z.enum(['drill', 'recovery']),
        openedBy: text(2_400),
        items: z
          .array(
            z.strictObject({ number: number(escrowLimits.mostItems), level: z.enum(['opened', 'restored']) }),
          )
          .max(escrowLimits.mostItems),
      }),
    )
    .max(escrowLimits.mostPackages)
    .default([]),
})
type Content = z.output<typeof file>

/** A group’s public and sealed halves, as they go into each package. */
export type GroupFiles = Omit<PackageGroup, 'facts'>

/**
 * What this profile knows of share groups and packages: public facts, so that lists and checks need no medium. Every
 * change is one atomic write; killed at any instant, the file holds the state before or after it. A change that does not
 * fit what is there is refused (`package-register-conflict`) and changes nothing.
 */
export interface EscrowRegister {
  groups(): readonly ShareGroup[]
  group(id: ShareGroupId): ShareGroup
  /** Of a group whose key was made; for who writes a package. */
  groupForPackages(id: ShareGroupId): PackageGroup
  packages(): readonly EscrowPackage[]
  package(id: PackageId): EscrowPackage
  addGroup(group: ShareGroup): Promise<void>
  /** States go on only as a ceremony does: in ceremony → active or void, active → replaced. A key that is there stays. */
  changeGroup(id: ShareGroupId, change: (group: ShareGroup) => ShareGroup, key?: GroupFiles): Promise<void>
  addPackage(made: EscrowPackage): Promise<void>
  /** `escrowed` needs the time of reading back. The same place again is an update of it; `escrowed` is never taken back. */
  storedAt(id: PackageId, place: PackagePlace): Promise<void>
  /** Where the same package is being taken away again: its last place takes the package with it, if none replaced it. */
  goneFrom(id: PackageId, place: Pick<PackagePlace, 'kind' | 'label'>): Promise<void>
  replacePackage(id: PackageId, by: PackageId): Promise<void>
  /** Takes that back. A package that another one replaced stays so. */
  keepPackage(id: PackageId, notBy: PackageId): Promise<void>
  /** In place of the one before of that package, which has to be listed. Again for the same run changes nothing more. */
  noteDrill(drill: PackageDrill): Promise<void>
  /** Null: none was held to its end. */
  lastDrill(id: PackageId): PackageDrill | null
}

/** Errors: `package-register-damaged`, `package-register-newer`, those of local files. The file is never replaced by them. */
export const openRegister = async (profileFolder: string): Promise<EscrowRegister> => {
  const stored = await openStored(join(profileFolder, registerName))
  const { content: first } = stored
  const wrong = contradictionIn(first)
  if (wrong !== null) throw new KeyturnError('package-register-damaged')
  const groupAt = (content: Content, id: ShareGroupId) =>
    found(
      content.groups.find((one) => one.facts.id === id),
      'This share group',
    )
  const packageAt = (content: Content, id: PackageId) =>
    found(
      content.packages.find((one) => one.id === id),
      'This package',
    )
  const update = (change: (content: Content) => Content): Promise<void> =>
    stored.update((content) => {
      const next = file.safeParse(change(content))
      if (!next.success) throw conflict('a field is empty or too long')
      const odd = contradictionIn(next.data)
      if (odd !== null) throw conflict(odd)
      return next.data
    })
  const updatePackage = (
    id: PackageId,
    change: (one: Content['packages'][number], all: Content) => Content['packages'][number],
  ): Promise<void> =>
    update((content) => {
      const old = packageAt(content, id)
      const next = change(old, content)
      return { ...content, packages: content.packages.map((one) => (one === old ? next : one)) }
    })
  return {
    groups: () => stored.content.groups.map(({ facts }) => facts),
    group: (id) => groupAt(stored.content, id).facts,
    groupForPackages: (id) => {
      const { facts, key } = groupAt(stored.content, id)
      if (key === null) throw conflict('the key of this group was not made')
      return {
        facts,
        spki: Buffer.from(key.spki, 'base64'),
        sealedPrivateKey: Buffer.from(key.sealedPrivateKey, 'base64'),
      }
    },
    packages: () => stored.content.packages,
    package: (id) => packageAt(stored.content, id),
    addGroup: (group) =>
      update((content) => ({
        ...content,
        groups: [...content.groups, { facts: mutable(group), key: null }],
      })),
    changeGroup: (id, change, key) =>
      update((content) => {
        const old = groupAt(content, id)
        const facts = mutable(change(old.facts))
        assertGoesOn(old.facts, facts)
        if (key !== undefined && old.key !== null) throw conflict('the key of this group is there')
        const next = { facts, key: key === undefined ? old.key : keyText(key) }
        return { ...content, groups: content.groups.map((one) => (one === old ? next : one)) }
      }),
    addPackage: (made) =>
      update((content) => ({ ...content, packages: [...content.packages, mutable(made)] })),
    storedAt: (id, place) =>
      updatePackage(id, (old) => {
        const same = (one: PackagePlace): boolean => one.kind === place.kind && one.label === place.label
        const before = old.storedAt.find(same)
        if (before?.state === 'escrowed' && place.state === 'written')
          throw conflict('this place was read back already')
        return { ...old, storedAt: [...old.storedAt.filter((one) => !same(one)), place] }
      }),
    replacePackage: (id, by) =>
      updatePackage(id, (old, content) => {
        packageAt(content, by)
        if (old.replacedBy !== null && old.replacedBy !== by) throw conflict('another package replaced it')
        return { ...old, replacedBy: by }
      }),
    goneFrom: (id, { kind, label }) =>
      update((content) => {
        const old = packageAt(content, id)
        if (old.replacedBy !== null) throw conflict('another package replaced this one')
        const storedAt = old.storedAt.filter((one) => one.kind !== kind || one.label !== label)
        if (storedAt.length > 0)
          return {
            ...content,
            packages: content.packages.map((one) => (one === old ? { ...old, storedAt } : one)),
          }
        return {
          ...content,
          packages: content.packages.filter((one) => one !== old),
          drills: content.drills.filter((one) => one.package !== id),
        }
      }),
    keepPackage: (id, notBy) =>
      updatePackage(id, (old) => (old.replacedBy === notBy ? { ...old, replacedBy: null } : old)),
    noteDrill: (drill) =>
      update((content) => {
        packageAt(content, drill.package)
        const others = content.drills.filter((one) => one.package !== drill.package)
        return { ...content, drills: [...others, mutable(drill)] }
      }),
    lastDrill: (id) => stored.content.drills.find((one) => one.package === id) ?? null,
  }
}

const empty: Content = { format: 'keyturn-escrow-register', version: 1, groups: [], packages: [], drills: [] }

/** Before the strict schema, so that a file of a later version is not called damaged. */
const anyVersion = z.unknown().transform((value, context) => {
  const newer = z
    .object({ format: z.literal(empty.format), version: z.number().int().min(2) })
    .safeParse(value)
  if (newer.success) throw new KeyturnError('package-register-newer')
  const parsed = file.safeParse(value)
  if (parsed.success) return parsed.data
  context.addIssue('not a register')
  return z.NEVER
})

const openStored = async (path: string): Promise<JsonFile<Content>> => {
  try {
    return await openJsonFile<Content>(path, anyVersion, empty)
  } catch (error) {
    if (!(error instanceof KeyturnError) || error.code !== 'file-damaged') throw error
    if (error.cause instanceof KeyturnError) throw error.cause
    throw new KeyturnError('package-register-damaged')
  }
}

const goesOn: Readonly<Record<GroupState, readonly GroupState[]>> = {
  'in-ceremony': ['in-ceremony', 'active', 'void'],
  active: ['active', 'replaced'],
  replaced: ['replaced'],
  void: ['void'],
}

const assertGoesOn = (old: ShareGroup, next: ShareGroup): void => {
  if (next.id !== old.id) throw conflict('a group keeps its id')
  if (!goesOn[old.state].includes(next.state))
    throw conflict(`a group that is ${old.state} does not become ${next.state}`)
  if (old.spkiSha256 !== null && next.spkiSha256 !== old.spkiSha256) throw conflict('a group keeps its key')
}

const contradictionIn = ({ groups, packages }: Content): string | null => {
  const groupIds = new Set(groups.map(({ facts }) => facts.id))
  const packageIds = new Set(packages.map(({ id }) => id))
  if (groupIds.size !== groups.length || packageIds.size !== packages.length)
    return 'this id is there already'
  for (const { facts, key } of groups) {
    const { state, spkiSha256, members, threshold, replacedBy } = facts
    const made = spkiSha256 !== null && facts.keyId === spkiSha256.slice(0, 16) && key !== null
    if (threshold > members.length) return 'a group needs more shares than it has'
    if ((state === 'active' || state === 'replaced') && (!made || facts.identifier === null))
      return 'a group is active before its key was made'
    if ((state === 'replaced') !== (replacedBy !== null)) return 'a group is replaced by none'
    if (replacedBy !== null && !groupIds.has(replacedBy))
      return 'a group is replaced by one that is not there'
  }
  for (const { group, storedAt, replacedBy } of packages) {
    if (!groupIds.has(group)) return 'a package belongs to no group'
    if (replacedBy !== null && !packageIds.has(replacedBy))
      return 'a package is replaced by one that is not there'
    if (storedAt.some((place) => place.state === 'escrowed' && place.readBackAt === null))
      return 'a place is escrowed before it was read back'
  }
  return null
}

const keyText = ({ spki, sealedPrivateKey }: GroupFiles) => ({
  spki: Buffer.from(spki).toString('base64'),
  sealedPrivateKey: Buffer.from(sealedPrivateKey).toString('base64'),
})

/** The model's lists are read only; what is stored is a copy of its own. */
const mutable = <Value>(value: Value): Mutable<Value> => structuredClone(value) as Mutable<Value>
type Mutable<Value> = Value extends string | number | boolean | null
  ? Value
  : { -readonly [Key in keyof Value]: Mutable<Value[Key]> }

const found = <One>(one: One | undefined, what: string): One => {
  if (one === undefined) throw new KeyturnError('not-found', { what })
  return one
}

const conflict = (what: string): KeyturnError => new KeyturnError('package-register-conflict', { what })
