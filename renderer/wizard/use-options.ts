import type { FactOption, PickField } from '../../shared/forms/form.ts'
import { useAsk } from '../bridge/index.ts'
import type { ScreenFacts } from './use-facts.ts'

/** `targets`, `drillTargets`, `otherTargets`. Which of them fit is checked when the server can be read again. */
const ofConnections = /targets$/i

/**
 * Rows of a pick field; null: not read. Where the server did not answer, the connections are there all the same: another
 * server can be chosen.
 */
export const useOptions = ({ facts, problem }: ScreenFacts) => {
  const connections = useAsk('connections.list', facts === null && problem !== null ? {} : null)
  return (field: PickField): readonly FactOption[] | null => {
    if (facts !== null) return facts.options[field.from] ?? []
    if (!ofConnections.test(field.from) || connections.value === null) return null
    return connections.value.flatMap(({ connection }) => {
      const { id, name, environment, kind } = connection
      const about = { value: id, label: name, usable: true }
      switch (kind) {
        case 'sqlserver':
          return field.service === undefined
            ? [{ ...about, detail: `${environment}, ${connection.host}` }]
            : []
        case 'azure':
          return field.service === 'azure'
            ? [{ ...about, detail: `${environment}, ${connection.subscriptionId}` }]
            : []
        case 'keyvault':
          return []
        case 'hsm':
          return field.service === 'hsm'
            ? [{ ...about, detail: `${environment}, ${connection.label}, serial ${connection.serial}` }]
            : []
      }
    })
  }
}
