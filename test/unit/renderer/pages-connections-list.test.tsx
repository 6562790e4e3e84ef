// @vitest-environment jsdom
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'
import type { ConnectionTest, ConnectionView, Problem, SqlConnection } from '../../../shared/ipc/schemas.ts'
import { replaceHash } from '../../../renderer/app/routes.ts'
import { useApp } from '../../../renderer/app/state/app-state.ts'
import ConnectionsPage from '../../../renderer/connections/ConnectionsPage.tsx'
import { createFakeBridge, type FakeBridge } from './fake-bridge.ts'
import { at } from './fakes/plan.ts'
import { connection, inRehearsal, unlocked } from './fakes/state.ts'
import { show } from './window-setup.tsx'

const { id, name } = connection.connection
const before = 'AA'.repeat(32)
const now = `${'AA'.repeat(31)}BB`

const pinned: ConnectionView & { connection: SqlConnection } = {
  ...connection,
  connection: {
    ...connection.connection,
    encryption: { mode: 'mandatory', trust: { kind: 'pin', sha256: before } },
  },
}
const seenBefore: ConnectionView & { connection: SqlConnection } = {
  ...connection,
  connection: {
    ...connection.connection,
    identity: { serverName: 'SQL-A', machineName: 'HOST-A', instanceName: '', certificateSha256: before },
  },
}
const changed: Problem = {
  code: 'sql-identity-changed',
  kind: 'not-mine',
  title: 'Not the server that was connected before',
  unchanged: 'Nothing was read or changed',
  causes: [],
  next: 'Compare old and new',
  retrySafe: true,
}
const testWith = (sha256: string, problem: Problem | null): ConnectionTest => ({
  checks: [
    { name: 'Port', state: 'ok', detail: 'TCP 1433 is open', at },
    { name: 'Clock', state: 'unknown', detail: 'Not visible with this login', at },
    { name: 'Login', state: problem ? 'failed' : 'ok', detail: 'kt_operator', at },
    { name: 'Version', state: 'not-reached', detail: 'A check before this one failed', at },
  ],
  certificate: { subject: 'CN=sql', issuer: 'CN=ca', notAfter: at, sha256 },
  problem,
})

const openList = async (bridge: FakeBridge) => {
  replaceHash('#/connections')
  show(bridge, <ConnectionsPage />)
  await screen.findByRole('button', { name: `Test ${name}` })
}
const named = (bridge: FakeBridge, wanted: string) => bridge.calls.filter((call) => call.name === wanted)

beforeEach(() => {
  replaceHash('#/connections')
  useApp.setState({ app: unlocked, problem: null })
})

describe('the list of connections', () => {
  it('asks before it removes one, with the focus on Cancel, and then reads the list again', async () => {
    const bridge = createFakeBridge({ connections: [connection] })
    await openList(bridge)
    fireEvent.click(screen.getByRole('button', { name: `Remove ${name}` }))
    const dialog = await screen.findByRole('dialog')
    await waitFor(() =>
      expect(document.activeElement).toBe(within(dialog).getByRole('button', { name: 'Cancel' })),
    )
    expect(named(bridge, 'connections.remove')).toEqual([])
    bridge.handle('connections.list', () => [])
    fireEvent.click(within(dialog).getByRole('button', { name: `Remove ${name}` }))
    await screen.findByRole('heading', { name: 'No connections yet' })
    expect(named(bridge, 'connections.remove').map(({ request }) => request)).toEqual([{ id }])
  })

  it('offers no adding, editing or removing in a rehearsal', async () => {
    useApp.setState({ app: inRehearsal })
    const bridge = createFakeBridge({ connections: [connection], app: inRehearsal })
    await openList(bridge)
    await screen.findByText(/in a rehearsal none can be added, edited or removed/)
    for (const verb of [/^Add/, /^Edit/, /^Remove/])
      expect(screen.queryByRole('button', { name: verb })).toBeNull()
  })
})

describe('a test', () => {
  it('begins from the list and shows every check with its state as a word', async () => {
    const bridge = createFakeBridge({ connections: [connection] })
    bridge.handle('connections.test', () => testWith(now, null))
    await openList(bridge)
    fireEvent.click(screen.getByRole('button', { name: `Test ${name}` }))
    const checks = await screen.findByRole('list', { name: `Checks of ${name}` })
    expect(
      within(checks)
        .getAllByRole('listitem')
        .map(({ textContent }) => textContent?.split(/\d/)[0]),
    ).toEqual([
      'PassedPortTCP ',
      'Not knownClockNot visible with this login',
      'PassedLoginkt_operator',
      'Not reachedVersionA check before this one failed',
    ])
    expect(named(bridge, 'connections.test')).toHaveLength(1)
    expect(window.location.hash).toBe(`#/connections/${id}`)
  })

  it('puts the shown certificate into the form as the pinned one', async () => {
    const bridge = createFakeBridge({ connections: [connection] })
    bridge.handle('connections.test', () => testWith(now, null))
    await openList(bridge)
    fireEvent.click(screen.getByRole('button', { name: `Test ${name}` }))
    fireEvent.click(await screen.findByRole('button', { name: 'Pin this certificate' }))
    expect(await screen.findByLabelText('SHA-256 fingerprint')).toHaveProperty('value', now)
    expect(screen.getByRole('radio', { name: 'Pinned certificate' })).toHaveProperty('checked', true)
  })

  it.each([
    ['the server is another one than before', seenBefore, changed],
    [
      'the certificate is not the pinned one',
      pinned,
      { ...changed, code: 'sql-certificate-not-trusted' } as const,
    ],
  ])('shows old and new print and asks before it accepts, when %s', async (_when, view, problem) => {
    const bridge = createFakeBridge({ connections: [view] })
    bridge.handle('connections.test', () => testWith(now, problem))
    await openList(bridge)
    fireEvent.click(screen.getByRole('button', { name: `Test ${name}` }))
    const panel = await screen.findByRole('region', { name: 'Is this still the same server?' })
    expect(within(panel).getByText('AAAA '.repeat(16).trim())).toBeDefined()
    expect(within(panel).getByText(`${'AAAA '.repeat(15)}AABB`)).toBeDefined()
    expect(screen.queryByRole('button', { name: 'Pin this certificate' })).toBeNull()
    fireEvent.click(within(panel).getByRole('button', { name: 'Accept the new identity' }))
    const dialog = await screen.findByRole('dialog')
    expect(named(bridge, 'connections.acceptIdentity')).toEqual([])
    fireEvent.click(within(dialog).getByRole('button', { name: 'Accept the new identity' }))
    await waitFor(() =>
      expect(named(bridge, 'connections.acceptIdentity').map(({ request }) => request)).toEqual([
        { id, sha256: now },
      ]),
    )
  })
})
