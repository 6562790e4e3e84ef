import type { GroupRow, PackageRow } from '../../../shared/ipc/schemas.ts'
import type { EscrowPackage, PackageDrill, ShareGroup } from '../../../shared/model/escrow.ts'
import type { EscrowRegister } from '../../escrow/register.ts'
import type { Cells } from '../paging.ts'

export const groupCells: Cells<GroupRow> = {
  name: ({ name }) => name,
  id: ({ id }) => id,
  state: ({ state }) => state,
  needed: ({ threshold, members }) => `${threshold} of ${members.length}`,
  holders: ({ members }) => members.map(({ name }) => name).join(', '),
  created: ({ created }) => created,
  packages: ({ packages }) => packages,
}

export const packageCells: Cells<PackageRow> = {
  id: ({ id }) => id,
  state: ({ state }) => state,
  group: ({ group }) => group.name,
  items: ({ items }) => items.join(', '),
  madeAt: ({ madeAt }) => madeAt,
  places: ({ places }) => places.map(({ label }) => label).join(', '),
  readBackAt: ({ readBackAt }) => readBackAt,
}

export const groupRows = (register: EscrowRegister): GroupRow[] => {
  const count = new Map<string, number>()
  for (const { group, replacedBy } of register.packages())
    if (replacedBy === null) count.set(group, (count.get(group) ?? 0) + 1)
  return register.groups().map((group) => ({ ...group, packages: count.get(group.id) ?? 0 }))
}

export const packageRows = (register: EscrowRegister): PackageRow[] => {
  const groups = new Map(register.groups().map((group) => [group.id, group]))
  const replaces = new Map(register.packages().map(({ id, replacedBy }) => [replacedBy, id]))
  return register.packages().map((one) => ({
    ...packageRow(one, groups.get(one.group), register.lastDrill(one.id)),
    replaces: replaces.get(one.id) ?? null,
  }))
}

const packageRow = (
  one: EscrowPackage,
  group: ShareGroup | undefined,
  drill: PackageDrill | null,
): Omit<PackageRow, 'replaces'> => {
  const readBack = one.storedAt.map(({ readBackAt }) => readBackAt).filter((at) => at !== null)
  const escrowed = one.storedAt.some(({ state }) => state === 'escrowed')
  const state = group?.state ?? 'void'
  return {
    id: one.id,
    madeAt: one.made.at,
    run: one.made.run,
    group: { id: one.group, name: group?.name ?? one.group, state },
    items: one.items.map(({ name }) => name),
    recipients: one.recipients.map(({ name }) => name),
    places: [...one.storedAt],
    state: one.replacedBy !== null ? 'replaced' : escrowed ? 'escrowed' : 'written',
    readBackAt: readBack.toSorted().at(-1) ?? null,
    manifestSha256: one.manifestSha256,
    replacedBy: one.replacedBy,
    lastDrill: drill && { at: drill.at, purpose: drill.purpose, openedBy: drill.openedBy },
    toWrapAnew: state === 'replaced' && one.replacedBy === null,
  }
}
