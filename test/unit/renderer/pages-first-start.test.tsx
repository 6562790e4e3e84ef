// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'
import { App } from '../../../renderer/app/App.tsx'
import { replaceHash } from '../../../renderer/app/routes.ts'
import { useApp } from '../../../renderer/app/state/app-state.ts'
import { passphraseRules } from '../../../renderer/firststart/passphrase-rules.ts'
import { createFakeBridge, type FakeBridge } from './fake-bridge.ts'
import { unlocked } from './fakes/state.ts'
import { everythingHeld, show, type } from './window-setup.tsx'

const passphrase = 'meadow copper lantern seven'
const absent = { ...unlocked, keyring: { state: 'absent', waitSeconds: 0 }, environment: 'none' } as const

const openDoors = async (bridge: FakeBridge) => {
  show(bridge, <App />)
  await screen.findByRole('button', { name: 'Connect a server' })
}
const press = (name: string): void => {
  fireEvent.click(screen.getByRole('button', { name }))
}
const created = (bridge: FakeBridge) => bridge.calls.filter(({ name }) => name === 'keyring.create')

beforeEach(() => {
  replaceHash('#/overview')
  useApp.setState({ app: absent, problem: null })
})

describe('the first start', () => {
  it('opens a rehearsal at the first door', async () => {
    const bridge = createFakeBridge({ app: absent })
    await openDoors(bridge)
    press('Rehearse')
    await screen.findByText(/opens in a window of its own; this one closes/)
    expect(bridge.calls.map(({ name }) => name)).toContain('app.openRehearsal')
  })

  it('shows the recovery sheet between the keyring and the connections', async () => {
    const bridge = createFakeBridge({ app: absent })
    await openDoors(bridge)
    press('Connect a server')
    act(() => type(screen.getByLabelText('Passphrase'), passphrase))
    press('Create keyring')
    await screen.findByRole('heading', { level: 1, name: /recovery sheet before the first secret/ })
    expect(created(bridge).map(({ request }) => request)).toEqual([
      { passphrase: new TextEncoder().encode(passphrase) },
    ])
    await screen.findByText('On this computer')
    press('Continue to connections')
    await waitFor(() => expect(window.location.hash).toBe('#/connections'))
  })

  it('leaves the passphrase nowhere', async () => {
    const bridge = createFakeBridge({ app: absent })
    let bytes: Uint8Array | null = null
    bridge.handle('keyring.create', (request) => {
      bytes = request.passphrase
      return { done: true }
    })
    await openDoors(bridge)
    press('Connect a server')
    const input = screen.getByLabelText('Passphrase')
    act(() => type(input, passphrase))
    expect(everythingHeld(document.body)).not.toContain(passphrase)
    press('Create keyring')
    await waitFor(() => expect(bytes?.every((byte) => byte === 0)).toBe(true))
    expect(input).toHaveProperty('value', '')
    expect(everythingHeld(document.body)).not.toContain(passphrase)
    expect(document.documentElement.outerHTML).not.toContain(passphrase)
  })

  it('sends no passphrase that does not meet the rules, and keeps it typed', async () => {
    const bridge = createFakeBridge({ app: absent })
    await openDoors(bridge)
    press('Connect a server')
    const input = screen.getByLabelText('Passphrase')
    act(() => type(input, 'too short'))
    press('Create keyring')
    await screen.findByText('No keyring was made: a rule above is not met')
    expect(screen.getByText(/^Not met: At least 12 characters/)).toBeDefined()
    expect(created(bridge)).toEqual([])
    expect(input).toHaveProperty('value', 'too short')
    expect(document.activeElement).toBe(input)
  })
})

describe('the rules of a passphrase', () => {
  const states = (text: string) => passphraseRules(text).map(({ met }) => met)

  it.each([
    ['', [null, null, null]],
    ['short', [false, null, null]],
    ['aaaaaaaaaaaaaaaa', [true, false, null]],
    ['password12345', [true, true, false]],
    [passphrase, [true, true, true]],
    ['x\0'.repeat(12), [false, null, null, null]],
    ['ab'.repeat(600), [true, false, null, null]],
  ])('of %j are %j', (text, expected) => {
    expect(states(text)).toEqual(expected)
  })
})
