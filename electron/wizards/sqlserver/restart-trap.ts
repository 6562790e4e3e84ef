import type { FormFacts } from '../../../shared/forms/form.ts'
import type { ServerFacts } from './facts-model.ts'

export interface RestartTrap {
  /** Databases that TDE encrypts under a certificate of master. */
  databases: readonly string[]
  /** Certificates of master that backups on record need. */
  certificates: readonly string[]
}

/**
 * The state that works until the next restart and then does not: master's key has no copy under the service master
 * key, while the server has to open certificates under it by itself. Null: it is not so, or it can't be told.
 */
export const restartTrap = ({
  masterKey,
  certificates,
}: Pick<ServerFacts, 'masterKey' | 'certificates'>): RestartTrap | null => {
  if (!masterKey.read || masterKey.value === null || masterKey.value.opensByItself) return null
  return neededByServer({ certificates })
}

/** What of this server stops when master's key does not open by itself; null: nothing that can be seen. */
export const neededByServer = ({ certificates }: Pick<ServerFacts, 'certificates'>): RestartTrap | null => {
  if (!certificates.read) return null
  const under = certificates.value.filter(({ privateKey }) => privateKey === 'MK')
  const databases = under.flatMap(({ protects }) => protects ?? [])
  const used = under.filter(({ backups }) => (backups ?? 0) > 0).map(({ name }) => name)
  return databases.length + used.length === 0 ? null : { databases, certificates: used }
}

export const trapText = ({ databases, certificates }: RestartTrap): string =>
  [
    databases.length === 0 ? '' : `TDE of ${databases.join(', ')}`,
    certificates.length === 0 ? '' : `backups with ${certificates.join(', ')}`,
  ]
    .filter((part) => part !== '')
    .join('; ')

/** The same as a line among the checks of a screen. Ok only where everything that could stop was seen. */
export const restartCheck = (
  facts: Pick<ServerFacts, 'masterKey' | 'certificates'>,
): FormFacts['checks'][number] => ({
  name: 'After a restart',
  ...answerOf(facts),
  at: facts.masterKey.at,
  field: null,
})

const answerOf = (
  facts: Pick<ServerFacts, 'masterKey' | 'certificates'>,
): Pick<FormFacts['checks'][number], 'state' | 'detail'> => {
  const { masterKey, certificates } = facts
  if (!masterKey.read) return { state: 'unknown', detail: masterKey.because }
  if (masterKey.value === null)
    return { state: 'ok', detail: 'master has no master key that could stay closed' }
  if (masterKey.value.opensByItself) {
    return { state: 'ok', detail: 'The server opens the master key of master by itself' }
  }
  const trap = restartTrap(facts)
  if (trap !== null) {
    return {
      state: 'failed',
      detail: `${trapText(trap)} works until the next restart: the master key of master has no copy under the service master key`,
    }
  }
  const closed = 'The server does not open the master key of master by itself'
  if (!certificates.read) return { state: 'unknown', detail: `${closed}; ${certificates.because}` }
  const unseen = certificates.value
    .filter(
      ({ privateKey, protects, backups }) => privateKey === 'MK' && (protects === null || backups === null),
    )
    .map(({ name }) => name)
  return unseen.length > 0
    ? { state: 'unknown', detail: `${closed}; not visible with this login: what needs ${unseen.join(', ')}` }
    : {
        state: 'ok',
        detail: `${closed}, and no database and no backup on record needs a certificate under it`,
      }
}
