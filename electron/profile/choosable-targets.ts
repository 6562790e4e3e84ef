import type { FactOption } from '../../shared/forms/form.ts'
import type { Connections } from './connections.ts'

/** What a form lists where it asks for a target. Whether one answers shows when its facts are read. */

export const serverOptions = (connections: Pick<Connections, 'sqlServers'>): FactOption[] =>
  connections.sqlServers().map(({ id, name, environment, host }) => ({
    value: id,
    label: name,
    detail: `${environment}, ${host}`,
    usable: true,
  }))

export const vaultOptions = (connections: Pick<Connections, 'list'>): FactOption[] =>
  connections
    .list()
    .flatMap((one) =>
      one.kind === 'keyvault'
        ? [{ value: one.id, label: one.name, detail: `${one.environment}, ${one.host}`, usable: true }]
        : [],
    )

export const tokenOptions = (connections: Pick<Connections, 'list'>): FactOption[] =>
  connections.list().flatMap((one) =>
    one.kind === 'hsm'
      ? [
          {
            value: one.id,
            label: one.name,
            detail: `${one.environment}, ${one.label}, serial ${one.serial}`,
            usable: true,
          },
        ]
      : [],
  )

export const subscriptionOptions = (connections: Pick<Connections, 'list'>): FactOption[] =>
  connections.list().flatMap((one) =>
    one.kind === 'azure'
      ? [
          {
            value: one.id,
            label: one.name,
            detail: `${one.environment}, ${one.subscriptionId}`,
            usable: true,
          },
        ]
      : [],
  )
