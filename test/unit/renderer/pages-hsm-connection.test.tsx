// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import { beforeEach, expect, it } from 'vitest'
import { replaceHash } from '../../../renderer/app/routes.ts'
import { useApp } from '../../../renderer/app/state/app-state.ts'
import ConnectionsPage from '../../../renderer/connections/ConnectionsPage.tsx'
import { createFakeBridge, type FakeBridge } from './fake-bridge.ts'
import { unlocked } from './fakes/state.ts'
import { show } from './window-setup.tsx'

const canary = '84619-canary-pin'

const open = async (bridge: FakeBridge) => {
  replaceHash('#/connections/new-hsm')
  show(bridge, <ConnectionsPage />)
  await screen.findByRole('radio', { name: /SoftHSM/ })
}
const press = (name: string | RegExp) => act(() => void fireEvent.click(screen.getByRole('button', { name })))
const choose = (name: RegExp) => act(() => void fireEvent.click(screen.getByRole('radio', { name })))
const type = (label: string, value: string) =>
  act(
    () =>
      void fireEvent.input(screen.getByLabelText(label, { selector: 'input:not([type=radio])' }), {
        target: { value },
      }),
  )
const names = (bridge: FakeBridge) => bridge.calls.map(({ name }) => name)

beforeEach(() => useApp.setState({ app: unlocked, problem: null }))

it('a module is looked at before it is loaded; then its tokens are listed, with the state of the PIN', async () => {
  const bridge = createFakeBridge()
  await open(bridge)
  choose(/SoftHSM/)
  await screen.findByText(/nobody else but administrators/)
  expect(names(bridge)).toContain('hsm.inspect')
  expect(names(bridge)).not.toContain('hsm.load')
  press('Load it and list its tokens')
  choose(await screen.findByRole('radio', { name: /ktr-token/ }).then(() => /ktr-token/))
  await screen.findByText('Makes RSA keys of 3072 bits')
  expect(screen.getAllByText(/Wrong tries were made/).length).toBeGreaterThan(0)
  expect(names(bridge)).not.toContain('hsm.probe')
})

it('the token is saved by serial number, the PIN only as a handle', async () => {
  const bridge = createFakeBridge()
  await open(bridge)
  type('Name', 'token')
  choose(/SoftHSM/)
  await screen.findByText(/nobody else but administrators/)
  press('Load it and list its tokens')
  await screen.findByRole('radio', { name: /ktr-token/ })
  choose(/ktr-token/)
  type('PIN', canary)
  press('Save connection')
  await waitFor(() => expect(window.location.hash).toBe('#/connections/t-new'))
  const saves = bridge.calls.filter(({ name }) => name === 'connections.save')
  expect(saves[0]?.request).toMatchObject({
    connection: { kind: 'hsm', module: 'm-softhsm', serial: '5f2a9c3d1b7e8a40', pin: null },
  })
  expect(saves[1]?.request).toMatchObject({ connection: { pin: expect.any(String) } })
  expect(bridge.calls.find(({ name }) => name === 'secrets.keep')?.request).toMatchObject({
    purpose: 'hsm.pin',
    target: 't-new',
    rule: 'token-pin',
  })
  expect(JSON.stringify(saves)).not.toContain(canary)
  expect(document.body.innerHTML).not.toContain(canary)
})

it('without a module or a token nothing is sent; each is named', async () => {
  const bridge = createFakeBridge()
  await open(bridge)
  type('Name', 'token')
  type('PIN', canary)
  press('Save connection')
  await screen.findByRole('heading', { name: /answers need a change/ })
  expect(screen.getAllByText(/Choose the module/).length).toBeGreaterThan(0)
  expect(names(bridge)).not.toContain('connections.save')
})

it('a file is picked from main’s own list', async () => {
  const bridge = createFakeBridge()
  await open(bridge)
  press('Choose another file')
  await screen.findByRole('heading', { name: 'Choose the module’s file' })
  await screen.findByRole('button', { name: /Use libsofthsm2.so/ })
  press(/Use libsofthsm2.so/)
  await waitFor(() => expect(names(bridge)).toContain('hsm.inspect'))
  expect(bridge.calls.find(({ name }) => name === 'hsm.inspect')?.request).toEqual({ module: 'm-chosen' })
})
