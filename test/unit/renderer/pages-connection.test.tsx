// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'
import { unencryptedSentence } from '../../../shared/forms/connection.ts'
import { asHandleId } from '../../../shared/model/ids.ts'
import type { ConnectionView, Problem, SqlConnection } from '../../../shared/ipc/schemas.ts'
import { replaceHash } from '../../../renderer/app/routes.ts'
import { useApp } from '../../../renderer/app/state/app-state.ts'
import ConnectionsPage from '../../../renderer/connections/ConnectionsPage.tsx'
import { createFakeBridge, type FakeBridge } from './fake-bridge.ts'
import { connection, unlocked } from './fakes/state.ts'
import { everythingHeld, show, type } from './window-setup.tsx'

const canary = 'Canary-in-a-Mine-77'

const named = (bridge: FakeBridge, ...names: string[]) =>
  bridge.calls.filter(({ name }) => names.includes(name))

const field = (label: string): HTMLElement => screen.getByLabelText(label)
const press = (name: string | RegExp): void => {
  fireEvent.click(screen.getByRole('button', { name }))
}

const open = async (hash: string, bridge: FakeBridge, waitForButton: string | RegExp) => {
  replaceHash(hash)
  const view = show(bridge, <ConnectionsPage />)
  await screen.findByRole('button', { name: waitForButton })
  return view
}

const fill = (): void => {
  act(() => type(field('Name'), 'SQLTEST-01'))
  act(() => type(field('Host'), 'sqltest-01.example.test'))
  act(() => type(field('Login'), 'kt_operator'))
  act(() => type(field('Password'), canary))
}

const kept: ConnectionView & { connection: SqlConnection } = {
  ...connection,
  connection: {
    ...connection.connection,
    authentication: { kind: 'sql-login', user: 'kt_operator', password: asHandleId('h-1') },
  },
}
const editHash = `#/connections/${connection.connection.id}/edit`

beforeEach(() => {
  replaceHash('#/connections')
  useApp.setState({ app: unlocked, problem: null })
})

describe('a new connection', () => {
  it('is saved without its password, which is then kept for it, and saved again with the handle', async () => {
    const bridge = createFakeBridge()
    await open('#/connections/new', bridge, 'Save connection')
    fill()
    press('Save connection')
    await waitFor(() => expect(window.location.hash).toBe('#/connections/t-new'))
    const answers = {
      name: 'SQLTEST-01',
      environment: 'production',
      host: 'sqltest-01.example.test',
      port: 1433,
      instanceName: null,
      certificateName: null,
      encryption: { mode: 'mandatory', trust: { kind: 'system' } },
    }
    const login = { kind: 'sql-login', user: 'kt_operator' }
    expect(named(bridge, 'connections.save', 'secrets.keep')).toEqual([
      {
        name: 'connections.save',
        request: { id: null, connection: { ...answers, authentication: { ...login, password: null } } },
      },
      {
        name: 'secrets.keep',
        request: {
          purpose: 'sql.login-password',
          target: 't-new',
          label: 'Password of SQLTEST-01',
          rule: 'login-password',
          bytes: new TextEncoder().encode(canary),
        },
      },
      {
        name: 'connections.save',
        request: { id: 't-new', connection: { ...answers, authentication: { ...login, password: 'h-1' } } },
      },
    ])
  })

  it('leaves the password nowhere: not in the input, the page, what React holds, or another request', async () => {
    const bridge = createFakeBridge()
    let bytes: Uint8Array | null = null
    bridge.handle('secrets.keep', (request) => {
      bytes = request.bytes
      return { handle: 'h-1', keptAt: new Date().toISOString() }
    })
    const { container } = await open('#/connections/new', bridge, 'Save connection')
    fill()
    const input = field('Password')
    expect(everythingHeld(container)).not.toContain(canary)
    press('Save connection')
    await waitFor(() => expect(named(bridge, 'connections.save')).toHaveLength(2))
    expect(input).toHaveProperty('value', '')
    expect(everythingHeld(document.body)).not.toContain(canary)
    expect(document.documentElement.outerHTML).not.toContain(canary)
    expect(JSON.stringify(named(bridge, 'connections.save'))).not.toContain(canary)
    await waitFor(() => expect(bytes?.every((byte) => byte === 0)).toBe(true))
  })

  it('asks for what is missing at each field and sends nothing', async () => {
    const bridge = createFakeBridge()
    await open('#/connections/new', bridge, 'Save connection')
    act(() => type(field('Port number'), 'many'))
    press('Save connection')
    const heading = await screen.findByRole('heading', { name: '5 answers need a change' })
    expect(document.activeElement).toBe(heading)
    expect(named(bridge, 'connections.save', 'secrets.keep')).toEqual([])
    expect(field('Port number').getAttribute('aria-invalid')).toBe('true')
    expect(field('Password').getAttribute('aria-invalid')).toBe('true')
    act(() => type(field('Port number'), '1500'))
    expect(field('Port number').getAttribute('aria-invalid')).toBe('false')
    fireEvent.click(screen.getByRole('button', { name: 'Enter a login name' }))
    expect(document.activeElement).toBe(field('Login'))
  })

  it('shows at their fields what main refuses, and keeps what was typed', async () => {
    const bridge = createFakeBridge()
    bridge.refuse(
      'connections.save',
      answersRefused([{ field: 'authentication.user', message: 'Not this one' }]),
    )
    await open('#/connections/new', bridge, 'Save connection')
    fill()
    press('Save connection')
    await screen.findByRole('heading', { name: '1 answer needs a change' })
    const login = field('Login')
    expect(login.getAttribute('aria-invalid')).toBe('true')
    const told = document.getElementById(login.getAttribute('aria-describedby')?.split(' ').at(-1) ?? '')
    expect(told?.textContent).toBe('Not this one')
    expect(field('Password')).toHaveProperty('value', canary)
    expect(named(bridge, 'secrets.keep')).toEqual([])
  })

  it('shows at the secret’s field what main refuses of it, though main knows it by its label', async () => {
    const bridge = createFakeBridge()
    bridge.refuse('secrets.keep', answersRefused([{ field: 'Password of SQLTEST-01', message: 'Not this' }]))
    await open('#/connections/new', bridge, 'Save connection')
    fill()
    press('Save connection')
    const heading = await screen.findByRole('heading', { name: '1 answer needs a change' })
    await waitFor(() => expect(document.activeElement).toBe(heading))
    fireEvent.click(screen.getByRole('button', { name: 'Not this' }))
    expect(document.activeElement).toBe(field('Password'))
    expect(field('Password').getAttribute('aria-invalid')).toBe('true')
  })

  it('is not added twice when its password could not be kept at the first try', async () => {
    const bridge = createFakeBridge()
    let tries = 0
    bridge.handle('secrets.keep', () => {
      tries += 1
      if (tries === 1) throw new Error('the bridge broke')
      return { handle: 'h-9', keptAt: new Date().toISOString() }
    })
    await open('#/connections/new', bridge, 'Save connection')
    fill()
    press('Save connection')
    await screen.findByRole('alert')
    act(() => type(field('Password'), canary))
    press('Save connection')
    await waitFor(() => expect(window.location.hash).toBe('#/connections/t-new'))
    expect(named(bridge, 'connections.save').map(({ request }) => (request as { id: string }).id)).toEqual([
      null,
      't-new',
      't-new',
    ])
  })

  it('turns encryption off only after the sentence was typed', async () => {
    const bridge = createFakeBridge()
    await open('#/connections/new', bridge, 'Save connection')
    fill()
    fireEvent.click(screen.getByRole('radio', { name: 'Off' }))
    act(() => type(field('Acceptance in words'), 'yes'))
    press('Save connection')
    await screen.findByRole('heading', { name: '1 answer needs a change' })
    expect(named(bridge, 'connections.save')).toEqual([])
    act(() => type(field('Acceptance in words'), unencryptedSentence))
    press('Save connection')
    await waitFor(() => expect(named(bridge, 'connections.save')).toHaveLength(2))
  })

  it('finds a value again after its radio was switched away and back', async () => {
    await open('#/connections/new', createFakeBridge(), 'Save connection')
    fireEvent.click(screen.getByRole('radio', { name: 'CA certificate' }))
    fireEvent.change(field('CA certificate as PEM'), { target: { value: 'half a certificate' } })
    fireEvent.click(screen.getByRole('radio', { name: 'Pinned certificate' }))
    expect(screen.queryByLabelText('CA certificate as PEM')).toBeNull()
    fireEvent.click(screen.getByRole('radio', { name: 'CA certificate' }))
    expect(field('CA certificate as PEM')).toHaveProperty('value', 'half a certificate')
  })
})

describe('a connection that is edited', () => {
  it('says that the password has to be entered again when it would go to another host', async () => {
    const bridge = createFakeBridge({ connections: [kept] })
    bridge.handle('secrets.about', () => ({ found: true, label: 'Password', keptAt: null }))
    await open(editHash, bridge, 'Save connection')
    await screen.findByText('Kept as «Password»')
    act(() => type(field('Host'), 'elsewhere.example.test'))
    await screen.findByText(/kept password is dropped on saving; enter it again/)
    expect(screen.queryByText('Kept as «Password»')).toBeNull()
    expect(field('Password')).toHaveProperty('value', '')
  })

  it('stays open and says so when main dropped the password', async () => {
    const bridge = createFakeBridge({ connections: [kept] })
    bridge.handle('secrets.about', () => ({ found: true, label: 'Password', keptAt: null }))
    bridge.handle('connections.save', () => ({ id: kept.connection.id, droppedCredential: true }))
    await open(editHash, bridge, 'Save connection')
    press('Save connection')
    await screen.findByText('The kept password was dropped; enter it again')
    expect(window.location.hash).toBe(editHash)
    expect(document.activeElement).toBe(field('Password'))
    expect(named(bridge, 'connections.save')[0]?.request).toMatchObject({
      id: kept.connection.id,
      connection: { authentication: { password: 'h-1' } },
    })
  })
})

const answersRefused = (fields: { field: string; message: string }[]): Problem => ({
  code: 'answers-incomplete',
  kind: 'input',
  title: 'Answers need a change',
  unchanged: 'Nothing was saved',
  causes: [],
  next: 'Change the answers that are named',
  retrySafe: true,
  fields,
})
