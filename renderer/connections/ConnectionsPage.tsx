import { useState } from 'react'
import { loadable } from '../app/loadable.tsx'
import { useRoute } from '../app/routes.ts'
import { AzureForm } from './azure/AzureForm.tsx'
import { NewVault } from './azure/NewVault.tsx'
import { HsmForm } from './hsm/HsmForm.tsx'
import { ConnectionForm } from './form/ConnectionForm.tsx'
import { ConnectionList } from './ConnectionList.tsx'
import { EditConnection } from './EditConnection.tsx'
import { TokenKeys } from './hsm/TokenKeys.tsx'
import { OneConnection } from './OneConnection.tsx'

/** A certificate that a test showed and a person wants to pin. Public data. */
export interface OfferedPin {
  connection: string
  sha256: string
}

const EkmDoctor = loadable(() => import('../doctor/EkmDoctor.tsx'))

/** The list, one connection, or its form: each with an address of its own. */
const ConnectionsPage = () => {
  const route = useRoute()
  const [pin, setPin] = useState<OfferedPin | null>(null)
  if (route.page !== 'connections' || route.connection === null) return <ConnectionList />
  const { connection: id, part } = route
  if (id === 'new-azure') return <AzureForm before={null} />
  if (id === 'new-vault') return <NewVault />
  if (id === 'new-hsm') return <HsmForm before={null} />
  if (id === 'new') return <ConnectionForm before={null} pin={null} />
  if (part === 'edit')
    return <EditConnection key={id} id={id} pin={pin?.connection === id ? pin.sha256 : null} />
  if (part === 'ekm') return <EkmDoctor key={id} id={id} />
  if (part === 'keys') return <TokenKeys key={id} id={id} />
  return <OneConnection key={id} id={id} testNow={part === 'test'} onPin={setPin} />
}
export default ConnectionsPage
