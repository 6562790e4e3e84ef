// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'
import { useApp } from '../../../renderer/app/state/app-state.ts'
import SettingsPage from '../../../renderer/settings/SettingsPage.tsx'
import { createFakeBridge } from './fake-bridge.ts'
import { inRehearsal, unlocked } from './fakes/state.ts'
import { show, type } from './window-setup.tsx'

beforeEach(() => useApp.setState({ app: unlocked, problem: null }))

describe('the settings', () => {
  it('save proxy and CA, and show at the field what main refuses', async () => {
    const bridge = createFakeBridge()
    show(bridge, <SettingsPage />)
    const proxy = await screen.findByLabelText('Proxy')
    act(() => type(proxy, 'ftp://proxy'))
    bridge.refuse('settings.save', {
      code: 'answers-incomplete',
      kind: 'input',
      title: '1 answer needs a change',
      unchanged: 'Nothing was saved',
      causes: [],
      next: 'Change it',
      retrySafe: true,
      fields: [{ field: 'proxy', message: 'A proxy is http://host:port' }],
    })
    fireEvent.click(screen.getByRole('button', { name: 'Save settings' }))
    const heading = await screen.findByRole('heading', { name: '1 answer needs a change' })
    await waitFor(() => expect(document.activeElement).toBe(heading))
    expect(proxy.getAttribute('aria-invalid')).toBe('true')
    expect(proxy).toHaveProperty('value', 'ftp://proxy')
    expect(bridge.calls.filter(({ name }) => name === 'settings.save').map(({ request }) => request)).toEqual(
      [{ proxy: 'ftp://proxy', corporateCa: '' }],
    )
  })

  it('tell main the color scheme at once', async () => {
    const bridge = createFakeBridge()
    show(bridge, <SettingsPage />)
    fireEvent.click(await screen.findByRole('radio', { name: 'Dark' }))
    await waitFor(() =>
      expect(
        bridge.calls.filter(({ name }) => name === 'app.setScheme').map(({ request }) => request),
      ).toEqual([{ scheme: 'dark' }]),
    )
  })

  it('say in a rehearsal what is simulated, and lead out of it', async () => {
    useApp.setState({ app: inRehearsal })
    const bridge = createFakeBridge({ app: inRehearsal })
    show(bridge, <SettingsPage />)
    await screen.findByText(
      'SQL Server: ktr-sql-01 and ktr-sql-02. Azure: an Entra tenant, a subscription, key vaults, managed HSMs and storage accounts',
    )
    const without = screen.getByText('Not simulated').nextElementSibling?.textContent ?? ''
    expect(without).toContain('In a packaged program: blobs')
    expect(without).not.toContain('Azure Storage')
    fireEvent.click(screen.getByRole('button', { name: 'Leave the rehearsal' }))
    await waitFor(() => expect(bridge.calls.map(({ name }) => name)).toContain('app.leaveRehearsal'))
  })
})
