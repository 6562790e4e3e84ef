// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from '@testing-library/react'
import { beforeEach, expect, it } from 'vitest'
import { useApp } from '../../../renderer/app/state/app-state.ts'
import EscrowPage from '../../../renderer/escrow/EscrowPage.tsx'
import type { ConnectionView } from '../../../shared/ipc/schemas.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { asTargetId } from '../../../shared/model/ids.ts'
import { createFakeBridge } from './fake-bridge.ts'
import { fakeEscrow } from './fakes/escrow.ts'
import { connection, unlocked } from './fakes/state.ts'
import { show } from './window-setup.tsx'

const azureView: ConnectionView = {
  ...connection,
  connection: {
    id: asTargetId('t-azure'),
    kind: 'azure',
    name: 'Contoso',
    environment: 'production',
    cloud: 'public',
    tenantId: '6f1a3c52-0d7e-4b7b-9c58-2f4e8a61d001',
    subscriptionId: '3d0b7e94-5a11-4c8e-8a6b-71c2f90e1001',
    signIn: { kind: 'device-code', clientId: null },
    identity: null,
  },
}
const press = (name: string | RegExp): void => void fireEvent.click(screen.getByRole('button', { name }))

beforeEach(() => useApp.setState({ app: unlocked, problem: null }))

it('lists packages of a container, verifies one there, and copies it into a folder', async () => {
  const bridge = createFakeBridge()
  const asked: object[] = []
  bridge.handle('connections.list', () => [azureView])
  bridge.handle('places.pick', () => ({ place: { id: 'p-1', label: '/media/one' }, picker: null }))
  const answers = fakeEscrow()
  bridge.handle('escrow.verifyAt', (request) => {
    asked.push(request)
    return answers['escrow.verifyAt'](request as never)
  })
  bridge.handle('escrow.fetchPackage', (request) => {
    asked.push(request)
    return answers['escrow.fetchPackage'](request as never)
  })
  show(bridge, <EscrowPage part="verify" about={null} />)
  await screen.findByRole('radio', { name: /^Contoso/ })
  press('List its packages')
  await screen.findByText(/The address of the container is empty/)
  const container = 'https://account.blob.core.windows.net/escrow'
  fireEvent.change(screen.getByLabelText('Address of the container'), { target: { value: container } })
  press('List its packages')
  await screen.findByRole('radio', { name: 'ep-aaaaaaaaaaaa' })
  press('Verify it there')
  await screen.findByText(/manifest and signature fit together/)
  press(/^Copy it to a folder/)
  await waitFor(() => expect(asked).toHaveLength(2))
  const wanted = { azure: azureView.connection.id, container, package: 'ep-aaaaaaaaaaaa' }
  expect(asked).toEqual([wanted, { ...wanted, place: 'p-1' }])
})

it('tells of what was tried last, and of nothing before it', async () => {
  const bridge = createFakeBridge()
  bridge.handle('connections.list', () => [azureView])
  bridge.handle('places.pick', () => ({ place: { id: 'p-1', label: '/media/one' }, picker: null }))
  bridge.refuse('escrow.verifyPackage', new KeyturnError('package-not-read', { place: 'one' }).problem)
  bridge.refuse('escrow.verifyAt', new KeyturnError('package-not-read', { place: 'two' }).problem)
  show(bridge, <EscrowPage part="verify" about={null} />)
  press('Choose folder and verify')
  await screen.findByText(/one/, { selector: '[role=alert] *' })
  const container = 'https://account.blob.core.windows.net/escrow'
  fireEvent.change(screen.getByLabelText('Address of the container'), { target: { value: container } })
  press('List its packages')
  await screen.findByRole('radio', { name: 'ep-aaaaaaaaaaaa' })
  expect(screen.queryByRole('alert')).toBeNull()
  press('Verify it there')
  await screen.findByText(/two/, { selector: '[role=alert] *' })
  press(/^Copy it to a folder/)
  await screen.findByText(/manifest and signature fit together/)
  expect(screen.queryByRole('alert')).toBeNull()
})

it('without a subscription says how a container is reached all the same', async () => {
  const bridge = createFakeBridge()
  bridge.handle('connections.list', () => [])
  show(bridge, <EscrowPage part="verify" about={null} />)
  await screen.findByText(/No Azure subscription is connected/)
})
