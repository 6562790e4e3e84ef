import type { ReactNode } from 'react'
import type { ConnectionView, SqlConnection } from '../../shared/ipc/schemas.ts'
import { FactTime } from '../ui/FactTime.tsx'
import { LongName } from '../ui/LongName.tsx'
import { Thumbprint, ThumbprintShort } from '../ui/Thumbprint.tsx'
import { azureFacts, vaultFacts } from './azure-facts.tsx'
import { hsmFacts } from './hsm-facts.tsx'
import { addressWords, clockWords, encryptionWords, signInWords } from './connection-words.ts'

const Identity = ({ identity, whole }: { identity: SqlConnection['identity']; whole: boolean }) => {
  if (identity === null) return <>not kept yet; the first use of the connection keeps it</>
  const print = identity.certificateSha256
  return (
    <>
      <LongName name={identity.serverName} /> on <LongName name={identity.machineName} />
      {print === null ? (
        ', no certificate (encryption is off)'
      ) : (
        <>
          , certificate{' '}
          {whole ? <Thumbprint value={print} label="SHA-256" /> : <ThumbprintShort value={print} />}
        </>
      )}
    </>
  )
}

type Fact = readonly [string, ReactNode]

/** What is known of a target, each with the time it was read. `whole`: its own page, where nothing is shortened. */
export const connectionFacts = (view: ConnectionView, whole = false): readonly Fact[] => {
  const { connection } = view
  if (connection.kind === 'azure') return azureFacts(view, connection)
  if (connection.kind === 'keyvault') return vaultFacts(view, connection)
  if (connection.kind === 'hsm') return hsmFacts(view, connection, whole)
  return [
    ['Host', <LongName key="host" name={addressWords(connection)} />],
    [
      'Account',
      <LongName key="account" name={`${view.account} (${signInWords[connection.authentication.kind]})`} />,
    ],
    ['Encryption', encryptionWords(connection)],
    [
      'Last answered a test',
      view.lastRead === null ? 'not since Keyturn started' : <FactTime key="read" at={view.lastRead} />,
    ],
    ['Clock difference', clockWords(view.clockDifferenceSeconds)],
    ['Identity', <Identity key="identity" identity={connection.identity} whole={whole} />],
  ]
}
