import type { ReactNode } from 'react'
import type { ConnectionView, HsmConnection } from '../../shared/ipc/schemas.ts'
import { FactTime } from '../ui/FactTime.tsx'
import { LongName } from '../ui/LongName.tsx'
import { PathText } from '../ui/PathText.tsx'
import { Thumbprint, ThumbprintShort } from '../ui/Thumbprint.tsx'

type Fact = readonly [string, ReactNode]

/** What is known of a token. `whole`: its own page, where nothing is shortened. */
export const hsmFacts = (
  view: ConnectionView,
  connection: HsmConnection,
  whole: boolean,
): readonly Fact[] => {
  const { module, label, serial, identity } = connection
  const hash = module.sha256.toUpperCase()
  return [
    ['Token', <LongName key="token" name={`${label}, serial ${serial}`} />],
    ['Module', <PathText key="module" path={module.path} />],
    [
      'Module’s SHA-256',
      whole ? (
        <Thumbprint key="hash" value={hash} label="SHA-256" />
      ) : (
        <ThumbprintShort key="hash" value={hash} />
      ),
    ],
    ['Module’s owner', module.owner ?? 'not known on this system'],
    ['Account', view.account],
    [
      'Last answered a test',
      view.lastRead === null ? 'not since Keyturn started' : <FactTime key="read" at={view.lastRead} />,
    ],
    [
      'Identity',
      identity === null
        ? 'not kept yet; the first use of the connection keeps it'
        : `${identity.manufacturer} ${identity.model}, serial ${identity.serial}`,
    ],
  ]
}
