import { keyText } from '../azure/words.ts'
import { placeText } from '../azure/key-uri.ts'
import { needLines, neededByText, type NeedLine } from '../sqlserver/key-needs.ts'
import type { Replica } from '../sqlserver/read-replicas.ts'
import { whySilent } from '../sqlserver/tde-facts.ts'
import type { Facts } from './facts-model.ts'
import { usersOf, type OldKey, type PlanContext } from './plan-context.ts'

/** *Still needed by*, for each old version that the chosen databases leave. Pure. */
export interface StillNeeded {
  old: OldKey
  lines: readonly NeedLine[]
  /** One sentence with the names; what was not read is in it. */
  text: string
}

export const stillNeeded = (ctx: PlanContext): StillNeeded[] =>
  ctx.old.map((old) => {
    const lines = linesOf(ctx, old)
    const unread = lines.filter(({ read }) => !read)
    return {
      old,
      lines,
      text: [
        neededByText(lines) ?? 'nothing was found',
        ...(unread.length === 0
          ? []
          : [
              `not read: ${unread.map(({ what }) => `${what.slice(0, 1).toLowerCase()}${what.slice(1)}`).join('; ')}`,
            ]),
      ].join('. '),
    }
  })

/** The chosen databases leave it with their live keys, not with their logs and backups. */
const linesOf = (ctx: PlanContext, old: OldKey): NeedLine[] => {
  const { key, databases } = old
  const { needs } = ctx.facts
  const left = needs.databases.read
    ? {
        ...needs.databases,
        value: needs.databases.value.filter(({ name }) => !databases.includes(name)),
      }
    : needs.databases
  return [
    ...needLines({ ...needs, databases: left }, { thumbprint: key.thumbprint, databases: usersOf(ctx, old) }),
    ...ctx.facts.replicasAsked.map((replica) => replicaLine(ctx.facts, replica, key.thumbprint, databases)),
  ]
}

const replicaLine = (
  { replicaKeys }: Facts,
  replica: Replica,
  thumbprint: string,
  moved: readonly string[],
): NeedLine => {
  const what = `Replica ${replica.name}`
  if (replica.asked !== 'answered') {
    const found = whySilent(replica)
    return { what, read: false, found, names: [], said: '', source: 'Keyturn', at: replica.at }
  }
  const read = replicaKeys[replica.facts.target.id]?.databases
  if (read?.read !== true) {
    const because = read?.because ?? 'not read'
    const { readAt } = replica.facts
    return { what, read: false, found: because, names: [], said: '', source: replica.name, at: readAt }
  }
  const { source, at, value } = read
  const names = value
    .filter((one) => one.key?.thumbprint === thumbprint && !moved.includes(one.name))
    .map(({ name }) => name)
  return {
    what,
    read: true,
    found: names.length === 0 ? '0 other databases under it' : names.join(', '),
    names,
    said: `on ${replica.name} the keys of`,
    source,
    at,
  }
}

/** How a person tells an old version: by vault key and version, else by the key's name on the server. */
export const oldName = ({ key, place }: OldKey): string =>
  place === null ? `the vault key behind ${key.name}` : placeText(place)

/** Each version of the vault key with its state and dates, oldest first. */
export const versionsText = ({ facts, draft }: PlanContext): string => {
  const read = draft.to === 'other-key' ? facts.azure?.other : facts.azure?.old
  if (read?.read !== true) return read?.because ?? 'not asked'
  return (
    read.value.versions
      .map(
        (one) =>
          `${one.version ?? '(no version)'} of ${one.created?.slice(0, 10) ?? 'no date'}: ${keyText(one)}`,
      )
      .join('; ') || 'no such key'
  )
}
