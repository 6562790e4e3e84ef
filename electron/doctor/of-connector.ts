import type { EkmFacts, ProviderFact } from '../wizards/sqlserver/ekm-facts.ts'
import { isConnectorLibrary } from '../wizards/sqlserver/host-rules.ts'

/** Providers of other makers, with their keys and credentials, are none of this page's. */
export const isConnector = ({ dllPath: library }: Pick<ProviderFact, 'dllPath'>): boolean =>
  isConnectorLibrary(library)

/** One that is not shown stays: nothing says that it is another maker's. */
const isOthers = ({ providers }: Pick<EkmFacts, 'providers'>, provider: string | null): boolean =>
  providers.read && providers.value.some((one) => one.name === provider && !isConnector(one))

export const keysOf = (ekm: Pick<EkmFacts, 'keys' | 'providers'>): EkmFacts['keys'] =>
  ekm.keys.read
    ? { ...ekm.keys, value: ekm.keys.value.filter(({ provider }) => !isOthers(ekm, provider)) }
    : ekm.keys

/** Those for the connector: one for no provider is for something else. */
export const credentialsOf = (ekm: Pick<EkmFacts, 'credentials' | 'providers'>): EkmFacts['credentials'] =>
  ekm.credentials.read
    ? {
        ...ekm.credentials,
        value: ekm.credentials.value.filter(({ provider }) => provider !== null && !isOthers(ekm, provider)),
      }
    : ekm.credentials
