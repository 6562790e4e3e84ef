// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import { beforeEach, expect, it } from 'vitest'
import { replaceHash } from '../../../renderer/app/routes.ts'
import { useApp } from '../../../renderer/app/state/app-state.ts'
import { SignInCodes } from '../../../renderer/app/frame/SignInCodes.tsx'
import ConnectionsPage from '../../../renderer/connections/ConnectionsPage.tsx'
import type { ConnectionView } from '../../../shared/ipc/schemas.ts'
import { asHandleId, asTargetId } from '../../../shared/model/ids.ts'
import { createFakeBridge, type FakeBridge } from './fake-bridge.ts'
import { connection, unlocked } from './fakes/state.ts'
import { show } from './window-setup.tsx'

const canary = 'Azure~canary-8Q~value'
const tenantId = '6f1a3c52-0d7e-4b7b-9c58-2f4e8a61d001'
const subscriptionId = '3d0b7e94-5a11-4c8e-8a6b-71c2f90e1001'
const clientId = 'a1c2b6f0-7f43-4a52-9b0d-4e1f0c5d2001'

const azure: ConnectionView = {
  ...connection,
  connection: {
    id: asTargetId('t-azure'),
    kind: 'azure',
    name: 'contoso',
    environment: 'production',
    cloud: 'public',
    tenantId,
    subscriptionId,
    signIn: { kind: 'client-secret', clientId, secret: asHandleId('h-1') },
    identity: null,
  },
  account: clientId,
}

const open = async (hash: string, bridge: FakeBridge, button: string) => {
  replaceHash(hash)
  show(bridge, <ConnectionsPage />)
  await screen.findByRole('button', { name: button })
}
const type = (label: string, value: string) => {
  act(
    () =>
      void fireEvent.input(screen.getByLabelText(label, { selector: 'input:not([type=radio])' }), {
        target: { value },
      }),
  )
}
const press = (name: string) => act(() => void fireEvent.click(screen.getByRole('button', { name })))
const saves = (bridge: FakeBridge) => bridge.calls.filter(({ name }) => name === 'connections.save')

beforeEach(() => useApp.setState({ app: unlocked, problem: null }))

it('a subscription is saved without its secret, which is then kept for it, and saved again with the handle', async () => {
  const bridge = createFakeBridge()
  await open('#/connections/new-azure', bridge, 'Save connection')
  type('Name', 'contoso')
  type('Tenant id', tenantId)
  type('Subscription id', subscriptionId)
  type('Client id', clientId)
  type('Client secret', canary)
  press('Save connection')
  await waitFor(() => expect(window.location.hash).toBe('#/connections/t-new'))
  const [first, second] = saves(bridge).map(({ request }) => request as { connection: object })
  expect(first).toMatchObject({ id: null, connection: { kind: 'azure', signIn: { clientId, secret: null } } })
  expect(second?.connection).toMatchObject({ signIn: { kind: 'client-secret', secret: expect.any(String) } })
  expect(bridge.calls.find(({ name }) => name === 'secrets.keep')?.request).toMatchObject({
    purpose: 'entra.client-secret',
    target: 't-new',
  })
  expect(JSON.stringify(saves(bridge))).not.toContain(canary)
  expect(document.body.innerHTML).not.toContain(canary)
})

it('what needs a change is named at its field and in the summary; nothing is sent', async () => {
  const bridge = createFakeBridge()
  await open('#/connections/new-azure', bridge, 'Save connection')
  type('Name', 'contoso')
  type('Tenant id', 'contoso.com')
  press('Save connection')
  await screen.findByRole('heading', { name: /answers need a change/ })
  expect(screen.getAllByText(/The tenant id is not of the form/).length).toBeGreaterThan(1)
  expect(saves(bridge)).toEqual([])
})

it('an error of the secret stays while other answers change, at its own field', async () => {
  const bridge = createFakeBridge()
  await open('#/connections/new-azure', bridge, 'Save connection')
  press('Save connection')
  await screen.findByRole('button', { name: 'Enter the client secret' })
  type('Name', 'contoso')
  expect(screen.getByRole('button', { name: 'Enter the client secret' })).toBeTruthy()
  type('Client secret', canary)
  expect(screen.queryByRole('button', { name: 'Enter the client secret' })).toBeNull()
})

it('an error of a secret goes with the way to sign in that asked for it', async () => {
  const bridge = createFakeBridge()
  await open('#/connections/new-azure', bridge, 'Save connection')
  press('Save connection')
  await screen.findByRole('button', { name: 'Enter the client secret' })
  fireEvent.click(screen.getByRole('radio', { name: /^Azure CLI/ }))
  expect(screen.queryByRole('button', { name: 'Enter the client secret' })).toBeNull()
})

it('a changed tenant says that the kept secret is dropped', async () => {
  const bridge = createFakeBridge({ connections: [azure] })
  await open('#/connections/t-azure/edit', bridge, 'Save connection')
  type('Tenant id', clientId)
  await screen.findByText(/the kept secret is dropped on saving/)
})

it('a vault needs an Azure connection first, and then names one', async () => {
  await open(
    '#/connections/new-vault',
    createFakeBridge({ connections: [connection] }),
    'Add Azure subscription',
  )
  document.body.innerHTML = ''
  const bridge = createFakeBridge({ connections: [connection, azure] })
  await open('#/connections/new-vault', bridge, 'Save connection')
  type('Name', 'keys')
  type('Host of the vault', 'https://kv-one.vault.azure.net/')
  press('Save connection')
  await waitFor(() => expect(saves(bridge)).toHaveLength(1))
  expect(saves(bridge)[0]?.request).toMatchObject({ connection: { kind: 'keyvault', azure: 't-azure' } })
})

it('the page of a subscription offers no login script and no certificate', async () => {
  await open('#/connections/t-azure', createFakeBridge({ connections: [azure] }), 'Test contoso')
  expect(screen.getByText(subscriptionId)).toBeTruthy()
  expect(screen.queryByRole('button', { name: 'Least-privilege login script' })).toBeNull()
})

it('a sign-in that waits shows address, code and until when, as text', () => {
  const until = '2026-05-04T12:15:00.000Z'
  const waiting = {
    target: 't-azure',
    name: 'contoso',
    url: 'https://microsoft.com/devicelogin',
    code: 'ABCD1234',
    until,
  }
  show(createFakeBridge(), <SignInCodes signIns={[waiting]} />)
  const strip = screen.getByRole('status', { name: 'Sign-in of contoso' })
  expect(strip.textContent).toContain('https://microsoft.com/devicelogin')
  expect(strip.textContent).toContain('ABCD1234')
  expect(strip.querySelector('a')).toBeNull()
})
