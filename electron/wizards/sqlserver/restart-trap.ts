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

/** The same as a line among the checks of a screen. */
export const restartCheck = (
  facts: Pick<ServerFacts, 'masterKey' | 'certificates'>,
): FormFacts['checks'][number] => {
  const { masterKey } = facts
  const trap = restartTrap(facts)
  return {
    name: 'After a restart',
    state: !masterKey.read ? 'unknown' : trap === null ? 'ok' : 'failed',
    detail: !masterKey.read
      ? masterKey.because
      : trap === null
        ? 'Nothing was found that the server opens now and could not open after a restart'
        : `${trapText(trap)} works until the next restart: the master key of master has no copy under the service master key`,
    at: masterKey.at,
    field: null,
  }
}
