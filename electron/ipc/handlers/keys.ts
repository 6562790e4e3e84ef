import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { KeyRow, PageReply } from '../../../shared/ipc/schemas.ts'
import type { Inventory } from '../../inventory/inventory.ts'
import type { Connections } from '../../profile/connections.ts'
import { refOf } from '../../profile/target-ref.ts'
import { pageOf, type Cells } from '../paging.ts'
import type { Handlers } from '../router.ts'

export const keyCells: Cells<KeyRow> = {
  name: ({ name }) => name,
  kind: ({ kind }) => kind,
  target: ({ target }) => target,
  state: ({ state }) => state,
  thumbprint: ({ thumbprint }) => thumbprint,
  algorithm: ({ algorithm }) => algorithm,
  expires: ({ expires }) => expires,
  lastExport: ({ lastExport }) => lastExport,
  changed: ({ changed }) => changed,
  protects: ({ protects }) => protects.join(', '),
  needs: ({ needs }) => needs.join(', '),
}

export const keysHandlers = ({
  inventory,
  connections,
}: {
  inventory: Inventory
  connections: Connections
}) =>
  ({
    'keys.page': async ({ page, read }): Promise<PageReply<KeyRow>> => {
      const targets = connections.list().map(refOf)
      if (read !== 'held') await inventory.read(targets, read === 'again')
      const sources = inventory.sources(targets)
      const times = sources.flatMap(({ readAt }) => (readAt === null ? [] : [readAt])).sort()
      return {
        ...pageOf(inventory.rows(targets), page, keyCells),
        asOf: times[0] ?? null,
        missing: sources.flatMap(({ source, readAt, notVisible, problem }) => [
          ...(problem ? [{ source, rowsFrom: readAt, problem }] : []),
          ...notVisible.map((what) => ({
            source: `${source}: ${what}`,
            rowsFrom: null,
            problem: new KeyturnError('sql-permission', {
              target: source,
              what,
              permission: 'VIEW DEFINITION or SELECT',
            }).problem,
          })),
        ]),
      }
    },
  }) satisfies Partial<Handlers>
