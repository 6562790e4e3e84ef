import type { ReactNode } from 'react'
import type { AzureConnection, ConnectionView, VaultConnection } from '../../shared/ipc/schemas.ts'
import { FactTime } from '../ui/FactTime.tsx'
import { LongName } from '../ui/LongName.tsx'
import { azureSignInWords, cloudWords } from './connection-words.ts'

type Fact = readonly [string, ReactNode]

const answered = ({ lastRead }: ConnectionView): Fact => [
  'Last answered a test',
  lastRead === null ? 'not since Keyturn started' : <FactTime key="read" at={lastRead} />,
]

const identified = (words: string | null): Fact => [
  'Identity',
  words === null ? (
    'not kept yet; the first use of the connection keeps it'
  ) : (
    <LongName key="identity" name={words} />
  ),
]

/** What is known of a subscription, each with the time it was read. */
export const azureFacts = (view: ConnectionView, connection: AzureConnection): readonly Fact[] => [
  ['Cloud', cloudWords[connection.cloud]],
  ['Subscription', <LongName key="subscription" name={connection.subscriptionId} />],
  ['Tenant', <LongName key="tenant" name={connection.tenantId} />],
  [
    'Account',
    <LongName key="account" name={`${view.account} (${azureSignInWords[connection.signIn.kind]})`} />,
  ],
  answered(view),
  identified(
    connection.identity === null
      ? null
      : `subscription ${connection.identity.subscriptionId} of tenant ${connection.identity.tenantId}`,
  ),
]

/** The same of a key vault or managed HSM. */
export const vaultFacts = (view: ConnectionView, connection: VaultConnection): readonly Fact[] => [
  ['Host', <LongName key="host" name={connection.host} />],
  ['Account', <LongName key="account" name={view.account} />],
  answered(view),
  identified(
    connection.identity === null
      ? null
      : (connection.identity.resourceId ??
          `${connection.identity.host} of tenant ${connection.identity.tenantId}`),
  ),
]
